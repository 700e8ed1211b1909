package dev.ratelimit.core;

import dev.ratelimit.Member;
import dev.ratelimit.Tier;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The parties of a call that names members: the state of its organization, those of the members, and all limits of them
 * in the order of charging. Immutable.
 *
 * <p>Each state has a life of its own, and may be dropped while others are charged. So all of them are confirmed live
 * when all are charged, while the bookings are at hand. The organization's is the first of them, so that no member asks
 * for it again.
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

    /** The endpoint that has these limits; null if it is not known. */
    private final @Nullable String endpoint;

    private PartyGroup(
            OrganizationState[] states,
            int[] partyOf,
            CompiledLimit[] limits,
            Combination combination,
            @Nullable String endpoint) {
        this.states = states;
        this.partyOf = partyOf;
        this.limits = limits;
        this.meters = new Meter[limits.length];
        Arrays.setAll(meters, i -> states[partyOf[i]].meter(limits[i]));
        this.combination = combination;
        this.endpoint = endpoint;
    }

    /**
     * Makes a group of an organization, which comes first, and of members.
     *
     * @param endpoint the endpoint, to be {@linkplain #isOf recognized} by; null if that is not wanted
     */
    static PartyGroup of(OrganizationState[] states, Combination combination, @Nullable String endpoint) {
        return new PartyGroup(states, combination.partyOf, combination.limits, combination, endpoint);
    }

    /** Tells whether the i-th party has a state, and holds its limits of a tier. */
    boolean has(int i, OrganizationState state, Tier tier) {
        return states[i] == state && combination.isOn(i, tier);
    }

    /** Tells whether these are the limits of an endpoint, wherever the parties are on the tiers of the combination. */
    boolean isOf(String asked) {
        return asked.equals(endpoint);
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
            if (!state.isLive()) {
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
        return new PartyGroup(views, partyOf, limits, combination, null);
    }

    @Override
    public PartyGroup of(int[] indexes) {
        return new PartyGroup(
                states,
                Arrays.stream(indexes).map(i -> partyOf[i]).toArray(),
                Arrays.stream(indexes).mapToObj(i -> limits[i]).toArray(CompiledLimit[]::new),
                combination,
                null);
    }

    @Override
    public PartyGroup renewed(UnaryOperator<OrganizationState> store) {
        OrganizationState[] fresh = states.clone();
        for (int party = 0; party < states.length; party++) {
            if (!states[party].confirmLive()) {
                fresh[party] = store.apply(states[party]);
            }
        }
        return new PartyGroup(fresh, partyOf, limits, combination, null);
    }
}
