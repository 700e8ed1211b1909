package dev.ratelimit.spi;

import java.time.Instant;

/**
 * The two clocks of a limiter: a monotonic one for windows and a wall clock for calendar periods.
 *
 * <p>Implementations must be safe for use by many threads, must not block, and should take nanoseconds: every decision
 * reads {@link #nanoTime()} once. A test puts a clock of its own here.
 */
public interface TimeSource {

    /**
     * Returns the reading of a clock that never goes back, in nanoseconds from an arbitrary origin. As with
     * {@link System#nanoTime()}, readings may be negative, may pass {@link Long#MAX_VALUE}, and are compared by
     * subtraction only.
     *
     * @return nanoseconds since an origin that is fixed for the life of this time source
     */
    long nanoTime();

    /**
     * Returns the wall clock's time. It may step in either direction; a limiter goes by the highest it has seen. So when it steps
     * back, periods last that much longer; one that once showed the year 3000 keeps quotas in that year's period.
     *
     * @return the current instant
     */
    Instant instant();

    /**
     * Returns the clocks of the JVM: {@link System#nanoTime()} and {@link Instant#now()}.
     *
     * @return the system's time source, always the same object
     */
    static TimeSource system() {
        return SystemTimeSource.INSTANCE;
    }
}
