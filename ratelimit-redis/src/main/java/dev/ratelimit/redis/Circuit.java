package dev.ratelimit.redis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Decides whether Redis is asked. Closed, it is. After some failures in a row it opens; then one call in every pause asks as a probe, while
 * all others do not, and the first answer closes it. There is no probe where there is no connection: Lettuce would keep each of them until
 * it has connected again.
 *
 * <p>Listeners are told on a thread of the common pool, one thing after the other: no decision waits for them, nor does the thread that
 * times out all others.
 *
 * <p>Safe for use by many threads. Closed, a call that succeeds reads a few fields and writes nothing.
 */
final class Circuit {

    private static final int FAILURES_IN_A_ROW = 3;

    private final long pauseNanos;
    private final LongSupplier nanoTime;
    private final Predicate<String> connected;
    private final List<OutageListener> listeners;
    private volatile boolean open;
    private volatile int failures;

    /** Guarded by this. */
    private boolean retired;

    /** By the monotonic clock. Guarded by this. */
    private long nextProbe;

    /** Ends when the listeners know all that happened. Guarded by this. */
    private CompletableFuture<?> told = CompletableFuture.completedFuture(true);

    Circuit(Duration pause, LongSupplier nanoTime, Predicate<String> connected, List<OutageListener> listeners) {
        this.pauseNanos = pause.toNanos();
        this.nanoTime = nanoTime;
        this.connected = connected;
        this.listeners = List.copyOf(listeners);
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

    void succeeded() {
        if (failures != 0) {
            close();
        }
    }

    private synchronized void close() {
        if (open) {
            tell(OutageListener::available);
        }
        failures = 0;
        open = false;
    }

    /** Closes it for good: nobody asks by it any more, and what still fails of what was asked opens it no more. */
    synchronized void retire() {
        retired = true;
        close();
    }

    synchronized void failed(Throwable cause) {
        failures = Math.min(failures + 1, FAILURES_IN_A_ROW);
        if (!open && !retired && failures == FAILURES_IN_A_ROW) {
            open = true;
            nextProbe = nanoTime.getAsLong() + pauseNanos;
            tell(listener -> listener.unavailable(cause));
        }
    }

    /** Called with the lock held, so that what happened last is told last. */
    private void tell(Consumer<OutageListener> news) {
        told = told.handleAsync((done, failure) -> {
            listeners.forEach(listener -> Listeners.attempt(() -> news.accept(listener)));
            return true;
        });
    }

    /** Returns the nanoseconds until Redis may be asked again, at least 1. */
    synchronized long untilProbe() {
        return open ? Math.max(1, nextProbe - nanoTime.getAsLong()) : 1;
    }
}
