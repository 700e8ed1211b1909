package dev.ratelimit.core;

import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;

/**
 * A time source of a host whose clocks fail: once, at a reading that a test chooses, or the wall clock until further
 * notice.
 */
final class FailingTime implements TimeSource {

    /** What a clock throws. */
    static final class Failure extends RuntimeException {

        private static final long serialVersionUID = 1;
    }

    private final ManualTime time;
    private final Duration lag;
    private int readingsUntilFailure;
    private boolean wallFails;

    FailingTime(ManualTime time) {
        this(time, Duration.ZERO);
    }

    FailingTime(ManualTime time, Duration lag) {
        this.time = time;
        this.lag = lag;
    }

    /** Lets the reading with a number fail, counted from 1 and from now; none for 0. */
    void failAt(int reading) {
        readingsUntilFailure = reading;
    }

    /** Lets every reading of the wall clock fail, or none. */
    void failWall(boolean fails) {
        wallFails = fails;
    }

    @Override
    public long nanoTime() {
        failIfDue();
        return time.nanoTime();
    }

    @Override
    public Instant instant() {
        failIfDue();
        if (wallFails) {
            throw new Failure();
        }
        return time.instant();
    }

    @Override
    public Duration lag() {
        return lag;
    }

    private void failIfDue() {
        if (readingsUntilFailure > 0 && --readingsUntilFailure == 0) {
            throw new Failure();
        }
    }
}
