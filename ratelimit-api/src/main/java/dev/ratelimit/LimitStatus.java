package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.Waits;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where an organization, or a member of it, stands with one limit, at one moment. An immutable value.
 *
 * <p>Later versions will say more of it, so it is made by a factory.
 */
public final class LimitStatus {

    private final AppliedLimit applied;
    private final long used;
    private final long granted;

    /* Each wait is as a backend gave it, or else nanoseconds, of which a Duration is made when somebody asks. */
    private final @Nullable Duration nextRelease;
    private final @Nullable Duration reset;
    private final long nextReleaseNanos;
    private final long resetNanos;

    private LimitStatus(
            AppliedLimit applied,
            long used,
            long granted,
            @Nullable Duration nextRelease,
            @Nullable Duration reset,
            long nextReleaseNanos,
            long resetNanos) {
        this.applied = requireNonNull(applied, "applied");
        this.used = used;
        this.granted = granted;
        this.nextRelease = nextRelease;
        this.reset = reset;
        this.nextReleaseNanos = nextReleaseNanos;
        this.resetNanos = resetNanos;
        Arguments.require(used >= 0, "used", ">= 0", used);
        Arguments.requireAmount(granted, "granted");
        boolean mayBeGranted = granted == 0 || applied.limit() instanceof Quota;
        Arguments.require(mayBeGranted, "granted", "0 for a limit that is no quota", granted);
    }

    private static void requireWait(Optional<Duration> wait, String name) {
        requireNonNull(wait, name).ifPresent(some -> Arguments.require(!some.isNegative(), name, ">= 0", some));
    }

    private static Optional<Duration> wait(@Nullable Duration given, long nanos) {
        if (given != null) {
            return Optional.of(given);
        }
        return nanos == Waits.NEVER ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
    }

    /**
     * Makes the status of a limit whose units all come back at once, as those of a quota do; for backends.
     *
     * @param applied the limit and what it applies to
     * @param used units that count now, at least 0
     * @param granted units that may be used beyond the amount until the period ends, from 0 to 2<sup>53</sup>; 0 for a
     *     limit that is no quota
     * @param resetAfter the wait until nothing of what is used now counts any more: zero if nothing does, empty if that
     *     is never
     * @return the status
     * @throws IllegalArgumentException if a number or a wait is out of its range
     */
    public static LimitStatus of(AppliedLimit applied, long used, long granted, Optional<Duration> resetAfter) {
        return of(applied, used, granted, resetAfter, resetAfter);
    }

    /**
     * Makes the status of a limit; for backends.
     *
     * @param applied the limit and what it applies to
     * @param used units that count now, at least 0
     * @param granted units that may be used beyond the amount until the period ends, from 0 to 2<sup>53</sup>; 0 for a
     *     limit that is no quota
     * @param nextReleaseAfter the wait until some of what is used now counts no more: zero if nothing does, empty if
     *     that is never
     * @param resetAfter the wait until nothing of what is used now counts any more: zero if nothing does, empty if that
     *     is never
     * @return the status
     * @throws IllegalArgumentException if a number or a wait is out of its range
     */
    public static LimitStatus of(
            AppliedLimit applied,
            long used,
            long granted,
            Optional<Duration> nextReleaseAfter,
            Optional<Duration> resetAfter) {
        requireWait(resetAfter, "resetAfter");
        requireWait(nextReleaseAfter, "nextReleaseAfter");
        return new LimitStatus(
                applied,
                used,
                granted,
                nextReleaseAfter.orElse(null),
                resetAfter.orElse(null),
                Waits.NEVER,
                Waits.NEVER);
    }

    /**
     * Makes the status of a limit; for backends that count in nanoseconds.
     *
     * @param applied the limit and what it applies to
     * @param used units that count now, at least 0
     * @param granted units that may be used beyond the amount until the period ends, from 0 to 2<sup>53</sup>; 0 for a
     *     limit that is no quota
     * @param nextReleaseNanos the wait until some of what is used now counts no more, in nanoseconds: 0 if nothing
     *     does, {@link Long#MAX_VALUE} if that is never
     * @param resetNanos the wait until nothing of what is used now counts any more, in nanoseconds: 0 if nothing does,
     *     {@link Long#MAX_VALUE} if that is never
     * @return the status
     * @throws IllegalArgumentException if a number or a wait is out of its range
     */
    public static LimitStatus ofNanos(
            AppliedLimit applied, long used, long granted, long nextReleaseNanos, long resetNanos) {
        Arguments.require(nextReleaseNanos >= 0, "nextReleaseNanos", ">= 0", nextReleaseNanos);
        Arguments.require(resetNanos >= 0, "resetNanos", ">= 0", resetNanos);
        return new LimitStatus(applied, used, granted, null, null, nextReleaseNanos, resetNanos);
    }

    /**
     * Returns the limit and what it applies to.
     *
     * @return the limit
     */
    public AppliedLimit applied() {
        return applied;
    }

    /**
     * Returns the units that count now: those in the window or in the period, those that have not flowed back into the
     * bucket, or those in flight; 0 for a limit of single calls.
     *
     * @return units; more than {@link Limit#most()} if the limit was overrun or lowered
     */
    public long used() {
        return used;
    }

    /**
     * Returns the units that may be used beyond the amount until the period ends.
     *
     * @return units, from 0 to 2<sup>53</sup>; 0 for a limit that is no quota
     */
    public long granted() {
        return granted;
    }

    /**
     * Returns the units that are left.
     *
     * @return {@link Limit#most()} and what is granted, without what is used; at least 0
     */
    public long remaining() {
        return Math.max(0, applied.limit().most() + granted - used);
    }

    /**
     * Returns the wait until some of what is used now counts no more: until the oldest units that were not given back
     * leave a window, the period of a quota ends, or one more unit has flowed back into a bucket. For what is in flight
     * it is an upper bound: until the first unit counts no more, unless its call ends earlier.
     *
     * @return zero if nothing counts, empty if that is never
     */
    public Optional<Duration> nextReleaseAfter() {
        return wait(nextRelease, nextReleaseNanos);
    }

    /**
     * Returns the wait until nothing of what is used now counts any more; an upper bound for what is in flight.
     *
     * @return zero if nothing counts, empty if that is never
     */
    public Optional<Duration> resetAfter() {
        return wait(reset, resetNanos);
    }

    /**
     * Returns how far the limit is overrun: by a last call that did not have to fit, by what was settled beyond a
     * reservation, or because the amount was lowered. Until that has expired, was given back or is granted, nothing is
     * admitted. A bucket that is overrun is below empty.
     *
     * @return units used beyond {@link Limit#most()} and what was granted, 0 if there are none
     */
    public long overrun() {
        return Math.max(0, used - granted - applied.limit().most());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LimitStatus that
                && applied.equals(that.applied)
                && used == that.used
                && granted == that.granted
                && nextReleaseAfter().equals(that.nextReleaseAfter())
                && resetAfter().equals(that.resetAfter());
    }

    @Override
    public int hashCode() {
        return Objects.hash(applied, used, granted, nextReleaseAfter(), resetAfter());
    }

    /** Returns for example {@code 2 used of 5 calls per minute for endpoint "chat" (minutes), reset after PT48S}. */
    @Override
    public String toString() {
        return used + " used of " + applied
                + (granted == 0 ? "" : ", " + granted + " granted")
                + resetAfter().map(wait -> ", reset after " + wait).orElse(", never reset");
    }
}
