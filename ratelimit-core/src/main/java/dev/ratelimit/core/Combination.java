package dev.ratelimit.core;

import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
         * @param tiers their compiled tiers
         * @param endpoint what is called
         */
        Combination of(CompiledLimit[][] own, CompiledTier[] tiers, String endpoint) {
            int hash = 0;
            for (CompiledLimit[] limits : own) {
                hash = 31 * hash + System.identityHashCode(limits);
            }
            int slot = hash & (SLOTS - 1);
            Combination known = slots.get(slot);
            if (known != null && known.isOf(own)) {
                return known;
            }
            Combination made = new Combination(own, tiers, areOf(own, tiers, endpoint) ? endpoint : null);
            slots.set(slot, made);
            return made;
        }

        /** Tells whether limits are those of an endpoint for all organizations and members on some tiers. */
        private static boolean areOf(CompiledLimit[][] own, CompiledTier[] tiers, String endpoint) {
            boolean all = endpoint.length() <= Scope.Endpoint.MAX_BYTES;
            for (int i = 0; all && i < own.length; i++) {
                all = own[i] == tiers[i].find(endpoint);
            }
            return all;
        }
    }

    /** The limits of each party. */
    private final CompiledLimit[][] own;

    /** The compiled tier of each party. */
    private final CompiledTier[] tiers;

    /** An endpoint that has the limits wherever the parties are on the tiers; null if there is none. */
    private final @Nullable String endpoint;

    /** The place in the parties of each limit's party. */
    final int[] partyOf;

    final CompiledLimit[] limits;

    /** Combines limits for one question. */
    Combination(CompiledLimit[][] own) {
        this(own, new CompiledTier[0], null);
    }

    private Combination(CompiledLimit[][] own, CompiledTier[] tiers, @Nullable String endpoint) {
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

    /** Tells whether the tiers alone say that these are the limits of an endpoint. */
    boolean isOf(String asked) {
        return asked.equals(endpoint);
    }

    /** Tells whether the i-th party is on a tier. */
    boolean isOn(int i, Tier tier) {
        return tiers[i].tier.equals(tier);
    }

    /** Tells whether the i-th party has some limits. */
    boolean has(int i, CompiledLimit[] limitsOfParty) {
        return own[i] == limitsOfParty;
    }

    private boolean isOf(CompiledLimit[][] others) {
        boolean same = own.length == others.length;
        for (int i = 0; same && i < own.length; i++) {
            same = own[i] == others[i];
        }
        return same;
    }
}
