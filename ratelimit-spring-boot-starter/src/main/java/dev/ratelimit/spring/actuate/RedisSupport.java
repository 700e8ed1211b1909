package dev.ratelimit.spring.actuate;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.redis.RedisLimiterStats;
import dev.ratelimit.redis.RedisRateLimiter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A limiter on Redis. This class is loaded only where its client is.
 *
 * @param limiter the limiter
 */
record RedisSupport(RedisRateLimiter limiter) implements LimiterSupport {

    static LimiterSupport of(RateLimiter limiter) {
        return limiter instanceof RedisRateLimiter onRedis ? new RedisSupport(onRedis) : new None(limiter);
    }

    @Override
    public Map<String, Long> totals() {
        RedisLimiterStats stats = limiter.stats();
        Map<String, Long> totals = new LinkedHashMap<>();
        totals.put("waiting-settlements", (long) stats.waitingSettlements());
        totals.put("leases", (long) stats.leases());
        totals.put("remembered-refusals", (long) stats.rememberedRefusals());
        totals.put(OPEN_CIRCUITS, (long) stats.openCircuits());
        totals.put("further-members", stats.furtherMembers());
        stats.admitted().ifPresent(admitted -> totals.put("admitted", admitted));
        stats.rejected().ifPresent(rejected -> totals.put("rejected", rejected));
        return totals;
    }

    @Override
    public LimitStatus grant(Caller caller, AppliedLimit quota, long units) {
        return limiter.admin().grant(caller, quota, units);
    }

    @Override
    public void reset(String organization) {
        limiter.admin().reset(organization);
    }

    @Override
    public void forget(String organization) {
        limiter.admin().forget(organization);
    }
}
