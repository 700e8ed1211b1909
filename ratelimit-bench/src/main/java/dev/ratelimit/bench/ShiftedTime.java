package dev.ratelimit.bench;

import dev.ratelimit.spi.TimeSource;
import java.time.Instant;

/** The clocks of the JVM, of which the monotonic one can be set forward. Safe for use by many threads. */
final class ShiftedTime implements TimeSource {

    private volatile long shift;

    /** Sets the monotonic clock forward by nanoseconds from where the JVM's is. */
    void shift(long nanos) {
        shift = nanos;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime() + shift;
    }

    @Override
    public Instant instant() {
        return Instant.now();
    }
}
