package dev.ratelimit.core;

import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The time of day, as far as the wall clock is believed. A value, made of readings of both clocks.
 *
 * <ol>
 *   <li>A reading of the wall clock is believed if it lies within an hour of the last believed one plus what the
 *       monotonic clock says has passed since, and at most an hour before the highest time.
 *   <li>Any other reading is a jump, forward or back. It is doubted, and time goes on from the last believed reading by
 *       the monotonic clock. The jump is believed when a later reading, at least a minute of the monotonic clock after
 *       the first doubted one, still shows it to an hour. A believed reading in between ends the doubt; another jump
 *       begins a doubt of its own.
 *   <li>The highest time is that of all times since the last jump that was believed. It never goes back but by such a
 *       jump.
 * </ol>
 */
final class TimeOfDay {

    /** How far the wall clock and the monotonic clock may differ, in nanoseconds. */
    static final long HOUR = TimeUnit.HOURS.toNanos(1);

    /** How long a jump must last to be believed, in nanoseconds. */
    static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    /** When the last believed reading was made, by the monotonic clock. */
    private final long believedAt;

    private final Instant believed;

    private final Instant highest;

    /** The first reading that shows a jump, null if there is none. */
    private final @Nullable Instant doubted;

    private final long doubtedAt;

    private TimeOfDay(long believedAt, Instant believed, Instant highest, @Nullable Instant doubted, long doubtedAt) {
        this.believedAt = believedAt;
        this.believed = believed;
        this.highest = highest;
        this.doubted = doubted;
        this.doubtedAt = doubtedAt;
    }

    /** Believes a reading, as there was none before, or as what was before is not believed any more. */
    static TimeOfDay first(Instant wall, long now) {
        return new TimeOfDay(now, wall, wall, null, 0);
    }

    /** Goes on where a snapshot was taken. A highest time that no limiter can have is not believed. */
    static TimeOfDay restored(SnapshotHeader header, long now) {
        Instant taken = header.taken();
        Instant highest = header.highest();
        boolean possible = !highest.isBefore(taken) && isNear(highest, taken);
        return new TimeOfDay(now, taken, possible ? highest : taken, header.doubted(), now - header.doubtedForNanos());
    }

    /** Returns the time of day after a reading of the wall clock. */
    TimeOfDay after(Instant wall, long now) {
        Instant expected = at(now);
        if (isNear(wall, expected) && (!wall.isBefore(highest) || isNear(wall, highest))) {
            Instant top = later(highest, wall);
            return now - believedAt < 0 // of a thread that has been overtaken
                    ? new TimeOfDay(believedAt, believed, top, null, 0)
                    : new TimeOfDay(now, wall, top, null, 0);
        }
        if (doubted == null || !isNear(wall, plus(doubted, now - doubtedAt))) {
            long since = now - believedAt < 0 ? believedAt : now;
            return new TimeOfDay(believedAt, believed, later(highest, expected), wall, since);
        }
        return now - doubtedAt >= MINUTE
                ? first(wall, now)
                : new TimeOfDay(believedAt, believed, later(highest, expected), doubted, doubtedAt);
    }

    /** Returns the time of day at a reading of the monotonic clock. */
    Instant at(long now) {
        return plus(believed, now - believedAt);
    }

    /** Returns the highest time, by which periods go. */
    Instant highest() {
        return highest;
    }

    /** Tells whether the wall clock shows a jump that is not believed yet. */
    boolean isDoubted() {
        return doubted != null;
    }

    /** Returns what a snapshot says of it. */
    SnapshotHeader save(long now) {
        return new SnapshotHeader(at(now), highest, doubted, doubted == null ? 0 : Math.max(0, now - doubtedAt));
    }

    private static Instant later(Instant a, Instant b) {
        return a.isBefore(b) ? b : a;
    }

    /** Tells whether two times differ by an hour at most. */
    private static boolean isNear(Instant a, Instant b) {
        long seconds = a.getEpochSecond() - b.getEpochSecond();
        return Math.abs(seconds) <= HOUR / SECOND + 1 && Math.abs(seconds * SECOND + a.getNano() - b.getNano()) <= HOUR;
    }

    /** Adds nanoseconds to a time, as far as there are times. */
    private static Instant plus(Instant time, long nanos) {
        long seconds = time.getEpochSecond() + Math.floorDiv(nanos, SECOND);
        if (seconds >= Instant.MAX.getEpochSecond()) {
            return Instant.MAX;
        }
        return seconds < Instant.MIN.getEpochSecond() ? Instant.MIN : time.plusNanos(nanos);
    }
}
