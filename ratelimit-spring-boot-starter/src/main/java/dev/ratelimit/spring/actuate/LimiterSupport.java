package dev.ratelimit.spring.actuate;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.core.LimiterStats;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;
import org.springframework.util.ClassUtils;

/** What support does by hand with a limiter, whatever its backend is. */
interface LimiterSupport {

    /** The name of the number of nodes of a store that are away. */
    String OPEN_CIRCUITS = "open-circuits";

    /** Returns numbers about the limiter, by their names. */
    Map<String, Long> totals();

    /** Grants units beyond the amount of a quota. */
    LimitStatus grant(Caller caller, AppliedLimit quota, long units);

    /** Sets what an organization has used to nothing, with all its members. */
    void reset(String organization);

    /** Drops what an organization has, with all its members. */
    void forget(String organization);

    /** Returns the tools of a limiter. One of another kind has no totals, and the other methods say that. */
    static LimiterSupport of(RateLimiter limiter) {
        if (limiter instanceof InMemoryRateLimiter inMemory) {
            return new InMemory(inMemory);
        }
        boolean mayBeRedis = ClassUtils.isPresent("io.lettuce.core.RedisClient", LimiterSupport.class.getClassLoader());
        return mayBeRedis ? RedisSupport.of(limiter) : new None(limiter);
    }

    /** A limiter in memory. */
    record InMemory(InMemoryRateLimiter limiter) implements LimiterSupport {

        @Override
        public Map<String, Long> totals() {
            LimiterStats stats = limiter.stats();
            Map<String, Long> totals = new LinkedHashMap<>();
            totals.put("organizations", stats.organizations());
            totals.put("members", stats.members());
            totals.put("meters", stats.meters());
            totals.put("estimated-bytes", stats.estimatedBytes());
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

    /** A limiter of the application's own kind. */
    record None(RateLimiter limiter) implements LimiterSupport {

        @Override
        public Map<String, Long> totals() {
            return Map.of();
        }

        @Override
        public LimitStatus grant(Caller caller, AppliedLimit quota, long units) {
            throw refusal();
        }

        @Override
        public void reset(String organization) {
            throw refusal();
        }

        @Override
        public void forget(String organization) {
            throw refusal();
        }

        private InvalidEndpointRequestException refusal() {
            String reason = "the limiter must be one of this library to be changed: limiter="
                    + limiter.getClass().getName();
            return new InvalidEndpointRequestException(reason, reason);
        }
    }
}
