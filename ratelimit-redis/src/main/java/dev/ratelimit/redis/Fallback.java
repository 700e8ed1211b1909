package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The limiter that decides while Redis is away, and what it takes callers' tiers for. Made for the tiers that were
 * asked for last. Safe for use by many threads.
 */
final class Fallback {

    /* Tiers may be built for each organization: so all are dropped when there are too many. */
    private static final int MOST = 1_024;

    private final RateLimiter limiter;
    private final UnaryOperator<Tier> scale;
    private final Map<Tier, Tier> scaled = new ConcurrentHashMap<>();

    Fallback(RateLimiter limiter, UnaryOperator<Tier> scale) {
        this.limiter = limiter;
        this.scale = scale;
    }

    RateLimiter limiter() {
        return limiter;
    }

    /** Returns a caller under the tier that it has meanwhile. */
    Caller caller(Caller caller) {
        Tier found = scaled.get(caller.tier());
        return Caller.of(caller.organization(), found == null ? scaled(caller.tier()) : found);
    }

    private Tier scaled(Tier tier) {
        @Nullable Tier made = scale.apply(tier);
        if (made == null) {
            throw new IllegalStateException("the scale of the fallback must give a tier: tier=" + tier.name());
        }
        if (scaled.size() >= MOST) {
            scaled.clear();
        }
        scaled.put(tier, made);
        return made;
    }
}
