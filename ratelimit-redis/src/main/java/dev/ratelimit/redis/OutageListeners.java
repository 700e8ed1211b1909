package dev.ratelimit.redis;

import dev.ratelimit.kernel.CircuitBreaker;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Who hears of outages of Redis: the log, and the outage listeners of a limiter. A thread of the common pool notifies
 * them of one event after the other: no decision waits for them, nor does the thread of the timeouts. Safe for use by
 * many threads.
 */
final class OutageListeners {

    private final List<OutageListener> listeners;
    private final ThrottledLog log;

    /** Ends when the listeners know all that happened. Guarded by this. */
    private CompletableFuture<?> told = CompletableFuture.completedFuture(true);

    OutageListeners(List<OutageListener> listeners, ThrottledLog log) {
        this.listeners = List.copyOf(listeners);
        this.log = log;
    }

    /** Tells all listeners something, after what was told before. */
    void tell(Consumer<OutageListener> news) {
        later(() -> each(news));
    }

    /** Returns a breaker that tells the log and all listeners when it opens and when it closes. */
    CircuitBreaker breaker(Duration pause, LongSupplier nanoTime, Predicate<String> connected) {
        return new CircuitBreaker(pause, nanoTime, connected, this::unavailable, this::available);
    }

    private void unavailable(Throwable cause) {
        later(() -> {
            String message = "Redis is away, and calls are decided as configured for that";
            log.log(System.Logger.Level.WARNING, message, message + ": " + Failure.printable(cause), null);
            each(listener -> listener.unavailable(cause));
        });
    }

    private void available() {
        later(() -> {
            String message = "Redis answers again";
            log.log(System.Logger.Level.WARNING, message, message, null);
            each(OutageListener::available);
        });
    }

    /** Does something after all that was told before; it may tell {@link #each} listener. */
    synchronized void later(Runnable news) {
        told = told.handleAsync((done, failure) -> {
            news.run();
            return true;
        });
    }

    void each(Consumer<OutageListener> news) {
        for (OutageListener listener : listeners) {
            Listeners.attempt(listener, log, () -> news.accept(listener));
        }
    }
}
