package dev.ratelimit.testkit;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimiter;
import org.junit.jupiter.api.Assumptions;

// sample: dev/ratelimit/testkit/RateLimiterContract.java
class ReferenceRateLimiterTest extends RateLimiterContract {

    @Override
    protected RateLimiter create(LimiterSettings settings) {
        Assumptions.assumeTrue(settings.listener().isEmpty(), "the reference has no listeners");
        return new ReferenceRateLimiter(
                settings.tiers(),
                settings.time(),
                settings.maxUnlistedEndpoints().orElse(Integer.MAX_VALUE),
                settings.maxMembers().orElse(Integer.MAX_VALUE));
    }

    @Override
    protected boolean carryOver(RateLimiter limiter, Caller caller, Caller former) {
        ((ReferenceRateLimiter) limiter).carryOver(caller, former);
        return true;
    }
}
// end of sample
