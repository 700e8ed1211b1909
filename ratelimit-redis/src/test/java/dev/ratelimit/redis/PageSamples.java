package dev.ratelimit.redis;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import io.lettuce.core.RedisClient;

/** The code that the page on Redis shows, compiled. */
final class PageSamples {

    private PageSamples() {}

    // sample: docs/redis.md
    static RateLimiter limiterOn(RedisClient client, Tier tier, int machines) {
        RateLimiter inMemory = InMemoryRateLimiter.builder().tier(tier).build();
        return RedisRateLimiter.builder(client) // was: InMemoryRateLimiter.builder()
                .tier(tier)
                .fallBackTo( // while Redis is away: by this machine's share of the caller's tier
                        inMemory, whole -> whole.withLimits(limit -> limit.dividedBy(machines)))
                .build();
    }
    // end of sample
}
