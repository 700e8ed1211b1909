package dev.ratelimit.redis;

import dev.ratelimit.spi.TimeSource;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A limiter's estimate of the server's time. The script goes by the clock of the server, so that the clocks of the
 * clients do not matter. But the client computes calendars. So a request states the periods around the time at which
 * the server will probably decide: this machine's time, corrected by the offset of the last answer.
 *
 * <p>A quota's period does not reopen when the server's clock steps back or another server takes over: the script takes
 * the later of its clock, of the period that it finds, and of the latest time that this limiter was answered with in a
 * call that a calendar decided. That is one for all nodes of a cluster, so that it holds for whichever node takes over.
 * The price is that one whose clock is ahead ends the periods of all by as much too early. A server whose time is
 * behind by more than an hour is believed: a clock was wrong, and has been put right.
 */
final class ServerTime {

    /**
     * Microseconds: what was seen further ahead than this was told by a clock that was wrong, and has been put right.
     */
    private static final long MOST_AHEAD = TimeUnit.HOURS.toMicros(1);

    private final TimeSource source;
    private final boolean supplied;
    private final long origin;
    private final AtomicLong latest = new AtomicLong(-Micros.ENDLESS);
    private volatile long ahead;

    private ServerTime(TimeSource source, boolean supplied) {
        this.source = source;
        this.supplied = supplied;
        this.origin = source.nanoTime();
    }

    /** The server's time, for which some clocks are the guess. */
    static ServerTime guessedBy(TimeSource source) {
        return new ServerTime(source, false);
    }

    /**
     * A time that the script is told instead of reading it, for tests: windows go by the monotonic clock since now,
     * quotas by the other.
     */
    static ServerTime supplied(TimeSource source) {
        return new ServerTime(source, true);
    }

    TimeSource source() {
        return source;
    }

    /** Tells whether requests state the clocks. */
    boolean isSupplied() {
        return supplied;
    }

    /** Returns what replaces the clock of windows, in microseconds. */
    long windowClock() {
        return Math.floorDiv(source.nanoTime() - origin, 1_000L);
    }

    /** Returns what replaces the clock of quotas, in microseconds. */
    long quotaClock() {
        return Micros.of(source.instant());
    }

    /** Returns the latest time seen, in microseconds. */
    long latest() {
        return latest.get();
    }

    /** Returns the instant at which a request that is sent now will probably be decided. */
    Instant guess() {
        Instant now = source.instant().plus(ahead, ChronoUnit.MICROS);
        Instant seen = Micros.instant(latest());
        return seen.isAfter(now) ? seen : now;
    }

    /** Takes note of the time of an answer, in microseconds. */
    void answered(long micros) {
        latest.accumulateAndGet(micros, (seen, told) -> seen - told > MOST_AHEAD ? told : Math.max(seen, told));
        ahead = micros - Micros.of(source.instant());
    }
}
