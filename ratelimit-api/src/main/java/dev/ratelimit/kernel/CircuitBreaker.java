package dev.ratelimit.kernel;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * A circuit breaker, which decides whether a call may ask a store. While it is closed, all calls ask. It opens after
 * three exchanges in a row that the store did not answer. Then one call in every pause asks, as a probe, and the first
 * answer closes the breaker. Without a connection there is no probe: a client such as Lettuce would keep each probe
 * until it has connected again.
 *
 * <p>Silence alone opens it. Calls of one organization can cause errors at will, for example by a key of another type;
 * they must not put all other organizations in an outage. An error counts as an answer, with one exception: an error by
 * which the store says that it serves nobody at present ends no outage.
 *
 * <p>Safe for use by many threads. While the breaker is closed, a call that succeeds reads a few fields and writes
 * nothing.
 */
public final class CircuitBreaker {

    private static final int FAILURES_IN_A_ROW = 3;

    private final long pauseNanos;
    private final LongSupplier nanoTime;
    private final Predicate<String> connected;
    private final Consumer<Throwable> opened;
    private final Runnable closed;
    private volatile boolean open;
    private volatile int failures;

    /** Guarded by this. */
    private boolean retired;

    /** By the monotonic clock. Guarded by this. */
    private long nextProbe;

    /**
     * Makes a breaker that is closed.
     *
     * @param pause the time between two probes
     * @param nanoTime the monotonic clock
     * @param connected tells whether there is a connection for a key
     * @param opened hears that the breaker has opened, and why; must be quick and not throw
     * @param closed hears that it has closed again; must be quick and not throw
     */
    public CircuitBreaker(
            Duration pause,
            LongSupplier nanoTime,
            Predicate<String> connected,
            Consumer<Throwable> opened,
            Runnable closed) {
        this.pauseNanos = pause.toNanos();
        this.nanoTime = nanoTime;
        this.connected = connected;
        this.opened = opened;
        this.closed = closed;
    }

    /**
     * Tells whether a call may ask about a key. One that may must then report success or failure.
     *
     * @param key what it asks about
     * @return whether it may
     */
    public boolean allows(String key) {
        return !open || (isProbe() && connected.test(key));
    }

    /**
     * Tells whether only probes ask.
     *
     * @return whether the breaker is open
     */
    public boolean isOpen() {
        return open;
    }

    /**
     * Tells whether the last call that asked was answered.
     *
     * @return whether it was
     */
    public boolean isSteady() {
        return failures == 0;
    }

    private synchronized boolean isProbe() {
        long now = nanoTime.getAsLong();
        if (open && now - nextProbe < 0) {
            return false;
        }
        nextProbe = now + pauseNanos;
        return true;
    }

    /**
     * Takes note of an answer.
     *
     * @return whether it is the first after a failure
     */
    public boolean succeeded() {
        if (failures == 0) {
            return false;
        }
        close();
        return true;
    }

    private synchronized void close() {
        boolean ends = open;
        failures = 0;
        open = false;
        // Last, so that whoever hears of it finds it closed.
        if (ends) {
            closed.run();
        }
    }

    /** Takes note of an answer by which the server says that it serves nobody at present. */
    public synchronized void refused() {
        if (!open) {
            failures = 0;
        }
    }

    /** Closes it for good. No call asks by it any more, and calls that still fail do not open it. */
    public synchronized void retire() {
        retired = true;
        close();
    }

    /**
     * Takes note of an exchange that nobody answered.
     *
     * @param cause what happened instead
     */
    public synchronized void failed(Throwable cause) {
        failures = Math.min(failures + 1, FAILURES_IN_A_ROW);
        if (failures == FAILURES_IN_A_ROW) {
            open(cause);
        }
    }

    /**
     * Opens it at once.
     *
     * @param cause why
     */
    public synchronized void open(Throwable cause) {
        if (!open && !retired) {
            failures = FAILURES_IN_A_ROW;
            open = true;
            nextProbe = nanoTime.getAsLong() + pauseNanos;
            opened.accept(cause);
        }
    }

    /**
     * Returns the nanoseconds after which another attempt of a call that was not answered may succeed, at least 1.
     * While the breaker is open, they last until the next probe; otherwise they are the pause between probes.
     *
     * @return the nanoseconds
     */
    public synchronized long untilNextAttempt() {
        return open ? Math.max(1, nextProbe - nanoTime.getAsLong()) : pauseNanos;
    }
}
