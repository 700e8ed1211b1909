package dev.ratelimit.core;

import dev.ratelimit.kernel.CircuitBreaker;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who hears of outages of the store of quotas: the log at once, and listeners of one event after the other. Safe for
 * use by many threads.
 */
final class StoreListeners {

    private final List<StoreListener> listeners;
    private final ThrottledLog log;

    /** Ends when the listeners know all that happened. Guarded by this. */
    private CompletableFuture<?> told = CompletableFuture.completedFuture(true);

    StoreListeners(List<StoreListener> listeners, ThrottledLog log) {
        this.listeners = List.copyOf(listeners);
        this.log = log;
    }

    /** Returns a breaker that tells when it opens and when it closes. */
    CircuitBreaker breaker(Duration pause, LongSupplier nanoTime) {
        return new CircuitBreaker(pause, nanoTime, key -> true, this::unavailable, this::available);
    }

    private void unavailable(Throwable cause) {
        warn("The store of quotas is away", cause);
        tell(listener -> listener.unavailable(cause));
    }

    private void available() {
        warn("The store of quotas answers again", null);
        tell(StoreListener::available);
    }

    private void warn(String message, @Nullable Throwable cause) {
        log.log(System.Logger.Level.WARNING, message, message, cause);
    }

    private synchronized void tell(Consumer<StoreListener> news) {
        if (!listeners.isEmpty()) {
            told = told.thenRunAsync(() -> {
                for (StoreListener listener : listeners) {
                    Listeners.attempt(listener, log, () -> news.accept(listener));
                }
            });
        }
    }
}
