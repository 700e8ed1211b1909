package dev.ratelimit.core;

import dev.ratelimit.Member;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The parties of a call that names members: the state of its organization, those of the members, and all limits of them
 * in the order of charging. Immutable.
 *
 * <p>Each state has a life of its own, and may be dropped while others are charged. So all of them are confirmed live
 * when all are charged, while the bookings are at hand.
 */
final class PartyGroup implements Parties {

    /**
     * The limits of some parties in the order of charging. Calls of the same endpoint under the same tiers have the
     * same one, whoever the members are. Immutable.
     */
    static final class Combination {

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

    private record Place(int party, CompiledLimit limit) {

        /** By which shadows come last, and the others in ascending order of their spans. */
        static final Comparator<Place> ORDER = Comparator.<Place, Boolean>comparing(place -> place.limit.shadow)
                .thenComparingLong(place -> place.limit.shadow ? place.party : place.limit.windowNanos)
                .thenComparingLong(place -> place.limit.shadow ? place.limit.order : place.party);
    }

    private static final int MOST_TABLES = 1 << 20;

    private final OrganizationState[] states;

    /** The place in the states of each limit's party. */
    private final int[] partyOf;

    final CompiledLimit[] limits;

    private PartyGroup(OrganizationState[] states, int[] partyOf, CompiledLimit[] limits) {
        this.states = states;
        this.partyOf = partyOf;
        this.limits = limits;
    }

    /** Makes a group of an organization, which comes first, and of members. */
    static PartyGroup of(OrganizationState[] states, Combination combination) {
        return new PartyGroup(states, combination.partyOf, combination.limits);
    }

    @Override
    public String name() {
        return states[0].name;
    }

    @Override
    public OrganizationState state(int i) {
        return states[partyOf[i]];
    }

    @Override
    public Meter meter(int i, CompiledLimit limit) {
        return states[partyOf[i]].meter(limit);
    }

    @Override
    @Nullable
    public Member member(int i) {
        return states[partyOf[i]].member();
    }

    @Override
    public int order(int i, CompiledLimit limit) {
        return partyOf[i] * MOST_TABLES + limit.order;
    }

    @Override
    public boolean confirmLive() {
        for (OrganizationState state : states) {
            if (!state.confirmLive()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public PartyGroup view(CompiledLimit[] asked) {
        OrganizationState[] views = states.clone();
        for (int party = 0; party < states.length; party++) {
            int one = party;
            CompiledLimit[] own = IntStream.range(0, asked.length)
                    .filter(i -> partyOf[i] == one)
                    .mapToObj(i -> asked[i])
                    .toArray(CompiledLimit[]::new);
            views[party] = states[party].view(own);
        }
        return new PartyGroup(views, partyOf, limits);
    }

    @Override
    public PartyGroup of(int[] indexes) {
        return new PartyGroup(
                states,
                Arrays.stream(indexes).map(i -> partyOf[i]).toArray(),
                Arrays.stream(indexes).mapToObj(i -> limits[i]).toArray(CompiledLimit[]::new));
    }

    @Override
    public PartyGroup renewed(OrganizationStore store) {
        OrganizationState[] fresh = states.clone();
        for (int party = 0; party < states.length; party++) {
            if (!states[party].confirmLive()) {
                fresh[party] = store.renewed(states[party]);
            }
        }
        return new PartyGroup(fresh, partyOf, limits);
    }

    /** Removes the states that have ended. */
    void removeEnded(OrganizationStore store) {
        for (OrganizationState state : states) {
            if (!state.confirmLive()) {
                store.remove(state);
            }
        }
    }
}
