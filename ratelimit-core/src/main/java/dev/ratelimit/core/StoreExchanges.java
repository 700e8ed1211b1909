package dev.ratelimit.core;

import dev.ratelimit.kernel.CircuitBreaker;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.spi.QuotaStore.Answer;
import dev.ratelimit.spi.StoreUnavailableException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@link Exchange}s with the store of quotas: in time, not while it is away, and one after the other for each
 * counter. Safe for use by many threads, none of which waits for the store here.
 */
final class StoreExchanges {

    final Duration timeout;
    final StoreClock clock;
    private final Clocks clocks;
    private final Listeners listeners;
    private final CircuitBreaker breaker;
    private volatile boolean closed;

    StoreExchanges(Clocks clocks, Listeners listeners, Duration timeout, CircuitBreaker breaker) {
        this.clocks = clocks;
        this.listeners = listeners;
        this.timeout = timeout;
        this.clock = new StoreClock(clocks);
        this.breaker = breaker;
    }

    /** Ends all exchanges: none is sent from now on. */
    void close() {
        closed = true;
    }

    /** Tells whether the store is not asked at present, but for a probe. */
    boolean isAway() {
        return breaker.isOpen();
    }

    /** Returns the nanoseconds, at least 1, after which it may be worth asking again. */
    long untilNextAttempt() {
        return breaker.untilNextAttempt();
    }

    /**
     * Begins an exchange. If a counter is in another one, that is what is returned; if nobody knows what became of that
     * one, it is sent again.
     *
     * @return what ends when the store has answered, or does not
     */
    <T> CompletableFuture<@Nullable Void> begin(Exchange<T> exchange) {
        return begin(exchange, () -> true);
    }

    /**
     * Begins an exchange as above, if it still has a use once it has its places. Otherwise nothing is sent, and what is
     * returned has ended.
     */
    <T> CompletableFuture<@Nullable Void> begin(Exchange<T> exchange, BooleanSupplier hasUse) {
        Exchange<?> other = takePlaces(exchange);
        if (other != null) {
            return join(other);
        }
        CompletableFuture<@Nullable Void> attempt = exchange.attempt();
        if (hasUse.getAsBoolean()) {
            send(exchange);
        } else {
            exchange.giveUp();
        }
        return attempt;
    }

    /**
     * Takes the places of an exchange, as {@link Exchange#takePlaces} does. They are taken under one lock: nobody ever
     * finds, and waits for, an exchange that has some of its places and then gives them up.
     */
    synchronized @Nullable Exchange<?> takePlaces(Exchange<?> exchange) {
        return exchange.takePlaces();
    }

    /** Waits for an exchange that has the places that another one needs. */
    CompletableFuture<@Nullable Void> join(Exchange<?> other) {
        boolean again = other.beginAgain();
        CompletableFuture<@Nullable Void> attempt = other.attempt();
        if (again) {
            send(other);
        }
        return attempt;
    }

    /** Sends an exchange that has the places of its counters. */
    <T> void send(Exchange<T> exchange) {
        if (closed || !breaker.allows("")) {
            exchange.failed(new StoreUnavailableException("The store of quotas is away"), false);
            return;
        }
        long asked = clocks.nanoTime();
        CompletableFuture<?> unused = ask(exchange).whenComplete((answer, failure) -> {
            if (failure == null) {
                breaker.succeeded();
                read(exchange, answer, asked);
            } else {
                failed(exchange, unwrapped(failure));
            }
        });
    }

    private <T> void read(Exchange<T> exchange, Answer<T> answer, long asked) {
        try {
            clock.read(answer.now(), clocks.nanoTime());
            exchange.answered(answer.value(), asked);
        } catch (RuntimeException thrown) {
            listeners.log("An answer of the store of quotas could not be read", thrown);
        }
    }

    private <T> CompletableFuture<Answer<T>> ask(Exchange<T> exchange) {
        CompletableFuture<Answer<T>> answered = new CompletableFuture<>();
        try {
            CompletionStage<?> unused = exchange.send().whenComplete((answer, failure) -> {
                if (failure == null) {
                    answered.complete(answer);
                } else {
                    answered.completeExceptionally(failure);
                }
            });
        } catch (Throwable thrown) {
            answered.completeExceptionally(thrown);
        }
        return answered.isDone() ? answered : answered.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void failed(Exchange<?> exchange, Throwable failure) {
        boolean isAway = failure instanceof StoreUnavailableException || failure instanceof TimeoutException;
        if (isAway) {
            breaker.failed(failure);
            exchange.failed(new StoreUnavailableException("The store of quotas did not answer", failure), true);
        } else {
            breaker.succeeded();
            listeners.log("The store of quotas answered an error", failure);
            exchange.failed(new StoreUnavailableException("The store of quotas answered an error", failure), false);
        }
    }

    /** Returns what a stage failed with. */
    static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }
}
