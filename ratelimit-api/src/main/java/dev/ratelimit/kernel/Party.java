package dev.ratelimit.kernel;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Member;
import dev.ratelimit.Tier;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One of the parties whose limits decide a call: the organization, or a member of it. An immutable value.
 *
 * <p>The limits of a call are those of its parties in the order of {@link #of(Caller)}, each party's in the order of
 * its tier's tables. Two bounds decide which meters they have: that of members, by which a member has the meters of its
 * {@link #overflow}; and that of names, by which an endpoint has {@link EndpointLimits#overflow()}.
 *
 * @param member the member; null for the organization
 * @param tier the tier that has the limits of this party
 * @param account the account that its usage is written in: that of the organization's tier, whatever the tier
 */
public record Party(@Nullable Member member, Tier tier, String account) {

    /**
     * Returns the parties of a call.
     *
     * @param caller who calls
     * @return the organization, then the members that have a tier, in the order of their kinds
     */
    public static List<Party> of(Caller caller) {
        Tier tier = caller.tier();
        Party organization = new Party(null, tier, tier.account());
        List<Member> members = caller.members();
        if (members.isEmpty()) {
            return List.of(organization);
        }
        List<Party> parties = new ArrayList<>(members.size() + 1);
        parties.add(organization);
        for (Member member : members) {
            Tier own = caller.tierOf(member.kind()).orElse(null);
            if (own != null) {
                parties.add(new Party(member, own, tier.account()));
            }
        }
        return Collections.unmodifiableList(parties);
    }

    /**
     * Returns the set that members of this one's kind share beyond the bound of members.
     *
     * @return the overflow of the kind, under this member's tier
     */
    public Party overflow() {
        return member == null ? this : new Party(Member.overflow(member.kind()), tier, account);
    }

    /**
     * Resolves an endpoint to the limits of this party.
     *
     * @param endpoint the endpoint, as the call gives it
     * @return its limits, which name the member
     */
    public EndpointLimits limits(String endpoint) {
        EndpointLimits limits = EndpointLimits.of(tier, endpoint);
        return member == null ? limits : new EndpointLimits(ofMember(limits.own()), ofMember(limits.overflow()));
    }

    /**
     * Returns the limits that this party has one meter of.
     *
     * @return the {@linkplain Tier#namedLimits() named limits} of its tier, which name the member
     */
    public List<AppliedLimit> namedLimits() {
        return ofMember(tier.namedLimits());
    }

    private List<AppliedLimit> ofMember(List<AppliedLimit> limits) {
        Member whose = member;
        return whose == null
                ? limits
                : limits.stream().map(limit -> limit.of(whose)).toList();
    }

    /**
     * Returns the key of a limit of this party.
     *
     * @param limit the limit
     * @return the key of its meter
     */
    public MeterKey keyOf(AppliedLimit limit) {
        return MeterKey.of(account, limit);
    }
}
