package dev.ratelimit.redis;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.TierResolver;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.RateLimiterContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;

/** The contract, on whatever Redis a builder connects to. */
abstract class ContractOnRedis extends RateLimiterContract {

    private static final AtomicInteger CREATED = new AtomicInteger();

    private final List<RedisRateLimiter> limiters = new ArrayList<>();

    abstract RedisRateLimiterBuilder builder();

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time) {
        RedisRateLimiterBuilder builder = builder()
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
