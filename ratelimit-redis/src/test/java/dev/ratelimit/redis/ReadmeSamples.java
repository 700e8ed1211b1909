package dev.ratelimit.redis;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import io.lettuce.core.RedisClient;

/** The code that the README shows of this module, compiled. The test of the core holds the README to it. */
final class ReadmeSamples {

    private ReadmeSamples() {}

    // begin: fourth sample
    static RateLimiter limiterOn(RedisClient client, Tier tier, Tier shareOfThisMachine) {
        return RedisRateLimiter.builder(client) // was: InMemoryRateLimiter.builder()
                .tier(tier)
                .fallBackTo(
                        InMemoryRateLimiter.builder().tier(shareOfThisMachine).build()) // while Redis is away
                .build();
    }
    // end: fourth sample
}
