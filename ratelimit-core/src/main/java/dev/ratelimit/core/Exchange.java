package dev.ratelimit.core;

import dev.ratelimit.spi.QuotaStore.Answer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A request to the store of quotas about some counters, and its answer.
 *
 * <p>Each counter has a place for one exchange, so that answers about it come one after the other. An exchange holds
 * the places of all its counters until it is answered. If the store does not answer, nobody knows whether it did what
 * was asked. Then the exchange keeps its places, and is sent again as it was until there is an answer. The ids in it
 * let the store do it once.
 *
 * <p>Safe for use by many threads.
 *
 * @param <T> the type of the answer
 */
final class Exchange<T> {

    /** Takes in an answer. */
    interface Reader<T> {

        /**
         * Takes in an answer, before its counters are free for another exchange.
         *
         * @param asked the monotonic clock before the request was sent
         */
        void read(T value, long asked);
    }

    private final List<AtomicReference<@Nullable Exchange<?>>> places;
    private final Supplier<CompletionStage<Answer<T>>> request;
    private final Reader<T> reader;

    /** Whether it is sent again until it is answered. A question that changes nothing is not. */
    private final boolean lasting;

    /** Whether some attempt was not answered. */
    private volatile boolean inDoubt;

    /** The attempt that is under way, or the last one; guarded by this. */
    private CompletableFuture<@Nullable Void> attempt = new CompletableFuture<>();

    private boolean sending = true;

    Exchange(
            List<AtomicReference<@Nullable Exchange<?>>> places,
            Supplier<CompletionStage<Answer<T>>> request,
            Reader<T> reader,
            boolean lasting) {
        this.places = places;
        this.request = request;
        this.reader = reader;
        this.lasting = lasting;
    }

    /**
     * Takes the places of all counters. If another exchange has one, that is returned, and none is taken. No two
     * exchanges take places at a time.
     */
    @Nullable
    Exchange<?> takePlaces() {
        for (AtomicReference<@Nullable Exchange<?>> place : places) {
            Exchange<?> other = place.get();
            if (other != null) {
                return other;
            }
        }
        places.forEach(place -> place.set(this));
        return null;
    }

    private void leavePlaces() {
        places.forEach(place -> place.compareAndSet(this, null));
    }

    /** Sends the request. */
    CompletionStage<Answer<T>> send() {
        return request.get();
    }

    /** Returns what is complete when the attempt that is under way has ended. */
    synchronized CompletableFuture<@Nullable Void> attempt() {
        return attempt;
    }

    /** Begins another attempt. Returns false if one is under way, or none is needed. */
    synchronized boolean beginAgain() {
        boolean again = inDoubt && !sending && places.get(0).get() == this;
        if (again) {
            attempt = new CompletableFuture<>();
            sending = true;
        }
        return again;
    }

    /** Ends the attempt with an answer. */
    void answered(T value, long asked) {
        try {
            reader.read(value, asked);
        } finally {
            inDoubt = false;
            leavePlaces();
            end().complete(null);
        }
    }

    /**
     * Ends the attempt without an answer.
     *
     * @param maybeDone whether the store may have done what was asked
     */
    void failed(Throwable failure, boolean maybeDone) {
        inDoubt |= maybeDone && lasting;
        if (!inDoubt) {
            leavePlaces();
        }
        end().completeExceptionally(failure);
    }

    /** Ends an exchange for which there is nothing to send. */
    void giveUp() {
        leavePlaces();
        end().complete(null);
    }

    private synchronized CompletableFuture<@Nullable Void> end() {
        sending = false;
        return attempt;
    }

    /** Tells whether nobody knows what became of it, and nobody asks. */
    synchronized boolean waits() {
        return inDoubt && !sending;
    }
}
