package dev.ratelimit.testkit;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.TierResolver;
import dev.ratelimit.spi.TimeSource;

class ReferenceRateLimiterTest extends RateLimiterContract {

    @Override
    protected RateLimiter create(TierResolver tiers, TimeSource time) {
        return new ReferenceRateLimiter(tiers, time);
    }
}
