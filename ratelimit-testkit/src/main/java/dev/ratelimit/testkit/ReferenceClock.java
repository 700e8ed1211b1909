package dev.ratelimit.testkit;

import dev.ratelimit.spi.TimeSource;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The time of day of the reference: the wall clock's as long as that agrees with the monotonic clock to an hour. A jump
 * beyond that is believed when it has lasted a minute. Until then time goes on from the last believed reading.
 */
final class ReferenceClock {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** What both clocks show. */
    private record Reading(long nanoTime, Instant wall) {

        /** Tells whether the wall clock has gone on since an earlier reading as the monotonic clock has, to an hour. */
        boolean agreesWith(Reading earlier) {
            return isNear(earlier.wallAt(nanoTime), wall);
        }

        /** Returns what the wall clock shows later if it goes on as the monotonic clock does. */
        Instant wallAt(long later) {
            try {
                return wall.plusNanos(later - nanoTime);
            } catch (DateTimeException e) {
                return later - nanoTime > 0 ? Instant.MAX : Instant.MIN;
            }
        }
    }

    /**
     * A moment.
     *
     * @param nanoTime by the monotonic clock
     * @param timeOfDay by the wall clock, as far as that is believed
     * @param highest the highest time of day since the wall clock was last believed to have jumped
     * @param running the same, which runs on by the monotonic clock
     */
    record Moment(long nanoTime, Instant timeOfDay, Instant highest, Instant running) {

        /** Returns the moment by the time of day that runs on. */
        Moment runningOn() {
            return new Moment(nanoTime, running, running, running);
        }
    }

    private final TimeSource time;
    private @Nullable Reading believed;
    private final List<Reading> doubted = new ArrayList<>();
    private Instant highest = Instant.MIN;
    private @Nullable Reading running;

    ReferenceClock(TimeSource time) {
        this.time = time;
    }

    /** Returns a moment of the monotonic clock only. */
    Moment readNanoTime() {
        long nanoTime = time.nanoTime();
        return new Moment(nanoTime, highest, highest, running == null ? highest : running.wallAt(nanoTime));
    }

    /** Reads both clocks. */
    Moment read() {
        Reading reading = new Reading(time.nanoTime(), time.instant());
        if (isBelieved(reading)) {
            believed = reading;
            doubted.clear();
        } else if (lastsAMinute(reading)) {
            believed = reading;
            doubted.clear();
            highest = Instant.MIN;
            running = null;
        }
        Instant timeOfDay = believed == null ? reading.wall : believed.wallAt(reading.nanoTime);
        highest = timeOfDay.isAfter(highest) ? timeOfDay : highest;
        Instant atLeast = running == null ? timeOfDay : running.wallAt(reading.nanoTime);
        running = new Reading(reading.nanoTime, timeOfDay.isAfter(atLeast) ? timeOfDay : atLeast);
        return new Moment(reading.nanoTime, timeOfDay, highest, running.wall);
    }

    private boolean isBelieved(Reading reading) {
        if (believed == null) {
            return true;
        }
        return reading.agreesWith(believed) && (reading.wall.isAfter(highest) || isNear(reading.wall, highest));
    }

    /** Doubts a reading, together with earlier ones that show the same jump. */
    private boolean lastsAMinute(Reading reading) {
        doubted.removeIf(earlier -> !reading.agreesWith(doubted.get(0)));
        doubted.add(reading);
        long lasts = reading.nanoTime - doubted.get(0).nanoTime;
        return lasts >= MINUTE.toNanos();
    }

    private static boolean isNear(Instant a, Instant b) {
        return Duration.between(a, b).abs().compareTo(HOUR) <= 0;
    }
}
