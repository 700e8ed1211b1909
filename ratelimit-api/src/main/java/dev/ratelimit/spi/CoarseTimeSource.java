package dev.ratelimit.spi;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/**
 * A monotonic clock that its own thread reads at intervals, so that a decision reads a field only. It is for hosts that
 * want to save the time of {@link System#nanoTime()}, which is the greater part of a decision's time. The wall clock is
 * the JVM's.
 *
 * <p>A limiter learns the greatest age of a reading from {@link #lag()}, and holds each charge longer by it. So windows
 * admit somewhat less, and never too much, as long as the thread is not late by more than that. The thread is late when
 * the machine or the JVM stands still, or no processor is free. Then the clock stands still too, and charges that are
 * made meanwhile leave their windows earlier by the delay. A host that cannot accept that uses {@link
 * TimeSource#system()}.
 *
 * <p>The thread is a daemon, and ends when this clock is closed. From then on the clock is that of the JVM. Safe for
 * use by many threads.
 */
public final class CoarseTimeSource implements TimeSource, AutoCloseable {

    private final long lag;
    private final Thread ticker;
    private volatile long reading = System.nanoTime();
    private volatile boolean closed;

    /**
     * Starts a clock.
     *
     * @param lag the greatest age of a reading: at least a millisecond, at most a second. The thread reads the clock
     *     twice in that time
     * @throws IllegalArgumentException if the lag is out of its range
     */
    public CoarseTimeSource(Duration lag) {
        requireNonNull(lag, "lag");
        if (lag.compareTo(Duration.ofMillis(1)) < 0 || lag.compareTo(Duration.ofSeconds(1)) > 0) {
            throw new IllegalArgumentException("lag must be >= 1 ms and <= 1 s: lag=" + lag);
        }
        this.lag = lag.toNanos();
        ticker = new Thread(this::tick, "ratelimit-clock");
        ticker.setDaemon(true);
        ticker.setContextClassLoader(null); // of whoever happens to make it: it would be kept
        ticker.start();
    }

    private void tick() {
        while (!closed) {
            LockSupport.parkNanos(lag / 2);
            Thread.interrupted(); // nobody has a reason to, but then it would not park any more
            reading = System.nanoTime();
        }
    }

    @Override
    public long nanoTime() {
        return closed ? System.nanoTime() : reading;
    }

    @Override
    public Instant instant() {
        return Instant.now();
    }

    @Override
    public Duration lag() {
        return Duration.ofNanos(lag);
    }

    @Override
    public void sleep(long nanos, Future<?> woken) throws InterruptedException {
        TimeSource.system().sleep(nanos, woken);
    }

    /** Ends the thread. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(ticker);
    }
}
