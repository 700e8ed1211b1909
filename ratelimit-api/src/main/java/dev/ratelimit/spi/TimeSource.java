package dev.ratelimit.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The two clocks of a limiter: a monotonic one for windows and a wall clock for calendar periods.
 *
 * <p>Implementations must be safe for use by many threads. Reading a clock must not block, and should take nanoseconds:
 * every decision reads {@link #nanoTime()} once. A test puts a clock of its own here.
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
     * Returns the wall clock's time. It may step in either direction. While it agrees with the monotonic clock to an
     * hour, a limiter goes by the highest time that it has seen. So periods last longer when the clock steps back. A
     * limiter believes a jump of more than an hour when the jump has lasted a minute of the monotonic clock.
     *
     * @return the current instant
     */
    Instant instant();

    /**
     * Returns the greatest age of a reading of {@link #nanoTime()} when it is returned. A limiter holds every charge
     * longer by this age, so that it never admits too much by the true time either.
     *
     * <p>A limiter asks once, when it is built, and refuses a lag that is negative or more than an hour with an
     * {@link IllegalArgumentException}: a reading of that age measures no window.
     *
     * @return zero unless overridden; at most an hour, and always the same
     */
    default Duration lag() {
        return Duration.ZERO;
    }

    /**
     * Lets the calling thread wait until the monotonic clock has advanced by a number of nanoseconds, as exactly as the
     * platform's timers can.
     *
     * <p>Unless overridden this is {@link Thread#sleep}, which on a virtual thread blocks no other. A time source whose
     * clock a program moves must override it, and may move the clock on instead of waiting. Otherwise a caller sleeps
     * again and again while no time passes.
     *
     * @param nanos the wait in nanoseconds; there is no wait if it is not positive
     * @throws InterruptedException if the thread is interrupted before or while it waits; its interrupt status is then
     *     cleared
     */
    default void sleep(long nanos) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(nanos);
    }

    /**
     * Lets the calling thread wait until it is woken, and at most until the monotonic clock has advanced by a number of
     * nanoseconds.
     *
     * <p>Unless overridden, a thread that was woken before does not sleep, and one that is woken while it {@linkplain
     * #sleep(long) sleeps} sleeps on. The system's time source, and a {@link CoarseTimeSource}, wake it at once.
     *
     * @param nanos the longest wait in nanoseconds; there is no wait if it is not positive
     * @param woken is completed by the one that wakes the thread
     * @throws InterruptedException if the thread is interrupted before or while it waits; its interrupt status is then
     *     cleared
     */
    default void sleep(long nanos, Future<?> woken) throws InterruptedException {
        if (!woken.isDone()) {
            sleep(nanos);
        }
    }

    /**
     * Returns the clocks of the JVM: {@link System#nanoTime()} and {@link Instant#now()}.
     *
     * @return the system's time source, always the same object
     */
    static TimeSource system() {
        return SystemTimeSource.INSTANCE;
    }
}
