package dev.ratelimit.core;

import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Member;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Whose meters a call charges: the state of its organization, or a {@link PartyGroup} with those of members. A limit is
 * asked by its place among the limits of the call.
 */
interface Parties {

    /** Returns the state whose meter the i-th limit has. */
    OrganizationState state(int i);

    /** Returns the meter of the i-th limit, which is made if there is none. */
    Meter meter(int i, CompiledLimit limit);

    /** Returns the member whose limit the i-th one is; null if it is the organization's. */
    @Nullable
    Member member(int i);

    /** Returns the place of the i-th limit among those of the tables of all parties. */
    int order(int i, CompiledLimit limit);

    /**
     * Tells whether a decision made here holds. If a state was dropped as idle meanwhile, the decision must be made
     * again on other states.
     */
    boolean confirmLive();

    /**
     * Returns the states to read the meters of some limits in. Meters that are missing can be made there, and are not
     * kept.
     */
    Parties view(CompiledLimit[] limits);

    /** Returns the name of the organization. */
    String name();

    /** Returns the parties of some of the limits. */
    Parties of(int[] indexes);

    /** Returns the states that replace those of these which have ended, as a store renews them. */
    Parties renewed(UnaryOperator<OrganizationState> store);

    /** Returns why the i-th limit refuses a usage of some units. */
    default LimitReached cause(int i, CompiledLimit limit, long units) {
        Member member = member(i);
        LimitReached cause = limit.cause(units);
        return member == null ? cause : new LimitReached(limit.applied.of(member), cause.tooLarge());
    }

    /** Returns the status of the i-th limit, which says whose it is. */
    default LimitStatus whose(int i, LimitStatus status) {
        Member member = member(i);
        return member == null ? status : of(member, status);
    }

    /** Returns a status of a member. */
    static LimitStatus of(Member member, LimitStatus status) {
        return LimitStatus.of(
                status.applied().of(member),
                status.used(),
                status.granted(),
                status.nextReleaseAfter(),
                status.resetAfter());
    }
}
