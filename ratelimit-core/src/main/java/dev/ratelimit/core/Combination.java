package dev.ratelimit.core;

import dev.ratelimit.Tier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The limits of some parties in the order of charging. Calls of the same endpoint under the same tiers have the
 * same one, whoever the members are. Immutable.
 */
final class Combination {

    private record Place(int party, CompiledLimit limit) {

        /** By which shadows come last, and the others in ascending order of their spans. */
        static final Comparator<Place> ORDER = Comparator.<Place, Boolean>comparing(place -> place.limit.shadow)
                .thenComparingLong(place -> place.limit.shadow ? place.party : place.limit.windowNanos)
                .thenComparingLong(place -> place.limit.shadow ? place.limit.order : place.party);
    }

    /**
     * The combinations of a limiter's calls, each in the slot of its limits. A further one takes the place of another.
     * Safe for use by many threads.
     */
    static final class Cache {

        private static final int SLOTS = 1_024;

        private final AtomicReferenceArray<@Nullable Combination> slots = new AtomicReferenceArray<>(SLOTS);

        /**
         * Returns the combination of the limits of some parties, which is made unless it is kept.
         *
         * @param tiers those that the parties hold the limits of
         * @param endpoint what is called, to be kept; null if it is not
         */
        Combination of(CompiledLimit[][] own, @Nullable Tier[] tiers, @Nullable String endpoint) {
            int hash = 0;
            for (CompiledLimit[] limits : own) {
                hash = 31 * hash + System.identityHashCode(limits);
            }
            int slot = hash & (SLOTS - 1);
            Combination known = slots.get(slot);
            if (known != null && known.isOf(own, tiers)) {
                return known;
            }
            Combination made = new Combination(own, tiers, endpoint);
            slots.set(slot, made);
            return made;
        }
    }

    /** The limits of each party. */
    private final CompiledLimit[][] own;

    /** The tier that each party holds the limits of; null if it holds none. */
    private final @Nullable Tier[] tiers;

    /** The endpoint of the first call; null if it is not kept. */
    private final @Nullable String endpoint;

    /** The place in the parties of each limit's party. */
    final int[] partyOf;

    final CompiledLimit[] limits;

    /** Combines limits for one question. */
    Combination(CompiledLimit[][] own) {
        this(own, new Tier[own.length], null);
    }

    private Combination(CompiledLimit[][] own, @Nullable Tier[] tiers, @Nullable String endpoint) {
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < own.length; i++) {
            for (CompiledLimit limit : own[i]) {
                places.add(new Place(i, limit));
            }
        }
        places.sort(Place.ORDER);
        this.own = own;
        this.tiers = tiers;
        this.endpoint = endpoint;
        this.partyOf = places.stream().mapToInt(Place::party).toArray();
        this.limits = places.stream().map(Place::limit).toArray(CompiledLimit[]::new);
    }

    /** Returns an equal name: one object for all calls of it, since a host may make another one at each call. */
    @Nullable
    String same(@Nullable String name) {
        return Objects.equals(name, endpoint) ? endpoint : name;
    }

    /** Tells whether the i-th party holds its limits of a tier. */
    boolean isOn(int i, Tier tier) {
        return tier.equals(tiers[i]);
    }

    @SuppressWarnings("ReferenceEquality") // a held tier is one object
    private boolean isOf(CompiledLimit[][] others, @Nullable Tier[] theirTiers) {
        boolean same = own.length == others.length;
        for (int i = 0; same && i < own.length; i++) {
            same = own[i] == others[i] && tiers[i] == theirTiers[i];
        }
        return same;
    }
}
