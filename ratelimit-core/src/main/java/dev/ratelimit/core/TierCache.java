package dev.ratelimit.core;

import dev.ratelimit.Tier;
import org.jspecify.annotations.Nullable;

/**
 * The compiled tiers of a limiter by tier, each for as long as an organization holds it. So equal tiers have one
 * compiled tier, however many there are, and a tier that an organization had for itself goes with it, or with its next
 * tier.
 *
 * <p>Safe for use by many threads.
 */
final class TierCache {

    private final WeakValues.Collected collected = new WeakValues.Collected();
    private final WeakValues<Tier, CompiledTier> tierCache = new WeakValues<>(collected);

    /** A compiled tier that was asked for lately, in most limiters that of nearly all organizations. */
    private volatile @Nullable CompiledTier usual;

    /** Returns the compiled tier of a tier. */
    CompiledTier of(Tier tier) {
        return tierCache.get(tier, missing -> new CompiledTier(missing, collected));
    }

    /**
     * Returns the compiled tier of an organization's tier, which the organization holds from then on. That the usual
     * compiled tier is looked at before the organization lets the processor go on to the limits while it waits for the
     * organization's memory.
     */
    @SuppressWarnings("ReferenceEquality") // an equal tier is compared by the organization
    CompiledTier of(Tier tier, OrganizationState organization) {
        CompiledTier known = usual;
        if (known != null && known.tier == tier) {
            organization.hold(known);
            return known;
        }
        CompiledTier compiled = organization.compiled(tier);
        if (known == null) {
            usual = compiled;
        }
        return compiled;
    }

    /**
     * Lets go of the usual compiled tier. An organization that calls under it holds it, and makes it the usual one
     * again.
     */
    void forgetUsual() {
        usual = null;
    }

    /** Removes some of what nobody holds any more. */
    void removeCollected(int most) {
        collected.remove(most);
    }

    /**
     * Estimates the heap that endpoints take which no table names, each once for all organizations that have called it.
     */
    long estimatedBytes() {
        return tierCache.stream().mapToLong(CompiledTier::estimatedBytes).sum();
    }
}
