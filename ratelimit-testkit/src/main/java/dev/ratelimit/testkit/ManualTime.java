package dev.ratelimit.testkit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Time that stands still until a test moves it.
 *
 * <p>Give it to the limiter that your own code is tested with, and a minute passes at once:
 *
 * <pre>{@code
 * ManualTime time = new ManualTime();
 * RateLimiter limiter = new ReferenceRateLimiter(organization -> ONE_CALL_PER_MINUTE, time);
 *
 * assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
 * assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
 *
 * time.advance(Duration.ofMinutes(1));
 * assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
 * }</pre>
 *
 * <p>Code that waits, as {@code acquire} does, moves time on instead, so that a test of it takes none:
 *
 * <pre>{@code
 * assertThat(limiter.acquire("acme", "chat", Usage.call(), Duration.ofHours(1)).isAdmitted()).isTrue();
 * assertThat(time.instant()).isAfterOrEqualTo(ManualTime.DEFAULT_START.plusSeconds(120));
 * }</pre>
 *
 * <p>{@code advance} moves both clocks, as time does. {@code stepWall} and {@code setWall} move the wall clock alone,
 * in either direction, as an administrator or a time server does.
 *
 * <p>Safe for use by many threads. A thread that reads a time also sees what was done before the clock was moved there.
 */
public final class ManualTime implements TimeSource {

    /** The instant at which the wall clock starts unless another is chosen: 2025-01-01T00:00Z. */
    public static final Instant DEFAULT_START = Instant.parse("2025-01-01T00:00:00Z");

    private final ManualScheduler scheduler = new ManualScheduler(this);
    private long nanoTime;
    private Instant wall;

    /** Makes a time source that starts at {@link #DEFAULT_START} and 0 nanoseconds. */
    public ManualTime() {
        this(DEFAULT_START, 0);
    }

    /**
     * Makes a time source that starts where it is told to.
     *
     * @param wall the first reading of the wall clock
     * @param nanoTime the first reading of the monotonic clock, in nanoseconds; any value, as with {@link
     *     System#nanoTime()}
     */
    public ManualTime(Instant wall, long nanoTime) {
        this.wall = requireNonNull(wall, "wall");
        this.nanoTime = nanoTime;
    }

    @Override
    public synchronized long nanoTime() {
        return nanoTime;
    }

    @Override
    public synchronized Instant instant() {
        return wall;
    }

    /**
     * Moves both clocks forward.
     *
     * @param duration how far, zero or more
     * @throws IllegalArgumentException if the duration is negative
     * @throws ArithmeticException if the duration exceeds {@link Long#MAX_VALUE} nanoseconds (292 years)
     */
    public void advance(Duration duration) {
        requireNonNull(duration, "duration");
        require(!duration.isNegative(), "duration", duration);
        advanceNanos(duration.toNanos());
    }

    /**
     * Moves both clocks forward.
     *
     * @param nanos how far, in nanoseconds, zero or more
     * @throws IllegalArgumentException if the number is negative
     */
    public void advanceNanos(long nanos) {
        require(nanos >= 0, "nanos", nanos);
        long left = nanos;
        ManualScheduler.Task<?> due;
        do {
            synchronized (this) {
                due = scheduler.takeDue(nanoTime + left);
                long step = due == null ? left : Math.max(0, due.due() - nanoTime);
                wall = wall.plusNanos(step);
                nanoTime += step;
                left -= step;
            }
            if (due != null) {
                due.run();
            }
        } while (due != null);
    }

    /**
     * Returns a scheduler that goes by this time. A task runs when the time is moved to it or beyond, on the thread
     * that moves it, and reads the time for which it was scheduled. What is to run at once runs on the thread that says
     * so.
     *
     * @return the scheduler, always the same object; it need not be shut down
     */
    public ScheduledExecutorService scheduler() {
        return scheduler;
    }

    /**
     * Moves both clocks forward instead of waiting. Threads that sleep at once each move them on: the times add up.
     *
     * @param nanos how far, in nanoseconds; not at all, if it is not positive
     * @throws InterruptedException if the thread is interrupted; its interrupt status is then cleared, and the clocks
     *     stay
     */
    @Override
    public void sleep(long nanos) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        advanceNanos(Math.max(0, nanos));
    }

    /**
     * Moves the wall clock only.
     *
     * @param step how far; back, if negative
     */
    public synchronized void stepWall(Duration step) {
        wall = wall.plus(requireNonNull(step, "step"));
    }

    /**
     * Sets the wall clock only.
     *
     * @param wall what it reads from now on
     */
    public synchronized void setWall(Instant wall) {
        this.wall = requireNonNull(wall, "wall");
    }

    private static void require(boolean holds, String name, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " must be >= 0: " + name + "=" + value);
        }
    }

    /** Returns both readings. */
    @Override
    public synchronized String toString() {
        return wall + ", " + nanoTime + " ns";
    }
}
