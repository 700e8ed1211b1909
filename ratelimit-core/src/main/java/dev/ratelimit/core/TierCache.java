package dev.ratelimit.core;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Tier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The compiled tiers of a limiter by tier: a cache with weak values.
 *
 * <p>Equal tiers have one compiled tier, which stays as long as an organization holds it. A tier that only one
 * organization had goes with that organization, or when it changes to another tier.
 *
 * <p>Safe for use by many threads.
 */
final class TierCache {

    /** A tier of members in the account of their organization. */
    private record Accounted(Tier tier, String account) {}

    private final WeakValues.Collected collected = new WeakValues.Collected();
    private final WeakValues<Tier, CompiledTier> tierCache = new WeakValues<>(collected);

    private final WeakValues<Accounted, CompiledTier> ofMembers = new WeakValues<>(collected);

    /** A compiled tier of a recent call. In most limiters nearly all organizations are on it. */
    private volatile @Nullable CompiledTier usual;

    /** Whether a tier was compiled that limits calls in flight. */
    private volatile boolean hasInFlight;

    /** Returns the compiled tier of a tier. */
    CompiledTier of(Tier tier) {
        return tierCache.get(tier, missing -> compile(missing, missing.account()));
    }

    /** Returns the compiled tier of members, whose usage is in an account. */
    CompiledTier ofMembers(Tier tier, String account) {
        return ofMembers.get(new Accounted(tier, account), missing -> compile(missing.tier, missing.account));
    }

    private CompiledTier compile(Tier tier, String account) {
        if (tier.limits().stream().anyMatch(limit -> limit.limit() instanceof ConcurrencyLimit)) {
            hasInFlight = true;
        }
        return new CompiledTier(tier, account, collected);
    }

    /** Tells whether a tier was compiled that limits calls in flight. */
    boolean hasInFlight() {
        return hasInFlight;
    }

    /** Returns the usual compiled tier, if it is that of this very tier; otherwise null. */
    @SuppressWarnings("ReferenceEquality") // an equal tier is compared by the organization
    @Nullable
    CompiledTier usual(Tier tier) {
        CompiledTier known = usual;
        return known != null && known.tier == tier ? known : null;
    }

    /** Makes a compiled tier, which an organization holds, the usual one if there is none. */
    void offerUsual(CompiledTier compiled) {
        if (usual == null) {
            usual = compiled;
        }
    }

    /** Drops the usual compiled tier. The next call offers one anew. */
    void forgetUsual() {
        usual = null;
    }

    /** Removes some entries whose compiled tier was collected. */
    void removeCollected(int most) {
        collected.remove(most);
    }

    /**
     * Estimates the heap of unlisted endpoints, in bytes. Each counts once for all organizations that have called it.
     */
    long estimatedBytes() {
        return Stream.concat(tierCache.stream(), ofMembers.stream())
                .mapToLong(CompiledTier::estimatedBytes)
                .sum();
    }
}
