package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import java.time.Duration;
import java.util.Optional;

/**
 * Where an organization stands with one limit, at one moment.
 *
 * @param applied the limit and what it applies to
 * @param used units that count now; more than the amount if the limit was overrun or lowered
 * @param granted units that may be used beyond the amount until the period ends, from 0 to 2<sup>53</sup>; 0 for a rate
 *     limit
 * @param remaining units still to be had, at least 0
 * @param resetAfter the wait until nothing of what is used now counts any more: zero if nothing does, empty if that is
 *     never
 */
public record LimitStatus(
        AppliedLimit applied, long used, long granted, long remaining, Optional<Duration> resetAfter) {

    /**
     * Makes a status.
     *
     * @param applied the limit and what it applies to
     * @param used units that count now
     * @param granted units that may be used beyond the amount until the period ends, at least 0
     * @param remaining units still to be had, at least 0
     * @param resetAfter the wait until nothing of what is used now counts any more
     */
    public LimitStatus {
        requireNonNull(applied, "applied");
        requireNonNull(resetAfter, "resetAfter");
        Arguments.require(used >= 0, "used", ">= 0", used);
        Arguments.requireAmount(granted, "granted");
        boolean mayBeGranted = granted == 0 || applied.limit() instanceof Quota;
        Arguments.require(mayBeGranted, "granted", "0 for a limit that is no quota", granted);
        Arguments.require(remaining >= 0, "remaining", ">= 0", remaining);
        resetAfter.ifPresent(wait -> Arguments.require(!wait.isNegative(), "resetAfter", ">= 0", wait));
    }

    /**
     * Returns how far the limit is overrun: by a last call that needed not fit, by what was settled beyond a
     * reservation, or because the amount was lowered. Until that has expired, was given back or is granted, nothing is
     * admitted.
     *
     * @return units used beyond the amount and what was granted, 0 if there are none
     */
    public long overrun() {
        return Math.max(0, used - granted - applied.limit().amount());
    }

    /**
     * Makes the status of a limit of which so much is used and so much was granted; for backends.
     *
     * @param applied the limit and what it applies to
     * @param used units that count now
     * @param granted units that may be used beyond the amount until the period ends, at least 0
     * @param resetAfter the wait until nothing of what is used counts any more, empty if that is never
     * @return the status, with the remaining units reckoned from the amount
     */
    public static LimitStatus of(AppliedLimit applied, long used, long granted, Optional<Duration> resetAfter) {
        return new LimitStatus(
                applied, used, granted, Math.max(0, applied.limit().amount() + granted - used), resetAfter);
    }
}
