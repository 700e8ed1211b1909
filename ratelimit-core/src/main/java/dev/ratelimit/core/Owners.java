package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Member;
import org.jspecify.annotations.Nullable;

/** Whose the limits of a call are. A limit is asked by its place among them. */
interface Owners {

    /** Returns the member whose limit the i-th one is; null if it is the organization's. */
    @Nullable
    Member member(int i);

    /** Returns the place of the i-th limit among those of the tables of all parties. */
    int order(int i, CompiledLimit limit);

    /** Returns why the i-th limit refuses a usage of some units. */
    default LimitReached cause(int i, CompiledLimit limit, long units) {
        LimitReached cause = limit.cause(units);
        return member(i) == null ? cause : new LimitReached(applied(i, limit), cause.tooLarge());
    }

    /** Returns the i-th limit as it applies, which says whose it is. */
    default AppliedLimit applied(int i, CompiledLimit limit) {
        Member member = member(i);
        return member == null ? limit.applied() : limit.applied().of(member);
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
