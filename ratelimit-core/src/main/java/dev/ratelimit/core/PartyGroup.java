package dev.ratelimit.core;

import dev.ratelimit.Member;
import java.util.Arrays;
import java.util.function.UnaryOperator;
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

    private static final int MOST_TABLES = 1 << 20;

    /** The organization first. */
    final OrganizationState[] states;

    /** The place in the states of each limit's party. */
    private final int[] partyOf;

    final CompiledLimit[] limits;

    /** The meter of each limit. A state has one meter of a limit for its life. */
    private final Meter[] meters;

    /** The limits of all parties, before some were chosen. */
    final Combination combination;

    private PartyGroup(OrganizationState[] states, int[] partyOf, CompiledLimit[] limits, Combination combination) {
        this.states = states;
        this.partyOf = partyOf;
        this.limits = limits;
        this.meters = new Meter[limits.length];
        Arrays.setAll(meters, i -> states[partyOf[i]].meter(limits[i]));
        this.combination = combination;
    }

    /** Makes a group of an organization, which comes first, and of members. */
    static PartyGroup of(OrganizationState[] states, Combination combination) {
        return new PartyGroup(states, combination.partyOf, combination.limits, combination);
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
        return meters[i];
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
        return new PartyGroup(views, partyOf, limits, combination);
    }

    @Override
    public PartyGroup of(int[] indexes) {
        return new PartyGroup(
                states,
                Arrays.stream(indexes).map(i -> partyOf[i]).toArray(),
                Arrays.stream(indexes).mapToObj(i -> limits[i]).toArray(CompiledLimit[]::new),
                combination);
    }

    @Override
    public PartyGroup renewed(UnaryOperator<OrganizationState> store) {
        OrganizationState[] fresh = states.clone();
        for (int party = 0; party < states.length; party++) {
            if (!states[party].confirmLive()) {
                fresh[party] = store.apply(states[party]);
            }
        }
        return new PartyGroup(fresh, partyOf, limits, combination);
    }
}
