package dev.ratelimit;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spi.WaitingCalls;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One call that is asked for until it is admitted, or until it is clear that it will not be in time. Its time begins
 * when it is made; it is awaited once, in one of the two ways.
 */
final class PendingCall {

    /*
     * Between two attempts lies the wait that the first was told, which is never shortened, and a random part of it, so
     * that callers who were told the same do not come back at once. The part is drawn evenly from 0 to wait /
     * 2^narrowing. The first bound is a sixteenth: a call that waits alone waits 3 % too long on average. One that is
     * refused again has met a crowd, so the bound doubles with each refusal after a wait; from the fifth wait on it is
     * the whole wait, and nobody waits more than twice what he was told. What is left of the longest wait cuts the
     * bound and not the draw: else the crowd would meet again at the last moment.
     */
    private int narrowing = 4;

    /*
     * When a call in flight will end is not known, so a call that waits for one asks again and again: after a
     * millisecond at first, and after twice the time each time it is refused, up to a second. If a call of the same
     * limiter ends meanwhile, it is woken. It has itself woken from its second attempt on, and begins that before it
     * asks, so that it misses no end.
     */
    private static final long FIRST_PAUSE = 1_000_000;
    private static final long LONGEST_PAUSE = 1_000_000_000;

    private long nextPause = FIRST_PAUSE;

    private final long maxNanos;
    private final TimeSource time;
    private final long start;
    private final WaitingCalls calls;
    private final String organization;

    /** Whether the last refusal was by calls in flight, any of which may end at any time. */
    private boolean mayBeWoken;

    /** For whom the last attempt was made, and of what; null if nobody is told of the answer. */
    private @Nullable Attempt last;

    private record Attempt(Caller caller, String endpoint) {}

    /**
     * Begins to wait.
     *
     * @param maxWait the longest wait, zero or more; above 292 years it is for ever
     * @param time the clock to wait by
     * @param calls those among which it is woken
     * @param organization whose calls in flight it may wait for
     */
    PendingCall(Duration maxWait, TimeSource time, WaitingCalls calls, String organization) {
        requireWait(maxWait);
        this.maxNanos = NANOSECONDS.convert(maxWait);
        this.time = time;
        this.start = time.nanoTime();
        this.calls = calls;
        this.organization = organization;
    }

    /** Notes for whom an attempt is made: the answer to the last one is told to listeners. Returns that one. */
    Resolution attemptOf(Resolution who, String endpoint) {
        last = who instanceof Caller caller ? new Attempt(caller, endpoint) : null;
        return who;
    }

    private void tell(Decision decision) {
        Attempt told = last;
        if (told != null) {
            calls.answered(told.caller, told.endpoint, decision, this::waited);
        }
    }

    private Duration waited() {
        return Duration.ofNanos(Math.max(0, time.nanoTime() - start));
    }

    /**
     * A place among the calls that are woken.
     *
     * @param woken is completed by the one that wakes it
     * @param afterWaking whether the attempt for which it was taken is made because the call was woken
     */
    private record Wakeup(CompletableFuture<Void> woken, Runnable wake, boolean afterWaking) {}

    /** Returns the place for the next attempt: the same one, unless the call was woken; null if none is needed. */
    private @Nullable Wakeup next(@Nullable Wakeup last) {
        boolean wasWoken = last != null && last.woken.isDone();
        if (!mayBeWoken || (last != null && !wasWoken)) {
            return last;
        }
        CompletableFuture<Void> woken = new CompletableFuture<>();
        Wakeup next = new Wakeup(woken, () -> woken.complete(null), wasWoken);
        calls.add(organization, next.wake);
        return next;
    }

    /** Gives the place up. A call that was woken, and goes, wakes the next one. */
    private void end(@Nullable Wakeup last) {
        if (last != null && (!calls.remove(organization, last.wake) || last.afterWaking)) {
            calls.wakeOne(organization);
        }
    }

    static void requireWait(Duration maxWait) {
        requireNonNull(maxWait, "maxWait");
        Arguments.require(!maxWait.isNegative(), "maxWait", ">= 0", maxWait);
    }

    /** Lets the calling thread wait. An attempt asks for the call. Returns the last reservation. */
    Reservation await(Supplier<Reservation> attempt) throws InterruptedException {
        Wakeup wakeup = null;
        try {
            while (true) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                wakeup = next(wakeup);
                Reservation reservation = attempt.get();
                long pause = pauseAfter(reservation.decision());
                if (pause == 0) {
                    tell(reservation.decision());
                    return reservation;
                } else if (wakeup != null && mayBeWoken) {
                    time.sleep(pause, wakeup.woken);
                } else {
                    time.sleep(pause);
                }
            }
        } finally {
            end(wakeup);
        }
    }

    /**
     * Waits without a thread. An attempt asks for a reservation, so that a call which nobody waits for any more can be
     * given back.
     */
    <T> CompletableFuture<T> async(
            Supplier<CompletionStage<Reservation>> attempt,
            ScheduledExecutorService scheduler,
            Function<Reservation, T> answer) {
        requireNonNull(scheduler, "scheduler");
        Async<T> async = new Async<>(attempt, scheduler, answer);
        async.ask();
        async.tidyUpAtTheEnd();
        return async.answer;
    }

    /**
     * The attempts of a call for which no thread waits: one after the other, each by whoever the one before it hands
     * over to.
     */
    private final class Async<T> {

        private final Supplier<CompletionStage<Reservation>> attempt;
        private final ScheduledExecutorService scheduler;
        private final Function<Reservation, T> answerOf;
        private final CompletableFuture<T> answer = new CompletableFuture<>();

        /* The task that will ask next: not there yet while an attempt is made, and never if that is the last. */
        private volatile CompletableFuture<Future<?>> next = new CompletableFuture<>();

        private volatile @Nullable Wakeup wakeup;

        Async(
                Supplier<CompletionStage<Reservation>> attempt,
                ScheduledExecutorService scheduler,
                Function<Reservation, T> answerOf) {
            this.attempt = attempt;
            this.scheduler = scheduler;
            this.answerOf = answerOf;
        }

        /*
         * Who ends the waiting completes the answer and then reads `next`; who asks writes `next` and then reads
         * whether the answer is complete. So one of them sees the other, and no task stays behind.
         */
        private void ask() {
            next = new CompletableFuture<>();
            wakeup = next(wakeup);
            if (answer.isDone()) {
                end(wakeup);
                return;
            }
            try {
                CompletableFuture<Reservation> asked = attempt.get().toCompletableFuture();
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
        private void goOn(CompletableFuture<Reservation> asked) {
            try {
                Reservation reservation = asked.join();
                Decision decision = reservation.decision();
                long pause = pauseAfter(decision);
                if (pause > 0) {
                    askAfter(pause, wakeup);
                    return;
                }
                if (!answer.isDone()) {
                    tell(decision);
                }
                if (!answer.complete(answerOf.apply(reservation))) {
                    CompletionStage<Boolean> unused = reservation.cancelAsync();
                }
            } catch (CompletionException e) {
                answer.completeExceptionally(e.getCause() == null ? e : e.getCause());
            } catch (Throwable e) {
                answer.completeExceptionally(e);
            }
        }

        /** Has the next attempt made after a pause, or when the call is woken. */
        @SuppressWarnings("FutureReturnValueIgnored") // of a stage that only asks
        private void askAfter(long pause, @Nullable Wakeup last) {
            CompletableFuture<Future<?>> following = next; // the task may run, and set the next one, meanwhile
            AtomicBoolean asked = new AtomicBoolean();
            Runnable once = () -> {
                if (asked.compareAndSet(false, true)) {
                    ask();
                }
            };
            Future<?> task = scheduler.schedule(once, pause, NANOSECONDS);
            following.complete(task);
            if (mayBeWoken && last != null) {
                last.woken.thenRun(() -> {
                    remove(task);
                    handOver(once);
                });
            }
        }

        @SuppressWarnings("FutureReturnValueIgnored") // of stages that only tidy up
        void tidyUpAtTheEnd() {
            answer.whenComplete((last, failure) -> {
                next.thenAccept(this::remove);
                end(wakeup);
            });
        }

        private void remove(Future<?> task) {
            task.cancel(false);
            // Unless it is set up otherwise, a pool keeps a cancelled task in its queue until the task's time has come.
            if (scheduler instanceof ThreadPoolExecutor pool && task instanceof Runnable cancelled) {
                pool.remove(cancelled);
            }
        }
    }

    /** Returns the wait of a call that may be admitted at any time after a certain wait; 0 if its time is over. */
    private long untilNextAttempt(Rejected no, long left) {
        long certain = nanosOf(no.certainWait());
        mayBeWoken = certain == 0;
        if (certain > 0) {
            return certain;
        }
        long wait = Math.min(nextPause, nanosOf(no.retryAfter()));
        nextPause = Math.min(2 * nextPause, LONGEST_PAUSE);
        return Math.max(0, Math.min(wait, left));
    }

    private static long nanosOf(Optional<Duration> wait) {
        return wait.map(Duration::toNanos).orElse(0L);
    }

    /** Returns how many nanoseconds to wait before asking again, at least 1; or 0 if the decision is final. */
    private long pauseAfter(Decision decision) {
        if (!(decision instanceof Rejected no) || no.retryAfter().isEmpty()) {
            return 0;
        }
        mayBeWoken = false;
        long left = maxNanos - (time.nanoTime() - start);
        long wait = no.mayBeSooner() ? untilNextAttempt(no, left) : nanosOf(no.retryAfter());
        if (wait > left || wait == 0) {
            return 0;
        }
        long spread = Math.min(wait >> narrowing, left - wait);
        narrowing = Math.max(0, narrowing - 1);
        long pause = wait + ThreadLocalRandom.current().nextLong(spread + 1);
        return no.mayBeSooner() ? Math.min(pause, Math.max(wait, LONGEST_PAUSE)) : pause;
    }
}
