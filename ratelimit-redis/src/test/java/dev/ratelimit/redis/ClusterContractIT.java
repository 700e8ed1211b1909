package dev.ratelimit.redis;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.TierResolver;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.RateLimiterContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;

/** The contract, on a cluster of three masters. */
class ClusterContractIT extends RateLimiterContract {

    private static final AtomicInteger CREATED = new AtomicInteger();

    private static ThreeMasters cluster;

    private final List<RedisRateLimiter> limiters = new ArrayList<>();

    @BeforeAll
    static void start() throws InterruptedException {
        cluster = new ThreeMasters();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time) {
        RedisRateLimiterBuilder builder = RedisRateLimiter.builder(cluster.client())
                .tiers(tiers)
                .keyPrefix("contract " + CREATED.incrementAndGet() + ":")
                .rememberRefusals(Duration.ZERO)
                .timeout(Duration.ofSeconds(30));
        RedisRateLimiter limiter =
                (time == TimeSource.system() ? builder : builder.time(ServerTime.supplied(time))).build();
        limiters.add(limiter);
        return limiter;
    }

    @AfterEach
    void close() {
        limiters.forEach(RedisRateLimiter::close);
    }

    @Override
    protected Duration resolution() {
        return Duration.ofNanos(1_000);
    }

    @Override
    protected Duration timeOfACall() {
        return Duration.ofMillis(1);
    }
}
