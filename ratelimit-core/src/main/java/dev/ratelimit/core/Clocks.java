package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.BoundedCache;
import dev.ratelimit.spi.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The clocks of a limiter: its time source, and the time of day that all its quotas share, whichever of them reads the
 * wall clock. Safe for use by many threads, and lock-free except for the cache of periods.
 */
final class Clocks {

    /**
     * The most that a reading may lag. A window and a lag are added: with this bound the sum stays below 2<sup>61</sup>
     * nanoseconds, far from where stamps wrap.
     */
    private static final Duration MAX_LAG = Duration.ofHours(1);

    /** The most kinds of periods that are kept. Others are computed anew. */
    private static final int MAX_PERIODS = 256;

    private static final VarHandle TIME_OF_DAY = VarHandles.of(MethodHandles.lookup(), "timeOfDay", TimeOfDay.class);

    final TimeSource time;

    /** The greatest age of a reading of the monotonic clock, in nanoseconds. */
    final long lag;

    /** Null until the wall clock is first read. */
    private volatile @Nullable TimeOfDay timeOfDay;

    /**
     * The last period of each kind that was asked for. Most organizations are in the same one, and share one object.
     */
    private final BoundedCache<QuotaPeriod, QuotaPeriod.Interval> periods = new BoundedCache<>(MAX_PERIODS);

    Clocks(TimeSource time) {
        this.time = time;
        Duration lag = requireNonNull(time.lag(), "lag");
        Arguments.require(!lag.isNegative() && lag.compareTo(MAX_LAG) <= 0, "lag", ">= 0 and <= 1 h", lag);
        this.lag = lag.toNanos();
    }

    long nanoTime() {
        return time.nanoTime();
    }

    /** Reads the wall clock. Returns the time of day. */
    TimeOfDay readTimeOfDay(long now) {
        Instant wall = time.instant();
        while (true) {
            TimeOfDay seen = timeOfDay;
            TimeOfDay next = seen == null ? TimeOfDay.first(wall, now) : seen.after(wall, now);
            if (TIME_OF_DAY.compareAndSet(this, seen, next)) {
                return next;
            }
        }
    }

    /** Returns the time of day as of the last reading of the wall clock, which is read if it never was. */
    TimeOfDay timeOfDay(long now) {
        TimeOfDay known = timeOfDay;
        return known != null ? known : readTimeOfDay(now);
    }

    /** Goes on where a snapshot was taken, before any other call, and reads the wall clock. */
    TimeOfDay restore(SnapshotHeader header, long now) {
        timeOfDay = TimeOfDay.restored(header, now);
        return readTimeOfDay(now);
    }

    /** Returns the period that a time lies in. */
    QuotaPeriod.Interval periodAt(QuotaPeriod kind, Instant time) {
        QuotaPeriod.Interval known = periods.get(kind);
        if (known != null && contains(known, time)) {
            return known;
        }
        QuotaPeriod.Interval found = kind.at(time);
        periods.put(kind, found);
        return found;
    }

    /** Returns the nanoseconds until an end, at least 1; {@link CompiledLimit#NEVER} if there is none. */
    static long nanosUntil(Instant end, Instant present) {
        return end.equals(Instant.MAX)
                ? CompiledLimit.NEVER
                : Math.max(1, NANOSECONDS.convert(Duration.between(present, end))); // saturates at NEVER
    }

    /** Tells whether a time lies in a period. {@link Instant#MAX} lies in the period that it ends. */
    static boolean contains(QuotaPeriod.Interval period, Instant time) {
        return !time.isBefore(period.start())
                && (time.isBefore(period.end()) || period.end().equals(Instant.MAX));
    }
}
