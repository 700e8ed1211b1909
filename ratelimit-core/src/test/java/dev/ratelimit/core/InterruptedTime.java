package dev.ratelimit.core;

import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;

/** A time where something else happens when it is next read: so one call comes in the middle of another. */
final class InterruptedTime implements TimeSource {

    private final ManualTime time = new ManualTime();
    private Runnable beforeNanoTime = InterruptedTime::nothing;
    private Runnable beforeInstant = InterruptedTime::nothing;

    void advance(Duration duration) {
        time.advance(duration);
    }

    void beforeNanoTime(Runnable once) {
        beforeNanoTime = once;
    }

    void beforeInstant(Runnable once) {
        beforeInstant = once;
    }

    @Override
    public long nanoTime() {
        Runnable once = beforeNanoTime;
        beforeNanoTime = InterruptedTime::nothing;
        once.run();
        return time.nanoTime();
    }

    @Override
    public Instant instant() {
        Runnable once = beforeInstant;
        beforeInstant = InterruptedTime::nothing;
        once.run();
        return time.instant();
    }

    private static void nothing() {}
}
