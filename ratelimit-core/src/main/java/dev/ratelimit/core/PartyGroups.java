package dev.ratelimit.core;

import dev.ratelimit.Caller;
import dev.ratelimit.Member;
import dev.ratelimit.Tier;
import dev.ratelimit.kernel.Party;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the parties of calls: the states of an organization and of the members that a caller names, and their limits.
 *
 * <p>The state of the last member keeps the group of its last call. So a call that comes again makes nothing. Safe for
 * use by many threads.
 */
final class PartyGroups {

    private final int maxMembers;
    private final Consumer<OrganizationState> added;
    private final Combination.Cache combinations = new Combination.Cache();

    /**
     * Makes a finder.
     *
     * @param maxMembers the most members of an organization that have states of their own
     * @param added takes note of a new state of a member
     */
    PartyGroups(int maxMembers, Consumer<OrganizationState> added) {
        this.maxMembers = maxMembers;
        this.added = added;
    }

    /** Returns the parties of a call with the states that they have or get. */
    PartyGroup of(OrganizationState organization, Caller caller, String endpoint) {
        int last = lastLimited(caller);
        OrganizationState state = last < 0 ? organization : state(organization, caller, last);
        PartyGroup known = state.group; // may be seen late, and never half made: its fields are final
        return known != null && isOf(caller, endpoint, organization, last, state, known)
                ? known
                : make(organization, caller, endpoint);
    }

    /** Returns the place of the last member of a caller that has a tier; a negative number if none has. */
    private static int lastLimited(Caller caller) {
        int last = caller.members().size() - 1;
        while (last >= 0 && caller.tierOf(caller.members().get(last).kind()).isEmpty()) {
            last--;
        }
        return last;
    }

    /** Tells whether a group has the parties and the limits of a call, whose last party has a state. */
    private boolean isOf(
            Caller caller,
            String endpoint,
            OrganizationState organization,
            int last,
            OrganizationState ofLast,
            PartyGroup known) {
        boolean byTiers = known.combination.isOf(endpoint);
        int parties = 0;
        boolean same = has(known, parties++, organization, caller.tier(), byTiers, endpoint);
        for (int i = 0; same && i <= last; i++) {
            Tier tier = caller.tierOf(caller.members().get(i).kind()).orElse(null);
            if (tier != null) {
                OrganizationState state = i == last ? ofLast : state(organization, caller, i);
                same = has(known, parties++, state, tier, byTiers, endpoint);
            }
        }
        return same && parties == known.states.length;
    }

    /** Tells whether the i-th party of a group has a state, and under a tier the limits of an endpoint. */
    private static boolean has(
            PartyGroup known, int i, OrganizationState state, Tier tier, boolean byTiers, String endpoint) {
        return i < known.states.length
                && known.states[i] == state
                && (byTiers ? known.combination.isOn(i, tier) : known.combination.has(i, state.limits(tier, endpoint)));
    }

    private PartyGroup make(OrganizationState organization, Caller caller, String endpoint) {
        List<Party> parties = Party.of(caller);
        OrganizationState[] states = new OrganizationState[parties.size()];
        CompiledTier[] forms = new CompiledTier[states.length];
        CompiledLimit[][] own = new CompiledLimit[states.length][];
        for (int i = 0; i < states.length; i++) {
            Party party = parties.get(i);
            states[i] = state(organization, party);
            own[i] = states[i].limits(party.tier(), endpoint);
            forms[i] = states[i].form(party.tier());
        }
        PartyGroup made = PartyGroup.of(states, combinations.of(own, forms, endpoint));
        states[states.length - 1].group = made;
        return made;
    }

    /** Returns the state of a party of an organization, which may be one that it shares. A missing one is made. */
    OrganizationState state(OrganizationState organization, Party party) {
        Member member = party.member();
        return member == null ? organization : state(organization, party.account(), member);
    }

    private OrganizationState state(OrganizationState organization, Caller caller, int member) {
        return state(organization, caller.tier().account(), caller.members().get(member));
    }

    private OrganizationState state(OrganizationState organization, String account, Member member) {
        MemberStates members = organization.members();
        OrganizationState known = members.find(account, member);
        return known != null ? known : members.get(new MemberKey(account, member), added);
    }

    /** Returns the parties of a call, with states of members that are not kept where there are none. */
    PartyGroup peek(OrganizationState organization, Caller caller, String endpoint) {
        List<OrganizationState> states = new ArrayList<>();
        List<CompiledLimit[]> own = new ArrayList<>();
        forEachKnown(organization, caller, (state, tier) -> {
            CompiledLimit[] limits = state.peekLimits(tier, endpoint);
            states.add(state.view(limits));
            own.add(limits);
        });
        Combination combination = new Combination(own.toArray(CompiledLimit[][]::new));
        return PartyGroup.of(states.toArray(OrganizationState[]::new), combination);
    }

    /** Visits the parties of a caller, with states of members that are not kept where there are none. */
    void forEachKnown(OrganizationState organization, Caller caller, BiConsumer<OrganizationState, Tier> visitor) {
        for (Party party : Party.of(caller)) {
            MemberKey key = keyOf(party);
            visitor.accept(key == null ? organization : memberOrUnseen(organization, key), party.tier());
        }
    }

    private OrganizationState memberOrUnseen(OrganizationState organization, MemberKey key) {
        MemberStates known = organization.membersIfAny();
        MemberStates members = known == null ? new MemberStates(maxMembers, organization) : known;
        MemberKey own = members.keyOf(key);
        OrganizationState state = members.find(own);
        return state == null ? organization.newMember(own, members) : state;
    }

    /** Returns the key of the state of a party; null if it is the organization. */
    static @Nullable MemberKey keyOf(Party party) {
        Member member = party.member();
        return member == null ? null : new MemberKey(party.account(), member);
    }
}
