package dev.ratelimit.core;

import dev.ratelimit.Caller;
import dev.ratelimit.Member;
import dev.ratelimit.Scope;
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
        PartyGroup known = known(organization, caller, endpoint);
        return known != null ? known : make(organization, caller, endpoint);
    }

    /** Returns the group that the last party keeps, if it is that of a call; otherwise null. Asks each party once. */
    private @Nullable PartyGroup known(OrganizationState organization, Caller caller, String endpoint) {
        PartyGroup known = null; // may be seen late, and never half made: its fields are final
        int party = 0;
        List<Member> members = caller.members();
        for (int i = members.size() - 1; i >= 0; i--) {
            Member member = members.get(i);
            Tier tier = caller.tierOf(member.kind()).orElse(null);
            if (tier != null) {
                OrganizationState state = state(organization, caller.tier().account(), member);
                if (known == null) {
                    known = state.group;
                    if (known == null) {
                        return null;
                    }
                    party = known.states.length;
                }
                party--;
                if (party == 0 || !known.has(party, state, tier)) {
                    return null;
                }
            }
        }
        if (known == null) {
            known = organization.group;
            party = 1;
        }
        return known != null && party == 1 && known.has(0, organization, caller.tier()) && known.isOf(endpoint)
                ? known
                : null;
    }

    private PartyGroup make(OrganizationState organization, Caller caller, String endpoint) {
        List<Party> parties = Party.of(caller);
        OrganizationState[] states = new OrganizationState[parties.size()];
        @Nullable Tier[] tiers = new Tier[states.length];
        CompiledLimit[][] own = new CompiledLimit[states.length][];
        for (int i = 0; i < states.length; i++) {
            Party party = parties.get(i);
            states[i] = state(organization, party);
            own[i] = states[i].limits(party.tier(), endpoint);
            tiers[i] = states[i].held(party.tier());
        }
        String kept = endpoint.length() <= Scope.Endpoint.MAX_BYTES ? endpoint : null; // callers make names up
        Combination combination = combinations.of(own, tiers, kept);
        PartyGroup made = PartyGroup.of(states, combination, combination.same(kept));
        states[states.length - 1].group = made;
        return made;
    }

    /** Returns the state of a party of an organization, which may be one that it shares. A missing one is made. */
    OrganizationState state(OrganizationState organization, Party party) {
        Member member = party.member();
        return member == null ? organization : state(organization, party.account(), member);
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
        return PartyGroup.of(states.toArray(OrganizationState[]::new), combination, null);
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
