package dev.ratelimit.checks;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.redis.RedisRateLimiter;
import io.lettuce.core.RedisClient;

/** The code that the page on Redis shows, compiled. */
final class RedisPageSamples {

    private RedisPageSamples() {}

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
