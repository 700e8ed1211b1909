package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.LimiterSettings;
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

    /** Creates a limiter with every default but the timeout, since the machine may be busy. */
    @Override
    protected RateLimiter create(LimiterSettings settings) {
        RedisRateLimiterBuilder builder = settings.applyTo(builder())
                .keyPrefix("contract " + CREATED.incrementAndGet() + ":")
                .timeout(Duration.ofSeconds(30));
        if (settings.time() != TimeSource.system()) {
            builder.time(ServerTime.supplied(settings.time()));
        }
        RedisRateLimiter limiter = builder.build();
        limiters.add(limiter);
        return limiter;
    }

    @Override
    protected boolean carryOver(RateLimiter limiter, Caller caller, Caller former) {
        ((RedisRateLimiter) limiter).admin().carryOver(caller, former);
        return true;
    }

    @AfterEach
    void close() {
        limiters.forEach(RedisRateLimiter::close);
    }

    /** The clock is the server's, and what the server itself expired by it is gone. */
    @Override
    protected boolean believesTheWallClock() {
        return true;
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
