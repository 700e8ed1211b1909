package dev.ratelimit.bench;

import dev.ratelimit.Limit;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.redisson.Redisson;
import org.redisson.api.RRateLimiter;
import org.redisson.api.RateType;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/**
 * Redisson: a rate limiter for each organization and limit. Where there are several, all are asked at once: it knows no
 * other way.
 */
final class RedissonOnRedis implements RedisRival {

    private final RedissonClient client;
    private final long[] permits;
    private final List<List<RRateLimiter>> limiters;

    RedissonOnRedis(String uri, Scopes scopes, int organizations) {
        List<Limit> limits = scopes.all().toList();
        permits = limits.stream()
                .mapToLong(limit -> scopes.usage().amountOf(limit.unit()))
                .toArray();
        Config config = new Config();
        config.useSingleServer().setAddress(uri);
        client = Redisson.create(config);
        limiters = IntStream.range(0, organizations)
                .mapToObj(i -> limits.stream()
                        .map(limit -> client.getRateLimiter("redisson:" + RedisRival.name(i) + ":" + limit))
                        .toList())
                .toList();
        for (List<RRateLimiter> each : limiters) {
            RedisRival.all(IntStream.range(0, limits.size()).mapToObj(i -> {
                        Limit limit = limits.get(i);
                        return each.get(i).trySetRateAsync(RateType.OVERALL, limit.amount(), Scopes.span(limit));
                    }))
                    .join();
        }
    }

    @Override
    public CompletionStage<Boolean> ask(int organization) {
        List<RRateLimiter> asked = limiters.get(organization);
        return RedisRival.all(
                IntStream.range(0, asked.size()).mapToObj(i -> asked.get(i).tryAcquireAsync(permits[i])));
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
