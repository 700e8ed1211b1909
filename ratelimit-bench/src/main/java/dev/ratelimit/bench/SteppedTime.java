package dev.ratelimit.bench;

import dev.ratelimit.spi.TimeSource;
import java.time.Instant;

/** A monotonic clock that is moved by hand, and a wall clock that stands still. Not safe for use by many threads. */
final class SteppedTime implements TimeSource {

    private long nanos;

    void step(long by) {
        nanos += by;
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public Instant instant() {
        return Instant.EPOCH;
    }
}
