package dev.ratelimit.core;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.TierResolver;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualQuotaStore;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.RateLimiterContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** The contract, where the counts of quotas are in a store. */
class StoredQuotasTest extends RateLimiterContract {

    private final List<InMemoryRateLimiter> limiters = new ArrayList<>();

    private RateLimiter create(InMemoryRateLimiterBuilder builder, TierResolver tiers, TimeSource time) {
        if (time instanceof ManualTime manual) {
            builder.quotaScheduler(manual.scheduler());
        }
        InMemoryRateLimiter limiter = builder.tiers(tiers)
                .timeout(Duration.ofSeconds(30))
                .timeSource(time)
                .quotas(new ManualQuotaStore(time))
                .build();
        limiters.add(limiter);
        return limiter;
    }

    @AfterEach
    void close() {
        limiters.forEach(InMemoryRateLimiter::close);
    }

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time) {
        return create(InMemoryRateLimiter.builder(), tiers, time);
    }

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time, int maxUnlistedEndpoints) {
        return create(InMemoryRateLimiter.builder().maxUnlistedEndpoints(maxUnlistedEndpoints), tiers, time);
    }

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time, int maxUnlistedEndpoints, int maxMembers) {
        return create(
                InMemoryRateLimiter.builder()
                        .maxUnlistedEndpoints(maxUnlistedEndpoints)
                        .maxMembers(maxMembers),
                tiers,
                time);
    }

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time, RateLimitListener listener) {
        return create(InMemoryRateLimiter.builder().listener(listener), tiers, time);
    }

    @Override
    protected boolean carryOver(RateLimiter limiter, Caller caller, Caller former) {
        ((InMemoryRateLimiter) limiter).admin().carryOver(caller, former);
        return true;
    }

    /** A counter of the store is of one period. What was used under a wrong time stays in the period of that time. */
    @Override
    protected boolean believesTheWallClock() {
        return true;
    }

    /** A call that lacks units of a quota gives back what it has charged, and asks for more. */
    @Override
    protected boolean decidesAgain() {
        return true;
    }
}
