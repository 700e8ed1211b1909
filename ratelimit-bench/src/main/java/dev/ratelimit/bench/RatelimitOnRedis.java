package dev.ratelimit.bench;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.redis.RedisRateLimiter;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** This library's: one script for all limits. */
final class RatelimitOnRedis implements RedisRival {

    /* A stall of the machine is to be seen as one, not as refusals. If this were longer, Redis would keep receipts longer than by default. */
    private static final Duration TIMEOUT = Duration.ofMillis(500);

    private final RedisClient client;
    private final RedisRateLimiter limiter;

    RatelimitOnRedis(String uri, Scopes limits) {
        Tier tier = Tier.named("tier").build();
        for (RateLimit limit : limits.ofEndpoint()) {
            tier = tier.withTable(LimitTable.named("per " + limit.window()).each(limit, Keyed.ENDPOINT));
        }
        for (RateLimit limit : limits.ofGroup()) {
            tier = tier.withTable(
                    LimitTable.named("per " + limit.window()).together("group", limit, Keyed.ENDPOINT, "another"));
        }
        client = RedisClient.create(uri);
        limiter = RedisRateLimiter.builder(client).tier(tier).timeout(TIMEOUT).build();
    }

    @Override
    public CompletionStage<Boolean> ask(int organization) {
        return limiter.tryAcquireAsync(RedisRival.name(organization), Keyed.ENDPOINT, Usage.call())
                .thenApply(Decision::isAdmitted);
    }

    @Override
    public void close() {
        limiter.close();
        client.shutdown(Duration.ZERO, TIMEOUT);
    }
}
