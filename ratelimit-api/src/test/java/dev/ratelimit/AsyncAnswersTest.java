package dev.ratelimit;

import static dev.ratelimit.ScriptedAttempts.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spi.WaitingCalls;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A store that answers later, on a thread of its own, to calls for which no thread waits. */
class AsyncAnswersTest {

    private static final Duration LONGEST = Duration.ofNanos(10_000);
    private static final Duration SOON = Duration.ofSeconds(20);

    private final SleptTime time = new SleptTime();
    private final HandScheduler scheduler = new HandScheduler();
    private final Deque<CompletableFuture<Reservation>> asked = new ArrayDeque<>();
    private final AtomicInteger givenBack = new AtomicInteger();

    @AfterEach
    void shutDown() {
        scheduler.shutdownNow();
    }

    private CompletableFuture<Decision> async() {
        return new PendingCall(LONGEST, time, new WaitingCalls(), "acme")
                .async(this::ask, scheduler, Reservation::decision);
    }

    private CompletionStage<Reservation> ask() {
        CompletableFuture<Reservation> answer = new CompletableFuture<>();
        asked.add(answer);
        return answer;
    }

    /** A reservation that must be cancelled without a thread that waits for the store. */
    private Reservation admitted() {
        return new AdmittedAttempt() {
            @Override
            public boolean cancel() {
                throw new AssertionError("this would wait for the store");
            }

            @Override
            public CompletionStage<Boolean> cancelAsync() {
                givenBack.incrementAndGet();
                return new CompletableFuture<>();
            }
        };
    }

    @Test
    void theCallerAndTheSchedulerAreFreeWhileTheStoreDoesNotAnswer() {
        CompletableFuture<Decision> answer = async();
        assertThat(answer).isNotDone();
        assertThat(scheduler.getQueue()).isEmpty();
        asked.remove().complete(Reservation.rejected(refusal(1_600)));
        scheduler.runNext();
        assertThat(scheduler.delays.get(1)).isBetween(1_600L, 1_700L);
        time.advance(scheduler.delays.get(1));
        scheduler.runNext();
        assertThat(answer).isNotDone();
        assertThat(scheduler.getQueue()).isEmpty();
        asked.remove().complete(admitted());
        scheduler.runNext();
        assertThat(answer).isCompletedWithValue(Decision.admitted());
        assertThat(asked).isEmpty();
        assertThat(givenBack).hasValue(0);
    }

    @Test
    void whatDependsOnTheAnswerRunsOnTheSchedulerAndNeverOnTheThreadOfTheStore() throws Exception {
        ScheduledThreadPoolExecutor one = new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "scheduler"));
        ExecutorService store = Executors.newSingleThreadExecutor(task -> new Thread(task, "store"));
        try {
            CompletableFuture<String> thread = new PendingCall(LONGEST, time, new WaitingCalls(), "acme")
                    .async(this::ask, one, Reservation::decision)
                    .thenApply(decision -> Thread.currentThread().getName());
            CompletableFuture<Reservation> answer = asked.remove();
            store.execute(() -> answer.complete(admitted()));
            assertThat(thread.get(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo("scheduler");
        } finally {
            store.shutdownNow();
            one.shutdownNow();
        }
    }

    @Test
    void aCallThatIsAdmittedAfterItsFutureWasCancelledIsGivenBackWithoutWaitingForTheStore() {
        async().cancel(false);
        asked.remove().complete(admitted());
        scheduler.runNext();
        assertThat(givenBack).hasValue(1);
        assertThat(scheduler.getQueue()).isEmpty();
    }

    @Test
    void aCallThatIsRefusedAfterItsFutureWasCancelledIsNotAskedAgain() {
        async().cancel(false);
        asked.remove().complete(Reservation.rejected(refusal(10)));
        scheduler.runNext();
        assertThat(scheduler.getQueue()).isEmpty();
        assertThat(asked).isEmpty();
    }

    @Test
    void aStoreThatFailsFailsTheFutureWithItsOwnException() {
        IllegalStateException broken = new IllegalStateException("broken");
        CompletableFuture<Decision> answer = async();
        asked.remove().completeExceptionally(broken);
        scheduler.runNext();
        assertThat(answer).failsWithin(Duration.ZERO).withThrowableThat().withCause(broken);
        CompletableFuture<Decision> composed = new PendingCall(LONGEST, time, new WaitingCalls(), "acme")
                .async(
                        () -> CompletableFuture.supplyAsync(
                                () -> {
                                    throw broken;
                                },
                                Runnable::run),
                        scheduler,
                        Reservation::decision);
        assertThat(composed).failsWithin(Duration.ZERO).withThrowableThat().withCause(broken);
    }

    @Test
    void aSchedulerThatIsShutDownBeforeTheStoreAnswersLosesNoAdmission() {
        CompletableFuture<Decision> kept = async();
        CompletableFuture<Decision> cancelled = async();
        cancelled.cancel(false);
        CompletableFuture<Decision> refused = async();
        scheduler.shutdown();
        asked.remove().complete(admitted());
        asked.remove().complete(admitted());
        asked.remove().complete(Reservation.rejected(refusal(10)));
        assertThat(kept).isCompletedWithValue(Decision.admitted());
        assertThat(givenBack).hasValue(1);
        assertThat(refused).isCompletedExceptionally();
    }

    /**
     * Answers, cancellations and tasks in any order: each admission is kept or given back, and nothing stays behind.
     */
    @Test
    void inWhateverOrderThingsHappenEachAdmissionIsKeptOrGivenBack() {
        for (int seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            givenBack.set(0);
            int admissions = 0;
            List<CompletableFuture<Decision>> calls = new ArrayList<>();
            for (int step = 0;
                    step < 60 || !asked.isEmpty() || !scheduler.getQueue().isEmpty();
                    step++) {
                int what = random.nextInt(step < 60 ? 4 : 2);
                if (what == 0 && !asked.isEmpty()) {
                    boolean admits = step >= 60 || random.nextBoolean();
                    admissions += admits ? 1 : 0;
                    asked.remove()
                            .complete(admits ? admitted() : Reservation.rejected(refusal(1 + random.nextInt(99))));
                } else if (what == 1 && !scheduler.getQueue().isEmpty()) {
                    scheduler.runNext();
                } else if (what == 2) {
                    calls.add(async());
                } else if (what == 3 && !calls.isEmpty()) {
                    calls.get(random.nextInt(calls.size())).cancel(false);
                }
            }
            long kept = calls.stream()
                    .filter(call -> !call.isCancelled() && call.join().isAdmitted())
                    .count();
            assertThat(kept + givenBack.get()).as("seed %d", seed).isEqualTo(admissions);
        }
    }
}
