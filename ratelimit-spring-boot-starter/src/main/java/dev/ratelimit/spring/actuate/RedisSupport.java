package dev.ratelimit.spring.actuate;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.redis.RedisAdminTools;
import dev.ratelimit.redis.RedisLimiterStats;
import dev.ratelimit.redis.RedisRateLimiter;
import java.util.LinkedHashMap;
import java.util.Map;

/** What support does with a limiter on Redis. This class is loaded only where its client is. */
final class RedisSupport {

    private RedisSupport() {}

    static LimiterSupport of(RateLimiter limiter) {
        if (!(limiter instanceof RedisRateLimiter onRedis)) {
            return LimiterSupport.none(limiter);
        }
        RedisAdminTools admin = onRedis.admin();
        return new LimiterSupport(() -> totals(onRedis.stats()), admin::grant, admin::reset, admin::forget);
    }

    private static Map<String, Long> totals(RedisLimiterStats stats) {
        Map<String, Long> totals = new LinkedHashMap<>();
        totals.put("waiting-settlements", (long) stats.waitingSettlements());
        totals.put("leases", (long) stats.leases());
        totals.put("remembered-refusals", (long) stats.rememberedRefusals());
        totals.put(LimiterSupport.OPEN_CIRCUITS, (long) stats.openCircuits());
        totals.put("further-members", stats.furtherMembers());
        stats.admitted().ifPresent(admitted -> totals.put("admitted", admitted));
        stats.rejected().ifPresent(rejected -> totals.put("rejected", rejected));
        return totals;
    }
}
