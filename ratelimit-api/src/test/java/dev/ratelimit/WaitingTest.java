package dev.ratelimit;

import static dev.ratelimit.ScriptedAttempts.refusal;
import static dev.ratelimit.ScriptedAttempts.refusalForGood;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.ratelimit.spi.WaitingCalls;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WaitingTest {

    private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

    private final SleptTime time = new SleptTime();
    private final ScriptedAttempts attempts = new ScriptedAttempts(time);

    private Decision await(Duration maxWait) throws InterruptedException {
        return new PendingCall(maxWait, time, new WaitingCalls(), "acme")
                .await(attempts)
                .decision();
    }

    private Decision await(long maxWaitNanos) throws InterruptedException {
        return await(Duration.ofNanos(maxWaitNanos));
    }

    /** A test that leaves its thread interrupted would break the next. */
    @AfterEach
    void clearInterruption() {
        Thread.interrupted();
    }

    @Test
    void aCallThatIsAdmittedDoesNotWait() throws InterruptedException {
        attempts.thenAdmit();
        assertThat(await(100)).isEqualTo(Decision.admitted());
        assertThat(time.sleeps).isEmpty();
    }

    @Test
    void aRefusedCallWaitsAndAsksAgainUntilItIsAdmitted() throws InterruptedException {
        attempts.thenRefuse(1_000).thenRefuse(500).thenRefuse(1).thenAdmit();
        assertThat(await(FOR_EVER)).isEqualTo(Decision.admitted());
        assertThat(time.sleeps).hasSize(3);
        assertThat(attempts.givenBack()).isZero();
    }

    @Test
    void nobodyAsksAgainBeforeTheWaitThatHeWasToldNorAfterTwiceOfIt() throws InterruptedException {
        Random random = new Random(1);
        for (int round = 0; round < 200; round++) {
            long[] told = random.longs(10, 1, 1L << random.nextInt(1, 50)).toArray();
            ScriptedAttempts refused = new ScriptedAttempts(time);
            for (long wait : told) {
                refused.thenRefuse(wait);
            }
            new PendingCall(FOR_EVER, time, new WaitingCalls(), "acme").await(refused.thenAdmit());
            for (int i = 0; i < told.length; i++) {
                long waited = refused.askedAt.get(i + 1) - refused.askedAt.get(i);
                assertThat(waited).isBetween(told[i], 2 * told[i]);
            }
        }
    }

    @Test
    void nobodyWakesAfterTheLongestWait() throws InterruptedException {
        Random random = new Random(2);
        for (int round = 0; round < 1_000; round++) {
            long longest = random.nextLong(1, 1L << 40);
            ScriptedAttempts refused = new ScriptedAttempts(time);
            for (int i = 0; i < 100; i++) {
                refused.thenRefuse(1 + longest / random.nextLong(2, 10));
            }
            Decision last = new PendingCall(Duration.ofNanos(longest), time, new WaitingCalls(), "acme")
                    .await(refused)
                    .decision();
            assertThat(last.isAdmitted()).isFalse();
            assertThat(refused.askedAt.get(refused.asked() - 1) - refused.askedAt.get(0))
                    .isBetween(1L, longest);
        }
    }

    @Test
    void whoWaitsForACallInFlightAsksAgainAndAgain() throws InterruptedException {
        for (int i = 0; i < 14; i++) {
            attempts.then(inFlight(600_000_000_000L, 0));
        }
        attempts.thenAdmit();
        assertThat(await(FOR_EVER)).isEqualTo(Decision.admitted());
        long pause = 1_000_000;
        for (long slept : time.sleeps) {
            assertThat(slept).isBetween(pause, Math.min(2 * pause, 1_000_000_000));
            pause = Math.min(2 * pause, 1_000_000_000);
        }
        assertThat(time.sleeps).hasSize(14);
    }

    @Test
    void whoWaitsForACallInFlightSleepsThroughTheCertainPartOfTheWait() throws InterruptedException {
        attempts.then(inFlight(600_000_000_000L, 5_000_000_000L)).thenAdmit();
        assertThat(await(FOR_EVER)).isEqualTo(Decision.admitted());
        assertThat(time.sleeps)
                .singleElement()
                .satisfies(slept -> assertThat(slept).isBetween(5_000_000_000L, 10_000_000_000L));
    }

    @Test
    void whoWaitsForACallInFlightAsksLastWhenTheLongestWaitIsOver() throws InterruptedException {
        Rejected refusal = inFlight(600_000_000_000L, 0);
        attempts.then(refusal).then(refusal).then(refusal);
        assertThat(await(2_500_000)).isEqualTo(refusal);
        assertThat(attempts.askedAt.get(2) - attempts.askedAt.get(0)).isEqualTo(2_500_000);
    }

    @Test
    void aCallWhoseCertainWaitIsTooLongIsRefusedWithoutWaiting() throws InterruptedException {
        attempts.then(inFlight(600, 101));
        assertThat(await(100)).isEqualTo(inFlight(600, 101));
        attempts.then(inFlight(600, 0));
        assertThat(await(0)).isEqualTo(inFlight(600, 0));
        assertThat(time.sleeps).isEmpty();
    }

    private static Rejected inFlight(long retryAfterNanos, long certainNanos) {
        Cause cause = refusal(1).cause();
        return Rejected.temporaryAtMost(cause, "", retryAfterNanos, certainNanos);
    }

    @Test
    void aCallThatWillNotBeInTimeIsRefusedWithoutWaiting() throws InterruptedException {
        attempts.thenRefuse(101);
        assertThat(await(100)).isEqualTo(refusal(101));
        assertThat(time.sleeps).isEmpty();
    }

    @Test
    void aCallThatWillJustBeInTimeWaitsToTheLastNanosecondAndNoLonger() throws InterruptedException {
        attempts.thenRefuse(1_000).thenAdmit();
        assertThat(await(1_000)).isEqualTo(Decision.admitted());
        assertThat(time.sleeps).containsExactly(1_000L);
    }

    @Test
    void allThatHasPassedSinceTheBeginningIsTakenFromTheLongestWait() throws InterruptedException {
        attempts.then(() -> {
                    time.advance(300);
                    return Reservation.rejected(refusal(600));
                })
                .thenRefuse(101);
        assertThat(await(1_000)).isEqualTo(refusal(101));
        assertThat(time.sleeps).hasSize(1);
        attempts.then(() -> {
            time.advance(300);
            return Reservation.rejected(refusal(701));
        });
        assertThat(await(1_000)).isEqualTo(refusal(701));
        assertThat(time.sleeps).hasSize(1);
    }

    @Test
    void aCallThatNoWaitHelpsIsRefusedWithoutWaiting() throws InterruptedException {
        attempts.then(refusalForGood());
        assertThat(await(FOR_EVER)).isEqualTo(refusalForGood());
        assertThat(time.sleeps).isEmpty();
    }

    @Test
    void aLongestWaitOfZeroAsksOnce() throws InterruptedException {
        attempts.thenRefuse(1).thenAdmit();
        assertThat(await(0)).isEqualTo(refusal(1));
        assertThat(await(0)).isEqualTo(Decision.admitted());
        assertThat(time.sleeps).isEmpty();
    }

    @Test
    void aLongestWaitBeyond292YearsIsForEver() throws InterruptedException {
        attempts.thenRefuse(Long.MAX_VALUE).thenAdmit();
        assertThat(await(FOR_EVER)).isEqualTo(Decision.admitted());
        assertThat(time.sleeps).containsExactly(Long.MAX_VALUE);
    }

    @Test
    void aNegativeLongestWaitIsRefusedBeforeAnybodyAsks() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> await(Duration.ofSeconds(-1)))
                .withMessage("maxWait must be >= 0: maxWait=PT-1S");
        assertThat(attempts.asked()).isZero();
    }

    @Test
    void anInterruptedThreadDoesNotAsk() {
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> await(0));
        assertThat(attempts.asked()).isZero();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void aThreadThatIsInterruptedWhileItWaitsDoesNotAskAgain() {
        attempts.then(() -> {
            Thread.currentThread().interrupt();
            return Reservation.rejected(refusal(50));
        });
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> await(100));
        assertThat(attempts.asked()).isEqualTo(1);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void aThreadThatIsInterruptedWhenItsWaitIsOverDoesNotAskAgain() {
        SleptTime overslept = new SleptTime() {
            @Override
            public void sleep(long nanos) throws InterruptedException {
                super.sleep(nanos);
                Thread.currentThread().interrupt();
            }
        };
        attempts.thenRefuse(50);
        PendingCall waiting = new PendingCall(Duration.ofNanos(100), overslept, new WaitingCalls(), "acme");
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> waiting.await(attempts));
        assertThat(overslept.sleeps).hasSize(1);
    }

    @Test
    void aThreadThatIsInterruptedWhileItIsAdmittedKeepsItsAdmissionAndItsInterruption() throws InterruptedException {
        attempts.then(() -> {
            Thread.currentThread().interrupt();
            return attempts.admitted();
        });
        assertThat(await(100)).isEqualTo(Decision.admitted());
        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        assertThat(attempts.givenBack()).isZero();
    }

    @Test
    void whatAnAttemptThrowsIsThrown() {
        attempts.thenRefuse(10).thenThrow(new IllegalStateException("no tier"));
        assertThatIllegalStateException().isThrownBy(() -> await(100)).withMessage("no tier");
        assertThat(attempts.asked()).isEqualTo(2);
    }
}
