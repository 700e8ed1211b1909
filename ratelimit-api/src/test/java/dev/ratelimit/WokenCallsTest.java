package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.ratelimit.spi.WaitingCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls that wait for a call in flight, and are woken when one ends. */
@Timeout(60)
class WokenCallsTest {

    private static final Duration LONGEST = Duration.ofHours(1);

    private final WaitingCalls calls = new WaitingCalls();
    private final List<String> wokenOthers = new ArrayList<>();

    /** Whoever may be woken sleeps until it is woken, and no time passes meanwhile. */
    private final SleptTime time = new SleptTime() {
        @Override
        public void sleep(long nanos, Future<?> woken) {
            assertThat(woken).as("nobody else would wake it").isDone();
            wokenSleeps.add(nanos);
        }
    };

    private final List<Long> wokenSleeps = new ArrayList<>();
    private final ScriptedAttempts attempts = new ScriptedAttempts(time);
    private final List<Runnable> executed = new ArrayList<>();
    private final HandScheduler scheduler = new HandScheduler() {
        @Override
        public void execute(Runnable command) {
            executed.add(command);
        }
    };

    @AfterEach
    void shutDown() {
        scheduler.shutdownNow();
    }

    private static Reservation inFlight(long certainNanos) {
        Cause cause = ScriptedAttempts.refusal(1).cause();
        return Reservation.rejected(Rejected.temporaryAtMost(cause, "", 600_000_000_000L, certainNanos));
    }

    /** An attempt that is refused, where a call in flight ends at the very moment. */
    private Reservation refusedAsOneEnds() {
        calls.wakeOne("acme");
        return inFlight(0);
    }

    private void addOther() {
        calls.add("acme", () -> wokenOthers.add("other"));
    }

    private Decision await() throws InterruptedException {
        return new PendingCall(LONGEST, time, calls, "acme").await(attempts).decision();
    }

    private CompletableFuture<Decision> async() {
        return new PendingCall(LONGEST, time, calls, "acme")
                .async(() -> CompletableFuture.completedFuture(attempts.get()), scheduler, Reservation::decision);
    }

    @Test
    void anEndBetweenTheRefusalAndTheSleepIsNotMissed() throws InterruptedException {
        attempts.then(() -> inFlight(0))
                .then(this::refusedAsOneEnds)
                .then(this::refusedAsOneEnds)
                .thenAdmit();
        assertThat(await()).isEqualTo(Decision.admitted());
        assertThat(time.sleeps).as("until it is among those who are woken").hasSize(1);
        assertThat(wokenSleeps).hasSize(2);
        addOther();
        calls.wakeOne("acme");
        assertThat(wokenOthers).as("nothing is left of the call").hasSize(1);
    }

    @Test
    void oneThatIsWokenAndAdmittedWakesTheNext() throws InterruptedException {
        attempts.then(() -> inFlight(0))
                .then(() -> {
                    addOther();
                    return refusedAsOneEnds();
                })
                .then(() -> {
                    assertThat(wokenOthers).as("one end wakes one call").isEmpty();
                    return attempts.admitted();
                });
        assertThat(await()).isEqualTo(Decision.admitted());
        assertThat(wokenOthers).hasSize(1);
    }

    @Test
    void oneThatIsWokenAndRefusedWakesNobody() throws InterruptedException {
        attempts.then(() -> inFlight(0))
                .then(() -> {
                    addOther();
                    return refusedAsOneEnds();
                })
                .then(() -> {
                    calls.wakeOne("acme"); // the other one, which was added before
                    assertThat(wokenOthers).hasSize(1);
                    addOther();
                    return refusedAsOneEnds();
                })
                .then(ScriptedAttempts.refusalForGood());
        assertThat(await().isAdmitted()).isFalse();
        assertThat(wokenOthers).as("it goes, and wakes the next").hasSize(2);
    }

    @Test
    void anAttemptThatThrowsWakesTheNext() {
        attempts.then(() -> inFlight(0)).then(this::refusedAsOneEnds).then(() -> {
            addOther();
            throw new IllegalStateException("away");
        });
        assertThat(catchThrowable(this::await)).hasMessage("away");
        assertThat(wokenOthers).hasSize(1);
    }

    @Test
    void theCertainPartOfAWaitIsSleptThrough() throws InterruptedException {
        attempts.then(() -> inFlight(0))
                .then(() -> {
                    calls.wakeOne("acme");
                    return inFlight(5_000_000_000L);
                })
                .thenAdmit();
        assertThat(await()).isEqualTo(Decision.admitted());
        assertThat(wokenSleeps).isEmpty();
        assertThat(time.sleeps).hasSize(2);
        assertThat(time.sleeps.get(1)).isGreaterThanOrEqualTo(5_000_000_000L);
    }

    @Test
    void withoutAThreadItIsAskedByTheSchedulerAtOnce() {
        attempts.then(() -> inFlight(0))
                .then(() -> inFlight(0))
                .then(() -> inFlight(0))
                .thenAdmit();
        CompletableFuture<Decision> answer = async();
        calls.wakeOne("acme");
        assertThat(scheduler.getQueue())
                .as("nothing is woken before the second attempt")
                .hasSize(1);
        scheduler.runNext();
        for (int attempt = 3; attempt <= 4; attempt++) {
            calls.wakeOne("acme");
            assertThat(executed).hasSize(1);
            assertThat(scheduler.getQueue())
                    .as("the later attempt is taken out")
                    .isEmpty();
            executed.remove(0).run();
        }
        assertThat(answer).isCompletedWithValue(Decision.admitted());
        assertThat(attempts.asked()).isEqualTo(4);
    }

    @Test
    void withoutAThreadAnEndDuringTheAttemptIsNotMissed() {
        attempts.then(() -> inFlight(0)).then(this::refusedAsOneEnds).thenAdmit();
        CompletableFuture<Decision> answer = async();
        scheduler.runNext();
        executed.remove(0).run();
        assertThat(answer).isCompletedWithValue(Decision.admitted());
        assertThat(scheduler.getQueue()).isEmpty();
    }

    @Test
    void oneThatIsCancelledIsNotWokenAndWakesNobody() {
        attempts.then(() -> inFlight(0)).then(() -> inFlight(0));
        CompletableFuture<Decision> answer = async();
        scheduler.runNext();
        addOther();
        assertThat(answer.cancel(false)).isTrue();
        assertThat(wokenOthers).isEmpty();
        assertThat(scheduler.getQueue()).isEmpty();
        calls.wakeOne("acme");
        assertThat(wokenOthers).hasSize(1);
        assertThat(executed).isEmpty();
    }

    @Test
    void oneThatIsWokenAndCancelledWakesTheNext() {
        attempts.then(() -> inFlight(0)).then(() -> inFlight(0));
        CompletableFuture<Decision> answer = async();
        scheduler.runNext();
        addOther();
        calls.wakeOne("acme");
        assertThat(wokenOthers).isEmpty();
        assertThat(answer.cancel(false)).isTrue();
        assertThat(wokenOthers).hasSize(1);
        executed.remove(0).run();
        assertThat(attempts.asked())
                .as("what was handed over finds the call gone")
                .isEqualTo(2);
    }
}
