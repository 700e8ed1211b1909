package dev.ratelimit;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Supplier;

/**
 * One call that is asked for until it is admitted, or until it is clear that it will not be in time. Its time begins
 * when it is made; it is awaited once, in one of the two ways.
 */
final class PendingAcquire {

    /*
     * Between two attempts lies the wait that the first was told, which is never shortened, and a random part of it, so
     * that callers who were told the same do not come back at once. The part is drawn evenly from 0 to wait /
     * 2^narrowing. The first bound is a sixteenth: a call that waits alone waits 3 % too long on average. One that is
     * refused again has met a crowd, so the bound doubles with each refusal after a wait; from the fifth wait on it is
     * the whole wait, and nobody waits more than twice what he was told. What is left of the longest wait cuts the
     * bound and not the draw: else the crowd would meet again at the last moment.
     */
    private int narrowing = 4;

    private final long maxNanos;
    private final TimeSource time;
    private final long start;

    /**
     * Begins to wait.
     *
     * @param maxWait the longest wait, zero or more; above 292 years it is for ever
     * @param time the clock to wait by
     */
    PendingAcquire(Duration maxWait, TimeSource time) {
        requireWait(maxWait);
        this.maxNanos = NANOSECONDS.convert(maxWait);
        this.time = time;
        this.start = time.nanoTime();
    }

    static void requireWait(Duration maxWait) {
        requireNonNull(maxWait, "maxWait");
        Arguments.require(!maxWait.isNegative(), "maxWait", ">= 0", maxWait);
    }

    /** Lets the calling thread wait. An attempt asks for the call. */
    Decision await(Supplier<Reservation> attempt) throws InterruptedException {
        while (true) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            Decision decision = attempt.get().decision();
            long pause = pauseAfter(decision);
            if (pause == 0) {
                return decision;
            }
            time.sleep(pause);
        }
    }

    /**
     * Waits without a thread. An attempt asks for a reservation, so that a call which nobody waits for any more can be
     * given back.
     */
    CompletableFuture<Decision> async(
            Supplier<CompletionStage<? extends Reservation>> attempt, ScheduledExecutorService scheduler) {
        requireNonNull(scheduler, "scheduler");
        Async async = new Async(attempt, scheduler);
        async.ask();
        async.tidyUpAtTheEnd();
        return async.answer;
    }

    /**
     * The attempts of a call for which no thread waits: one after the other, each by whoever the one before it hands
     * over to.
     */
    private final class Async {

        private final Supplier<CompletionStage<? extends Reservation>> attempt;
        private final ScheduledExecutorService scheduler;
        private final CompletableFuture<Decision> answer = new CompletableFuture<>();

        /* The task that will ask next: not there yet while an attempt is made, and never if that is the last. */
        private volatile CompletableFuture<Future<?>> next = new CompletableFuture<>();

        Async(Supplier<CompletionStage<? extends Reservation>> attempt, ScheduledExecutorService scheduler) {
            this.attempt = attempt;
            this.scheduler = scheduler;
        }

        /*
         * Who ends the waiting completes the answer and then reads `next`; who asks writes `next` and then reads
         * whether the answer is complete. So one of them sees the other, and no task stays behind.
         */
        private void ask() {
            next = new CompletableFuture<>();
            if (answer.isDone()) {
                return;
            }
            try {
                CompletableFuture<? extends Reservation> asked = attempt.get().toCompletableFuture();
                if (asked.isDone()) {
                    goOn(asked);
                } else {
                    // What depends on the answer may take its time: it must not hold up the thread on which a store
                    // answers.
                    CompletableFuture<?> unused = asked.handle((reservation, failure) -> handOver(() -> goOn(asked)));
                }
            } catch (Throwable e) {
                answer.completeExceptionally(e);
            }
        }

        private boolean handOver(Runnable rest) {
            try {
                scheduler.execute(rest);
            } catch (RejectedExecutionException e) {
                rest.run(); // the scheduler is shut down, and nobody else would give back a call that was admitted
            }
            return true;
        }

        /** Answers, or gives back what nobody waits for any more, or has the next attempt made later. */
        private void goOn(CompletableFuture<? extends Reservation> asked) {
            try {
                Reservation reservation = asked.join();
                Decision decision = reservation.decision();
                long pause = pauseAfter(decision);
                if (pause > 0) {
                    CompletableFuture<Future<?>> following =
                            next; // the task may run, and set the next one, before it is handed out
                    following.complete(scheduler.schedule(this::ask, pause, NANOSECONDS));
                } else if (!answer.complete(decision)) {
                    CompletionStage<Boolean> unused = reservation.cancelAsync();
                }
            } catch (CompletionException e) {
                answer.completeExceptionally(e.getCause() == null ? e : e.getCause());
            } catch (Throwable e) {
                answer.completeExceptionally(e);
            }
        }

        @SuppressWarnings("FutureReturnValueIgnored") // of stages that only tidy up
        void tidyUpAtTheEnd() {
            answer.whenComplete((decision, failure) -> next.thenAccept(this::remove));
        }

        private void remove(Future<?> task) {
            task.cancel(false);
            // Unless it is set up otherwise, a pool keeps a cancelled task in its queue until the task's time has come.
            if (scheduler instanceof ThreadPoolExecutor pool && task instanceof Runnable cancelled) {
                pool.remove(cancelled);
            }
        }
    }

    /** Returns how many nanoseconds to wait before asking again, at least 1; or 0 if the decision is final. */
    private long pauseAfter(Decision decision) {
        if (!(decision instanceof Rejected no) || no.retryAfter().isEmpty()) {
            return 0;
        }
        long wait = no.retryAfter().get().toNanos();
        long left = maxNanos - (time.nanoTime() - start);
        if (wait > left) {
            return 0;
        }
        long spread = Math.min(wait >> narrowing, left - wait);
        narrowing = Math.max(0, narrowing - 1);
        return wait + ThreadLocalRandom.current().nextLong(spread + 1);
    }
}
