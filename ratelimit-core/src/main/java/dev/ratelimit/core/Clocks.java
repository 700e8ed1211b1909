package dev.ratelimit.core;

import dev.ratelimit.spi.TimeSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;

/**
 * The time source of a limiter, and the highest wall time that the limiter has seen. Periods go by the highest: a wall clock
 * that steps back reopens none, whichever organization saw it end.
 */
final class Clocks {

    private static final VarHandle HIGHEST = Handles.of(MethodHandles.lookup(), "highest", Instant.class);

    final TimeSource time;

    /** How old a reading of the monotonic clock may be, in nanoseconds. */
    final long lag;

    private volatile Instant highest = Instant.MIN;

    Clocks(TimeSource time) {
        this.time = time;
        this.lag = time.lag().toNanos();
        Arguments.require(lag >= 0, "lag", ">= 0", time.lag());
    }

    long nanoTime() {
        return time.nanoTime();
    }

    /** Reads the wall clock, which {@link #highest()} then has seen. */
    Instant instant() {
        Instant wall = time.instant();
        raiseHighest(wall);
        return wall;
    }

    /** Makes this the highest wall time seen if it is higher. */
    void raiseHighest(Instant wall) {
        for (Instant seen = highest; wall.isAfter(seen); seen = highest) {
            if (HIGHEST.compareAndSet(this, seen, wall)) {
                break;
            }
        }
    }

    Instant highest() {
        return highest;
    }
}
