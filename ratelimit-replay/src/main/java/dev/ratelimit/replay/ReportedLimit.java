package dev.ratelimit.replay;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Member;

/** A limit as reports have it: one line for all members of a kind, of whom a trace may name any number. */
final class ReportedLimit {

    private ReportedLimit() {}

    /** Returns the limit; that of a member as each member's of its kind. */
    static AppliedLimit of(AppliedLimit limit) {
        return limit.member()
                .map(member -> limit.of(new Member(member.kind(), "each")))
                .orElse(limit);
    }

    /** Returns what the limit is of, for example {@code chat}, or {@code chat of each user}. */
    static String scope(AppliedLimit limit) {
        return limit.scope().name()
                + limit.member().map(member -> " of each " + member.kind()).orElse("");
    }
}
