package dev.ratelimit.core;

import static dev.ratelimit.core.CompiledLimit.NEVER;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.kernel.FixedPeriod;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The time of day by the clock of the store of quotas, which all machines share, as far as that clock is believed:
 * {@link TimeOfDay} says how far.
 *
 * <p>Each answer of the store has a reading. It was made before the answer arrived, so the time that this class tells
 * is never ahead of that clock. Until the store has answered for the first time, the wall clock of this machine gives a
 * guess.
 *
 * <p>Safe for use by many threads, and lock-free.
 */
final class StoreClock {

    /** How far two clocks of a machine may drift from each other until the store is asked again. */
    private static final long MUCH = 10_000_000;

    private static final VarHandle SHOWN = VarHandles.of(MethodHandles.lookup(), "shown", TimeOfDay.class);

    private final Clocks clocks;

    /** Null until the store has answered. */
    private volatile @Nullable TimeOfDay shown;

    /** The time by the wall clock of this machine when the store answered last. */
    private volatile @Nullable TimeOfDay local;

    StoreClock(Clocks clocks) {
        this.clocks = clocks;
    }

    /** Takes note of a reading that had arrived when the monotonic clock was read. */
    void read(Instant reading, long arrived) {
        local = TimeOfDay.first(clocks.time.instant(), arrived);
        while (true) {
            TimeOfDay seen = shown;
            TimeOfDay next = seen == null ? TimeOfDay.first(reading, arrived) : seen.after(reading, arrived);
            if (SHOWN.compareAndSet(this, seen, next)) {
                return;
            }
        }
    }

    /**
     * Tells whether the wall clock of this machine was set since the store was asked last. Then somebody may have set
     * that of the store too.
     *
     * @param untilEnd the nanoseconds until the period ends that is asked about: to be set by half of them is much
     */
    boolean isLocalClockSet(long now, long untilEnd) {
        TimeOfDay known = local;
        return known == null
                || Duration.between(known.at(now), clocks.time.instant()).abs().compareTo(tolerance(untilEnd)) > 0;
    }

    private static Duration tolerance(long untilEnd) {
        return Duration.ofNanos(Math.min(MUCH, untilEnd / 2));
    }

    /** Returns the current period of a kind. */
    QuotaPeriod.Interval periodAt(QuotaPeriod kind, long now) {
        return clocks.periodAt(kind, timeFor(kind, now));
    }

    /** Tells whether a period of a kind is the current one. */
    boolean isCurrent(QuotaPeriod kind, QuotaPeriod.Interval period, long now) {
        return Clocks.contains(period, timeFor(kind, now));
    }

    /** Returns the time that decides which period is the current one: that of the calendar never goes back. */
    private Instant timeFor(QuotaPeriod kind, long now) {
        TimeOfDay time = timeOfDay(now);
        Instant present = time.at(now);
        if (kind instanceof FixedPeriod) {
            return time.running(now);
        }
        return present.isBefore(time.highest()) ? time.highest() : present;
    }

    /** Returns the nanoseconds until a period ends, at least 1; {@link CompiledLimit#NEVER} if it does not. */
    long nanosUntilEnd(QuotaPeriod kind, QuotaPeriod.Interval period, long now) {
        if (period.end().equals(Instant.MAX)) {
            return NEVER;
        }
        TimeOfDay time = timeOfDay(now);
        return Clocks.nanosUntil(period.end(), kind instanceof FixedPeriod ? time.running(now) : time.at(now));
    }

    private TimeOfDay timeOfDay(long now) {
        TimeOfDay known = shown;
        return known != null ? known : clocks.readTimeOfDay(now);
    }
}
