package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.TierResolver;
import dev.ratelimit.spi.RateLimitListener;
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
        return create(builder(), tiers, time);
    }

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time, int maxUnlistedEndpoints) {
        return create(builder().maxUnlistedEndpoints(maxUnlistedEndpoints), tiers, time);
    }

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time, int maxUnlistedEndpoints, int maxMembers) {
        return create(builder().maxUnlistedEndpoints(maxUnlistedEndpoints).maxMembers(maxMembers), tiers, time);
    }

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time, RateLimitListener listener) {
        return create(builder().listener(listener), tiers, time);
    }

    @Override
    protected boolean carryOver(RateLimiter limiter, Caller caller, Caller former) {
        ((RedisRateLimiter) limiter).admin().carryOver(caller, former);
        return true;
    }

    /** Creates a limiter with every default but the timeout, since the machine may be busy. */
    private RedisRateLimiter create(RedisRateLimiterBuilder defaults, TierResolver tiers, TimeSource time) {
        RedisRateLimiterBuilder builder = defaults.tiers(tiers)
                .keyPrefix("contract " + CREATED.incrementAndGet() + ":")
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
