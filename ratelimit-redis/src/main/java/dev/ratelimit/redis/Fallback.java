package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.kernel.BoundedCache;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The limiter that decides while Redis is away, and what it takes callers' tiers for. Made for the tiers that were
 * asked for last. Safe for use by many threads.
 */
final class Fallback {

    /* A host may build a tier for each organization. */
    private static final int MOST = 1_024;

    private final RateLimiter limiter;
    private final UnaryOperator<Tier> scale;
    private final BoundedCache<Tier, Tier> scaled = new BoundedCache<>(MOST);

    Fallback(RateLimiter limiter, UnaryOperator<Tier> scale) {
        this.limiter = limiter;
        this.scale = scale;
    }

    RateLimiter limiter(boolean reports) {
        return reports ? limiter.reporting() : limiter;
    }

    /** Returns a caller under the tier that it has meanwhile. */
    Caller caller(Caller caller) {
        return caller.withTiers(tier -> {
            Tier found = scaled.get(tier);
            return found == null ? scaled(tier) : found;
        });
    }

    private Tier scaled(Tier tier) {
        @Nullable Tier made = scale.apply(tier);
        if (made == null) {
            throw new IllegalStateException("the scale of the fallback must give a tier: tier=" + tier.name());
        }
        scaled.put(tier, made);
        return made;
    }
}
