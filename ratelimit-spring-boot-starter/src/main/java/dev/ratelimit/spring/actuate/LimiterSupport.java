package dev.ratelimit.spring.actuate;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.core.AdminTools;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.core.LimiterStats;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.util.ClassUtils;

/**
 * What support does by hand with a limiter, whatever its backend is.
 *
 * @param numbers gives numbers about the limiter, by their names
 * @param granting grants units beyond the amount of a quota
 * @param resetting sets what an organization has used to nothing, with all its members
 * @param forgetting drops what an organization has, with all its members
 */
record LimiterSupport(
        Supplier<Map<String, Long>> numbers,
        Granting granting,
        Consumer<String> resetting,
        Consumer<String> forgetting) {

    /** The name of the number of nodes of a store that are away. */
    static final String OPEN_CIRCUITS = "open-circuits";

    /** Grants units. */
    @FunctionalInterface
    interface Granting {

        LimitStatus grant(Caller caller, AppliedLimit quota, long units);
    }

    /** Returns the tools of a limiter. One of another kind has no totals, and the other methods say that. */
    static LimiterSupport of(RateLimiter limiter) {
        if (limiter instanceof InMemoryRateLimiter inMemory) {
            AdminTools admin = inMemory.admin();
            return new LimiterSupport(() -> totals(inMemory.stats()), admin::grant, admin::reset, admin::forget);
        }
        boolean mayBeRedis = ClassUtils.isPresent("io.lettuce.core.RedisClient", LimiterSupport.class.getClassLoader());
        return mayBeRedis ? RedisSupport.of(limiter) : none(limiter);
    }

    private static Map<String, Long> totals(LimiterStats stats) {
        Map<String, Long> totals = new LinkedHashMap<>();
        totals.put("organizations", stats.organizations());
        totals.put("members", stats.members());
        totals.put("meters", stats.meters());
        totals.put("estimated-bytes", stats.estimatedBytes());
        stats.admitted().ifPresent(admitted -> totals.put("admitted", admitted));
        stats.rejected().ifPresent(rejected -> totals.put("rejected", rejected));
        return totals;
    }

    /** Returns those of a limiter of the application's own kind. */
    static LimiterSupport none(RateLimiter limiter) {
        String reason = "the limiter must be one of this library to be changed: limiter="
                + limiter.getClass().getName();
        Consumer<String> refusing = organization -> {
            throw new InvalidEndpointRequestException(reason, reason);
        };
        Granting granting = (caller, quota, units) -> {
            throw new InvalidEndpointRequestException(reason, reason);
        };
        return new LimiterSupport(Map::of, granting, refusing, refusing);
    }

    /** Returns numbers about the limiter, by their names. */
    Map<String, Long> totals() {
        return numbers.get();
    }

    /** Grants units beyond the amount of a quota. */
    LimitStatus grant(Caller caller, AppliedLimit quota, long units) {
        return granting.grant(caller, quota, units);
    }

    /** Sets what an organization has used to nothing, with all its members. */
    void reset(String organization) {
        resetting.accept(organization);
    }

    /** Drops what an organization has, with all its members. */
    void forget(String organization) {
        forgetting.accept(organization);
    }
}
