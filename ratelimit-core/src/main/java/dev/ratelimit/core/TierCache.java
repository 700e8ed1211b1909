package dev.ratelimit.core;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Tier;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/**
 * The compiled tiers of a limiter: a cache with weak values, by tier and by shape.
 *
 * <p>A tier that many organizations have is compiled once, and so is the first tier of a shape. Each stays as long as
 * an organization holds it. Where a tier of a known shape comes to few organizations, each of them has an {@link
 * OwnTier} instead, which takes a tenth of the memory.
 *
 * <p>The cache does not know beforehand which tiers are common. It counts how often an organization comes to a tier.
 * The counts are hints: those of rare tiers may displace each other.
 *
 * <p>Safe for use by many threads.
 */
final class TierCache {

    /** From how many organizations on a compiled tier takes less memory than a tier of its own for each. */
    private static final int COMMON = 16;

    private static final int COUNTS = 1_024;

    /** A tier in the account that its usage is in: its own; for members that of their organization. */
    private record Accounted(Tier tier, String account) {}

    private final WeakValues.Collected collected = new WeakValues.Collected();
    private final WeakValues<Accounted, CompiledTier> tiers = new WeakValues<>(collected);
    private final WeakValues<TierShape, CompiledTier> shapes = new WeakValues<>(collected);

    /** How often organizations came to a tier, in the lower half of a number; the hash of the tier in the upper one. */
    private final AtomicLongArray counts = new AtomicLongArray(COUNTS);

    /** A compiled tier that an organization holds. In most limiters nearly all organizations are on it. */
    private volatile @Nullable CompiledTier usual;

    /** The compiled tier that leads in a vote of organizations, and by how much. Guarded by who sweeps. */
    private @Nullable CompiledTier leading;

    private int lead;

    /** Whether a tier was compiled that limits calls in flight. */
    private volatile boolean hasInFlight;

    /** Returns the compiled tier of a tier. */
    CompiledTier of(Tier tier) {
        return of(new Accounted(tier, tier.account()));
    }

    private CompiledTier of(Accounted accounted) {
        return tiers.get(accounted, this::compile);
    }

    /**
     * Returns what an organization holds of a tier that it comes to.
     *
     * @param account that of the tier; for members that of their organization's tier
     */
    HeldTier held(Tier tier, String account, @Nullable HeldTier former) {
        Accounted accounted = new Accounted(tier, account);
        CompiledTier known = tiers.find(accounted);
        if (known != null) {
            return known;
        }
        CompiledTier form = shapes.find(new TierShape(tier, account));
        return form == null || isCommon(tier) ? of(accounted) : new OwnTier(form, former);
    }

    private boolean isCommon(Tier tier) {
        int hash = tier.hashCode();
        int place = (hash ^ hash >>> 16) & (COUNTS - 1);
        long known = counts.get(place);
        int count = known >>> 32 == Integer.toUnsignedLong(hash) ? (int) known + 1 : 1;
        counts.set(place, (long) hash << 32 | count);
        return count >= COMMON;
    }

    private CompiledTier compile(Accounted accounted) {
        Tier tier = accounted.tier;
        if (tier.limits().stream().anyMatch(limit -> limit.limit() instanceof ConcurrencyLimit)) {
            hasInFlight = true;
        }
        CompiledTier compiled = new CompiledTier(tier, accounted.account, collected);
        shapes.get(compiled.shape, same -> compiled);
        return compiled;
    }

    /** Tells whether a tier was compiled that limits calls in flight. */
    boolean hasInFlight() {
        return hasInFlight;
    }

    /** Returns the usual compiled tier; null if there is none. */
    @Nullable
    CompiledTier usual() {
        return usual;
    }

    /** Returns the usual compiled tier, if it is that of this very tier; otherwise null. */
    @Nullable
    CompiledTier usual(Tier tier) {
        CompiledTier known = usual;
        return known != null && known.isOf(tier) ? known : null;
    }

    /** Makes a compiled tier, which an organization holds, the usual one if there is none. */
    void offerUsual(CompiledTier compiled) {
        if (usual == null) {
            usual = compiled;
        }
    }

    /** Counts what an organization holds in the vote for the usual compiled tier. One that most hold wins it. */
    @SuppressWarnings("ReferenceEquality")
    void vote(CompiledTier held) {
        if (lead == 0) {
            leading = held;
        }
        lead += held == leading ? 1 : -1;
    }

    /**
     * Ends a vote: what leads is the usual compiled tier, and the last one may be collected. It is null only where
     * nobody voted. A call that finds none takes a way that the JIT compiler has not seen, and is compiled anew.
     */
    void elect() {
        usual = leading;
        leading = null;
        lead = 0;
    }

    /** Removes some entries whose compiled tier was collected. */
    void removeCollected(int most) {
        collected.remove(most);
    }

    /**
     * Estimates the heap of unlisted endpoints, in bytes. Each counts once for all organizations that have called it.
     */
    long estimatedBytes() {
        return tiers.stream().mapToLong(CompiledTier::estimatedBytes).sum();
    }
}
