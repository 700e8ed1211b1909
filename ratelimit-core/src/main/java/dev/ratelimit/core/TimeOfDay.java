package dev.ratelimit.core;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The time of day, as far as the wall clock is believed. A value, made of readings of both clocks.
 *
 * <ol>
 *   <li>A reading of the wall clock is believed under two conditions. It lies within an hour of the last believed
 *       reading plus the time that has passed on the monotonic clock. And it lies at most an hour before the highest
 *       time.
 *   <li>Any other reading is a jump, forward or back. It is doubted, and time goes on from the last believed reading by
 *       the monotonic clock. The jump is believed when a later reading still shows it to an hour. That reading must
 *       come at least a minute of the monotonic clock after the first doubted one. A believed reading in between ends
 *       the doubt. Another jump begins a new doubt.
 *   <li>The highest time is the maximum of all times since the last believed jump. Only such a jump takes it back.
 *   <li>The running time is the same, and runs on by the monotonic clock meanwhile. Fixed windows go by it: where the
 *       wall clock is set back, the highest time stands still, for longer than such a window may last.
 * </ol>
 */
final class TimeOfDay {

    /** The most by which the wall clock and the monotonic clock may differ, in nanoseconds. */
    static final long HOUR = TimeUnit.HOURS.toNanos(1);

    /** The time that a jump must last to be believed, in nanoseconds. */
    static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    /** The monotonic clock at the last believed reading. */
    private final long believedAt;

    /** The last believed reading. */
    private final Instant believed;

    /** The highest time since the last believed jump. */
    private final Instant highest;

    /** The running time. */
    private final Instant running;

    /** The monotonic clock at the running time. */
    private final long runningAt;

    /** The first reading that shows a jump; null if none does. */
    private final @Nullable Instant doubted;

    /** The monotonic clock at that reading. */
    private final long doubtedAt;

    private TimeOfDay(
            long believedAt,
            Instant believed,
            Instant highest,
            Instant running,
            long runningAt,
            @Nullable Instant doubted,
            long doubtedAt) {
        this.believedAt = believedAt;
        this.believed = believed;
        this.highest = highest;
        this.running = running;
        this.runningAt = runningAt;
        this.doubted = doubted;
        this.doubtedAt = doubtedAt;
    }

    /** Believes a reading: there was none before, or what was before is not believed any more. */
    static TimeOfDay first(Instant wall, long now) {
        return new TimeOfDay(now, wall, wall, wall, now, null, 0);
    }

    /** Goes on where a snapshot was taken. A highest time that no limiter can have is not believed. */
    static TimeOfDay restored(SnapshotHeader header, long now) {
        Instant taken = header.taken();
        Instant highest = header.highest();
        boolean possible = !highest.isBefore(taken) && isNear(highest, taken);
        Instant top = possible ? highest : taken;
        return new TimeOfDay(now, taken, top, top, now, header.doubted(), now - header.doubtedForNanos());
    }

    /** Returns the time of day after a reading of the wall clock. */
    TimeOfDay after(Instant wall, long now) {
        Instant expected = at(now);
        if (isNear(wall, expected) && (!wall.isBefore(highest) || isNear(wall, highest))) {
            Instant top = later(highest, wall);
            Instant ran = later(running(now), wall);
            return now - believedAt < 0 // the reading of a late thread
                    ? new TimeOfDay(believedAt, believed, top, ran, runningAt(now), null, 0)
                    : new TimeOfDay(now, wall, top, ran, runningAt(now), null, 0);
        }
        if (doubted == null || !isNear(wall, plus(doubted, now - doubtedAt))) {
            long since = now - believedAt < 0 ? believedAt : now;
            return new TimeOfDay(believedAt, believed, later(highest, expected), running, runningAt, wall, since);
        }
        return now - doubtedAt >= MINUTE
                ? first(wall, now)
                : new TimeOfDay(believedAt, believed, later(highest, expected), running, runningAt, doubted, doubtedAt);
    }

    /** Returns the running time at a reading of the monotonic clock; of a late thread, as of the latest reading. */
    Instant running(long now) {
        return plus(running, runningAt(now) - runningAt);
    }

    private long runningAt(long now) {
        return now - runningAt < 0 ? runningAt : now;
    }

    /** Returns the time of day at a reading of the monotonic clock. */
    Instant at(long now) {
        return plus(believed, now - believedAt);
    }

    /** Returns the highest time, which decides about periods. */
    Instant highest() {
        return highest;
    }

    /** Tells whether the wall clock shows a jump that is not believed yet. */
    boolean isDoubted() {
        return doubted != null;
    }

    /** Returns what a snapshot says of the time of day. */
    SnapshotHeader save(long now) {
        return new SnapshotHeader(at(now), highest, doubted, doubted == null ? 0 : Math.max(0, now - doubtedAt));
    }

    private static Instant later(Instant a, Instant b) {
        return a.isBefore(b) ? b : a;
    }

    /** Tells whether two times differ by at most an hour. */
    private static boolean isNear(Instant a, Instant b) {
        long seconds = a.getEpochSecond() - b.getEpochSecond();
        return Math.abs(seconds) <= HOUR / SECOND + 1 && Math.abs(seconds * SECOND + a.getNano() - b.getNano()) <= HOUR;
    }

    /** Adds nanoseconds to a time, up to the first or last instant that there is. */
    private static Instant plus(Instant time, long nanos) {
        long seconds = time.getEpochSecond() + Math.floorDiv(nanos, SECOND);
        if (seconds >= Instant.MAX.getEpochSecond()) {
            return Instant.MAX;
        }
        return seconds < Instant.MIN.getEpochSecond() ? Instant.MIN : time.plusNanos(nanos);
    }
}
