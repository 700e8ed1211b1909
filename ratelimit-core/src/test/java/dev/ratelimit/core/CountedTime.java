package dev.ratelimit.core;

import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import java.time.Instant;

/** Time that is moved by hand and counts how often it is asked for. For one thread. */
final class CountedTime implements TimeSource {

    final ManualTime time = new ManualTime();

    /** How often the monotonic clock was read. */
    int nanoTimes;

    /** How often the wall clock was read. */
    int instants;

    /** Whether the monotonic clock throws instead. */
    boolean failing;

    @Override
    public long nanoTime() {
        nanoTimes++;
        if (failing) {
            throw new IllegalStateException("the clock must work");
        }
        return time.nanoTime();
    }

    @Override
    public Instant instant() {
        instants++;
        return time.instant();
    }
}
