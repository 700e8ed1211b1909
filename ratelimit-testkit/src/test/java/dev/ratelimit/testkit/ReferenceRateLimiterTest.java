package dev.ratelimit.testkit;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.TierResolver;
import dev.ratelimit.spi.TimeSource;

// sample: dev/ratelimit/testkit/RateLimiterContract.java
class ReferenceRateLimiterTest extends RateLimiterContract {

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time) {
        return new ReferenceRateLimiter(tiers, time);
    }

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time, int maxUnlistedEndpoints) {
        return new ReferenceRateLimiter(tiers, time, maxUnlistedEndpoints);
    }

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time, int maxUnlistedEndpoints, int maxMembers) {
        return new ReferenceRateLimiter(tiers, time, maxUnlistedEndpoints, maxMembers);
    }

    @Override
    protected boolean carryOver(RateLimiter limiter, Caller caller, Caller former) {
        ((ReferenceRateLimiter) limiter).carryOver(caller, former);
        return true;
    }
}
// end of sample
