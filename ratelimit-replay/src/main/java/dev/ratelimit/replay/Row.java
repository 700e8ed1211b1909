package dev.ratelimit.replay;

import dev.ratelimit.Member;
import dev.ratelimit.Usage;
import java.util.List;
import java.util.Optional;

/**
 * One call of a trace.
 *
 * @param time when it was made, in nanoseconds since 1970; never negative, so that any two times can be subtracted
 * @param organization who called
 * @param endpoint what was called
 * @param members the members of the organization that called, at most one of a kind
 * @param usage what is known, when the call is made, that it uses
 * @param outcome what comes of it, if that is known only when it ends
 */
record Row(
        long time, String organization, String endpoint, List<Member> members, Usage usage, Optional<Outcome> outcome) {

    /** Makes a call of no member. */
    Row(long time, String organization, String endpoint, Usage usage, Optional<Outcome> outcome) {
        this(time, organization, endpoint, List.of(), usage, outcome);
    }

    /** Makes a call of no member, whose whole usage is known when it is made. */
    Row(long time, String organization, String endpoint, Usage usage) {
        this(time, organization, endpoint, usage, Optional.empty());
    }

    /**
     * How a call ends.
     *
     * @param end when, in nanoseconds since 1970; not before the call is made
     * @param used what it used in all
     */
    record Outcome(long end, Usage used) {}
}
