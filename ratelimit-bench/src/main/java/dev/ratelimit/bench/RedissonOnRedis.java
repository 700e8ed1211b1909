package dev.ratelimit.bench;

import dev.ratelimit.RateLimit;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.redisson.Redisson;
import org.redisson.api.RRateLimiter;
import org.redisson.api.RateType;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/** Redisson: a rate limiter for each organization and limit. Where there are several, all are asked at once: it knows no other way. */
final class RedissonOnRedis implements RedisRival {

    private final RedissonClient client;
    private final List<List<RRateLimiter>> limiters;

    RedissonOnRedis(String uri, Scopes scopes, int organizations) {
        List<RateLimit> limits = scopes.all().toList();
        Config config = new Config();
        config.useSingleServer().setAddress(uri);
        client = Redisson.create(config);
        limiters = IntStream.range(0, organizations)
                .mapToObj(i -> limits.stream()
                        .map(limit -> client.getRateLimiter("redisson:" + RedisRival.name(i) + ":" + limit.window()))
                        .toList())
                .toList();
        for (List<RRateLimiter> each : limiters) {
            RedisRival.all(IntStream.range(0, limits.size()).mapToObj(i -> {
                        RateLimit limit = limits.get(i);
                        return each.get(i).trySetRateAsync(RateType.OVERALL, limit.amount(), limit.window());
                    }))
                    .join();
        }
    }

    @Override
    public CompletionStage<Boolean> ask(int organization) {
        return RedisRival.all(limiters.get(organization).stream().map(RRateLimiter::tryAcquireAsync));
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
