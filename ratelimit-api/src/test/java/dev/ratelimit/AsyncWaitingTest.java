package dev.ratelimit;

import static dev.ratelimit.ScriptedAttempts.refusal;
import static dev.ratelimit.ScriptedAttempts.refusalForGood;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spi.WaitingCalls;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AsyncWaitingTest {

    private static final Duration LONGEST = Duration.ofNanos(10_000);

    private final SleptTime time = new SleptTime();
    private final ScriptedAttempts attempts = new ScriptedAttempts(time);
    private final HandScheduler scheduler = new HandScheduler();

    @AfterEach
    void shutDown() {
        scheduler.shutdownNow();
    }

    private CompletableFuture<Decision> async(ScheduledExecutorService scheduler) {
        return new PendingCall(LONGEST, time, new WaitingCalls(), "acme")
                .async(() -> CompletableFuture.completedFuture(attempts.get()), scheduler, Reservation::decision);
    }

    private CompletableFuture<Decision> async() {
        return async(scheduler);
    }

    @Test
    void theFirstAttemptIsMadeByTheCaller() {
        attempts.thenAdmit();
        assertThat(async()).isCompletedWithValue(Decision.admitted());
        assertThat(scheduler.delays).isEmpty();
        assertThat(attempts.givenBack()).isZero();
    }

    @Test
    void aRefusedCallIsAskedAgainByTheSchedulerAfterTheWaitThatItWasTold() {
        attempts.thenRefuse(1_600).thenRefuse(800).thenAdmit();
        CompletableFuture<Decision> answer = async();
        assertThat(answer).isNotDone();
        assertThat(scheduler.delays)
                .singleElement()
                .satisfies(nanos -> assertThat(nanos).isBetween(1_600L, 1_700L));
        time.advance(scheduler.delays.get(0));
        scheduler.runNext();
        assertThat(answer).isNotDone();
        assertThat(scheduler.delays.get(1)).isBetween(800L, 900L);
        scheduler.runNext();
        assertThat(answer).isCompletedWithValue(Decision.admitted());
        assertThat(attempts.asked()).isEqualTo(3);
        assertThat(attempts.givenBack()).isZero();
        assertThat(scheduler.getQueue()).isEmpty();
        assertThat(time.sleeps).isEmpty();
    }

    @Test
    void aTaskThatRunsTooEarlyIsRefusedAndScheduledAgain() {
        attempts.thenRefuse(9_000);
        CompletableFuture<Decision> answer = async();
        for (long left = 8_999; left > 8_000; left--) {
            attempts.thenRefuse(left);
            time.advance(1);
            scheduler.runNext();
        }
        assertThat(answer).isNotDone();
        assertThat(answer.getNumberOfDependents())
                .as("a long wait piles nothing up")
                .isLessThanOrEqualTo(1);
        assertThat(scheduler.getQueue()).hasSize(1);
        attempts.thenAdmit();
        scheduler.runNext();
        assertThat(answer).isCompletedWithValue(Decision.admitted());
    }

    @Test
    void aCallThatWillNotBeInTimeIsRefusedWithoutWaiting() {
        attempts.thenRefuse(10_001).then(refusalForGood()).thenRefuse(6_000).thenRefuse(4_001);
        assertThat(async()).isCompletedWithValue(refusal(10_001));
        assertThat(async()).isCompletedWithValue(refusalForGood());
        CompletableFuture<Decision> answer = async();
        time.advance(6_000);
        scheduler.runNext();
        assertThat(answer).isCompletedWithValue(refusal(4_001));
        assertThat(scheduler.delays).hasSize(1);
    }

    @Test
    void aWaitThatEndsByItselfCancelsNoTask() {
        attempts.thenRefuse(10).thenAdmit();
        CompletableFuture<Decision> answer = async();
        scheduler.runNext();
        assertThat(answer).isCompletedWithValue(Decision.admitted());
        assertThat(scheduler.tasks).noneMatch(ScheduledFuture::isCancelled);
    }

    /** Says that a future which is ended from outside leaves nothing to do behind. */
    private void endedWhileItWaits(Consumer<CompletableFuture<Decision>> end) {
        attempts.thenRefuse(10).thenRefuse(10);
        CompletableFuture<Decision> answer = async();
        scheduler.runNext();
        int asked = attempts.asked();
        end.accept(answer);
        assertThat(scheduler.getQueue()).isEmpty();
        assertThat(scheduler.tasks.get(scheduler.tasks.size() - 1).isCancelled())
                .isTrue();
        assertThat(attempts.asked()).isEqualTo(asked);
    }

    @Test
    void endingTheFutureEndsTheWaiting() {
        endedWhileItWaits(answer -> answer.cancel(false));
        endedWhileItWaits(answer -> answer.cancel(true));
        endedWhileItWaits(answer -> answer.complete(Decision.admitted()));
        endedWhileItWaits(answer -> answer.completeExceptionally(new IllegalStateException()));
    }

    @Test
    void aSchedulerThatIsNoPoolIsToldToCancelTheTask() {
        attempts.thenRefuse(10);
        async(Executors.unconfigurableScheduledExecutorService(scheduler)).cancel(false);
        assertThat(scheduler.tasks).hasSize(1).allMatch(ScheduledFuture::isCancelled);
    }

    @Test
    void aTaskThatRunsThoughTheFutureWasCancelledDoesNotAsk() {
        Runnable[] stubborn = new Runnable[1];
        HandScheduler keeping = new HandScheduler() {
            @Override
            public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
                stubborn[0] = command;
                return super.schedule(command, delay, unit);
            }
        };
        attempts.thenRefuse(10);
        async(keeping).cancel(false);
        stubborn[0].run();
        keeping.shutdownNow();
        assertThat(attempts.asked()).isEqualTo(1);
    }

    /** Cancels the future while its second attempt is made, which then ends so. */
    private void cancelledDuring(Supplier<Reservation> attempt) {
        attempts.thenRefuse(10);
        CompletableFuture<Decision> answer = async();
        attempts.then(() -> {
            answer.cancel(false);
            return attempt.get();
        });
        scheduler.runNext();
        assertThat(answer).isCancelled();
        assertThat(scheduler.getQueue()).isEmpty();
    }

    @Test
    void aCallThatIsAdmittedWhileItsFutureIsCancelledIsGivenBack() {
        cancelledDuring(attempts::admitted);
        assertThat(attempts.givenBack()).isEqualTo(1);
    }

    @Test
    void aCallThatIsRefusedWhileItsFutureIsCancelledIsNotAskedAgain() {
        cancelledDuring(() -> Reservation.rejected(refusal(10)));
        cancelledDuring(() -> Reservation.rejected(refusalForGood()));
        cancelledDuring(() -> {
            throw new IllegalStateException("no tier");
        });
    }

    @Test
    void aFutureThatIsCancelledWhileItsTaskIsHandedOverLeavesNoTaskBehind() {
        attempts.thenRefuse(10).thenRefuse(10);
        CompletableFuture<?>[] answer = new CompletableFuture<?>[1];
        HandScheduler slow = new HandScheduler() {
            @Override
            public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
                ScheduledFuture<?> task = super.schedule(command, delay, unit);
                if (tasks.size() == 2) {
                    answer[0].cancel(false);
                }
                return task;
            }
        };
        answer[0] = async(slow);
        slow.runNext();
        slow.shutdown();
        assertThat(slow.tasks).hasSize(2);
        assertThat(slow.getQueue()).isEmpty();
    }

    @Test
    void aTaskThatRunsBeforeItIsHandedOverDoesNotHideTheNext() {
        attempts.thenRefuse(10).thenRefuse(10);
        HandScheduler hasty = new HandScheduler() {
            @Override
            public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
                ScheduledFuture<?> task = super.schedule(command, delay, unit);
                if (tasks.size() == 1) {
                    runNext();
                }
                return task;
            }
        };
        CompletableFuture<Decision> answer = async(hasty);
        assertThat(hasty.getQueue()).hasSize(1);
        answer.cancel(false);
        assertThat(hasty.getQueue()).isEmpty();
        hasty.shutdownNow();
    }

    @Test
    void aSchedulerThatTakesNoTaskFailsTheFuture() {
        attempts.thenRefuse(10).thenRefuse(10).thenRefuse(10);
        CompletableFuture<Decision> waiting = async();
        Runnable task = scheduler.getQueue().element();
        scheduler.shutdown();
        assertFailedBecauseOf(RejectedExecutionException.class, async());
        task.run();
        assertFailedBecauseOf(RejectedExecutionException.class, waiting);
    }

    private static void assertFailedBecauseOf(Class<? extends Exception> cause, CompletableFuture<Decision> answer) {
        assertThat(answer).failsWithin(Duration.ZERO).withThrowableThat().withCauseInstanceOf(cause);
    }

    @Test
    void aCallIsEitherAdmittedOrGivenBackWhoeverIsFaster() throws InterruptedException {
        ScheduledThreadPoolExecutor oneThread = new ScheduledThreadPoolExecutor(1);
        AtomicInteger admissions = new AtomicInteger();
        int kept = 0;
        for (int round = 0; round < 5_000; round++) {
            AtomicInteger asked = new AtomicInteger();
            Supplier<CompletionStage<Reservation>> admitsTheSecond = () -> {
                if (asked.incrementAndGet() == 1) {
                    return CompletableFuture.completedFuture(Reservation.rejected(refusal(1)));
                }
                admissions.incrementAndGet();
                spin(500);
                return CompletableFuture.completedFuture(attempts.admitted());
            };
            CompletableFuture<Decision> answer = new PendingCall(
                            Duration.ofDays(1), TimeSource.system(), new WaitingCalls(), "acme")
                    .async(admitsTheSecond, oneThread, Reservation::decision);
            while (round % 4 != 0 && asked.get() < 2 && !answer.isDone()) {
                Thread.onSpinWait();
            }
            spin(10 * (round % 100));
            kept += answer.cancel(false) ? 0 : 1;
        }
        oneThread.shutdown();
        assertThat(oneThread.awaitTermination(1, TimeUnit.DAYS)).isTrue();
        assertThat(admissions.get() - attempts.givenBack()).isEqualTo(kept);
    }

    private static void spin(int times) {
        for (int i = 0; i < times; i++) {
            Thread.onSpinWait();
        }
    }

    @Test
    void whatAnyAttemptThrowsFailsTheFuture() {
        IllegalStateException noTier = new IllegalStateException("no tier");
        attempts.thenThrow(noTier).thenRefuse(10).thenThrow(noTier);
        assertFailedBecauseOf(IllegalStateException.class, async());
        CompletableFuture<Decision> later = async();
        scheduler.runNext();
        assertFailedBecauseOf(IllegalStateException.class, later);
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void aMissingSchedulerIsRefusedBeforeAnybodyAsks() {
        assertThatNullPointerException().isThrownBy(() -> async(null)).withMessage("scheduler");
        assertThat(attempts.asked()).isZero();
    }
}
