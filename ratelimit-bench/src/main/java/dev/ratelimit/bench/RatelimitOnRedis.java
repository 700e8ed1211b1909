package dev.ratelimit.bench;

import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.redis.RedisRateLimiter;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** This library's: one script for all limits. */
final class RatelimitOnRedis implements RedisRival {

    /*
     * A stall of the machine is to be seen as one, not as refusals. If this were longer, Redis would keep receipts
     * longer than by default.
     */
    private static final Duration TIMEOUT = Duration.ofMillis(500);

    private final RedisClient client;
    private final RedisRateLimiter limiter;
    private final Usage usage;

    RatelimitOnRedis(String uri, Scopes limits) {
        Tier tier = Tier.named("tier").build();
        for (List<Limit> scope : limits.scopes()) {
            for (Limit limit : scope) {
                LimitTable table = LimitTable.named("table-" + tier.tables().size());
                tier = tier.withTable(
                        scope.equals(limits.scopes().get(0))
                                ? table.each(limit, Keyed.ENDPOINT)
                                : table.together("group", limit, Keyed.ENDPOINT, "another"));
            }
        }
        usage = limits.usage();
        client = RedisClient.create(uri);
        limiter = RedisRateLimiter.builder(client).tier(tier).timeout(TIMEOUT).build();
    }

    @Override
    public CompletionStage<Boolean> ask(int organization) {
        return limiter.async()
                .tryAcquire(RedisRival.name(organization), Keyed.ENDPOINT, usage)
                .thenApply(Decision::isAdmitted);
    }

    @Override
    public void close() {
        limiter.close();
        client.shutdown(Duration.ZERO, TIMEOUT);
    }
}
