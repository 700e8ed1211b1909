package dev.ratelimit.core;

import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.spi.StoreUnavailableException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Lets calls wait for the store of quotas: with a thread that waits, or without one; no longer than the timeout. What
 * is decided while the store is away is the host's choice.
 */
final class StoreWaits {

    /** What a call asks. It is asked again after each answer of the store, until that suffices. */
    interface Question<T> {

        /** Answers by what this machine knows; null if the store must be asked. Blocks no thread. */
        @Nullable
        T attempt();

        /** Asks the store. Returns what ends when it has answered, or does not. */
        CompletableFuture<@Nullable Void> ask();

        /** Answers without the store. */
        T inOutage(Throwable failure);
    }

    /* Where the JDK runs asynchronous stages: the common pool, unless that is too small. */
    private static final Executor POOL = new CompletableFuture<>().defaultExecutor();

    private static final String IN_VAIN = "The store of quotas was asked until the time was over";

    final QuotaLeases leases;

    /** Whether calls are admitted while the store is away. */
    final boolean admits;

    private final long timeout;
    private final Runnable stop;

    /**
     * Makes it.
     *
     * @param stop stops what runs the rounds of the leases
     */
    StoreWaits(QuotaLeases leases, boolean admits, Runnable stop) {
        this.stop = stop;
        this.leases = leases;
        this.admits = admits;
        this.timeout = leases.exchanges.timeout.toNanos();
    }

    /** Answers a question. The calling thread waits for the store. */
    <T> T await(Question<T> question) {
        long end = System.nanoTime() + timeout;
        T answer = question.attempt();
        while (answer == null) {
            long left = end - System.nanoTime();
            Throwable failure = failure(question.ask(), left);
            answer = failure == null ? question.attempt() : question.inOutage(failure);
            if (answer == null && left <= 0) {
                answer = question.inOutage(new TimeoutException(IN_VAIN));
            }
        }
        return answer;
    }

    /** Waits for some nanoseconds. Returns why the store has not answered; null if it has. */
    private static @Nullable Throwable failure(CompletableFuture<?> asked, long nanos) {
        try {
            asked.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
            return null;
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            return cause == null ? e : cause;
        } catch (TimeoutException e) {
            return e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return e;
        }
    }

    /** Waits for something that must be done. */
    void require(CompletableFuture<?> asked) {
        Throwable failure = failure(asked, timeout);
        if (failure != null) {
            throw unavailable(failure);
        }
    }

    /** Answers a question. No thread waits for the store. */
    <T> CompletableFuture<T> later(Question<T> question) {
        return later(question, System.nanoTime() + timeout);
    }

    private <T> CompletableFuture<T> later(Question<T> question, long end) {
        T answer = question.attempt();
        if (answer != null) {
            return CompletableFuture.completedFuture(answer);
        }
        long left = end - System.nanoTime();
        if (left <= 0) {
            return CompletableFuture.completedFuture(question.inOutage(new TimeoutException(IN_VAIN)));
        }
        CompletableFuture<@Nullable Void> asked = question.ask();
        if (!asked.isDone()) {
            asked = asked.copy().orTimeout(left, TimeUnit.NANOSECONDS);
        }
        CompletableFuture<@Nullable Throwable> ended = asked.handleAsync((done, failure) -> failure, POOL);
        return ended.thenCompose(failure -> failure == null
                ? later(question, end)
                : CompletableFuture.completedFuture(question.inOutage(StoreExchanges.unwrapped(failure))));
    }

    /** Gives back all that is leased, and closes the store. */
    void close() {
        Throwable unused = failure(leases.rounds.close(), timeout);
        stop.run();
        leases.exchanges.close();
        leases.store.close();
    }

    /** Returns the rejection of a call while the store is away. */
    Rejected rejection(String notice, boolean reports) {
        Rejected rejected = Rejected.temporary(new StoreUnavailable(), notice, leases.exchanges.untilNextAttempt());
        return reports ? rejected.withLimits(List.of()) : rejected;
    }

    /** Returns what is thrown where there is no answer without the store. */
    static StoreUnavailableException unavailable(Throwable failure) {
        return failure instanceof StoreUnavailableException known
                ? known
                : new StoreUnavailableException("The store of quotas did not answer in time", failure);
    }

    /** Returns limits by which calls are admitted while the store is away: no quota refuses, and all count. */
    static CompiledLimit[] open(CompiledLimit[] limits) {
        return Arrays.stream(limits).map(CompiledLimit::open).toArray(CompiledLimit[]::new);
    }
}
