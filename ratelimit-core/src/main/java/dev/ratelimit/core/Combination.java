package dev.ratelimit.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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

    /** The limits of each party. */
    private final CompiledLimit[][] own;

    /** The place in the parties of each limit's party. */
    final int[] partyOf;

    final CompiledLimit[] limits;

    private Combination(CompiledLimit[][] own) {
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < own.length; i++) {
            for (CompiledLimit limit : own[i]) {
                places.add(new Place(i, limit));
            }
        }
        places.sort(Place.ORDER);
        this.own = own;
        this.partyOf = places.stream().mapToInt(Place::party).toArray();
        this.limits = places.stream().map(Place::limit).toArray(CompiledLimit[]::new);
    }

    private boolean isOf(CompiledLimit[][] others) {
        boolean same = own.length == others.length;
        for (int i = 0; same && i < own.length; i++) {
            same = own[i] == others[i];
        }
        return same;
    }

    /** Returns the combination of some limits: a known one, if it is that. */
    static Combination of(CompiledLimit[][] own, @Nullable Combination known) {
        return known != null && known.isOf(own) ? known : new Combination(own);
    }
}
