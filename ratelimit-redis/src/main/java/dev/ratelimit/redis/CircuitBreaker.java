package dev.ratelimit.redis;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * A circuit breaker, which decides whether a call may ask Redis. While it is closed, all calls ask. It opens after
 * three exchanges in a row that Redis did not answer. Then one call in every pause asks, as a probe, and the first
 * answer closes the breaker. Without a connection there is no probe: Lettuce would keep each probe until it has
 * connected again.
 *
 * <p>Silence alone opens it. Calls of one organization can cause errors at will, for example by a key of another type;
 * they must not put all other organizations in an outage. An error counts as an answer, with one exception: an error by
 * which the server says that it serves nobody at present ({@link Failure}) ends no outage.
 *
 * <p>Safe for use by many threads. While the breaker is closed, a call that succeeds reads a few fields and writes
 * nothing.
 */
final class CircuitBreaker {

    private static final int FAILURES_IN_A_ROW = 3;

    private final long pauseNanos;
    private final LongSupplier nanoTime;
    private final Predicate<String> connected;
    private final OutageListeners listeners;
    private volatile boolean open;
    private volatile int failures;

    /** Guarded by this. */
    private boolean retired;

    /** By the monotonic clock. Guarded by this. */
    private long nextProbe;

    CircuitBreaker(Duration pause, LongSupplier nanoTime, Predicate<String> connected, OutageListeners listeners) {
        this.pauseNanos = pause.toNanos();
        this.nanoTime = nanoTime;
        this.connected = connected;
        this.listeners = listeners;
    }

    /** Tells whether a call may ask about a key; one that may must then report success or failure. */
    boolean allows(String key) {
        return !open || (isProbe() && connected.test(key));
    }

    /** Tells whether only probes ask. */
    boolean isOpen() {
        return open;
    }

    /** Tells whether the last call that asked was answered. */
    boolean isSteady() {
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

    /** Takes note of an answer, and tells whether it is the first after a failure. */
    boolean succeeded() {
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
            listeners.tell(OutageListener::available);
        }
    }

    /** Takes note of an answer by which the server says that it serves nobody at present. */
    synchronized void refused() {
        if (!open) {
            failures = 0;
        }
    }

    /** Closes it for good. No call asks by it any more, and calls that still fail do not open it. */
    synchronized void retire() {
        retired = true;
        close();
    }

    /** Takes note of an exchange that nobody answered. */
    synchronized void failed(Throwable cause) {
        failures = Math.min(failures + 1, FAILURES_IN_A_ROW);
        if (failures == FAILURES_IN_A_ROW) {
            open(cause);
        }
    }

    /** Opens it at once. */
    synchronized void open(Throwable cause) {
        if (!open && !retired) {
            failures = FAILURES_IN_A_ROW;
            open = true;
            nextProbe = nanoTime.getAsLong() + pauseNanos;
            listeners.tell(listener -> listener.unavailable(cause));
        }
    }

    /**
     * Returns the nanoseconds after which another attempt of a call that was not answered may succeed, at least 1.
     * While the breaker is open, they last until the next probe; otherwise they are the pause between probes.
     */
    synchronized long untilNextAttempt() {
        return open ? Math.max(1, nextProbe - nanoTime.getAsLong()) : pauseNanos;
    }
}
