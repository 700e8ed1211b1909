package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What calls get that wait until they are admitted. */
abstract class WaitingScenarios extends Scenarios {

    private static final Duration HOUR = Duration.ofHours(1);

    private final HandScheduler scheduler = new HandScheduler();

    WaitingScenarios(RateLimiterContract contract) {
        super(contract);
    }

    @AfterEach
    void shutDown() {
        scheduler.shutdownNow();
    }

    private Decision acquire(long calls, Duration maxWait) throws InterruptedException {
        return limiter.waiting(maxWait).acquire("acme", "chat", calls(calls));
    }

    private CompletableFuture<Decision> acquireAsync(long calls, Duration maxWait) {
        return asked(limiter.waiting(maxWait).acquireAsync("acme", "chat", calls(calls), scheduler));
    }

    private CompletableFuture<Decision> asked(CompletableFuture<Decision> call) {
        scheduler.awaitAttempt(call);
        return call;
    }

    /** Says that the call is admitted, some milliseconds after the beginning. */
    private void admittedAt(long millis, long calls, Duration maxWait) throws InterruptedException {
        assertThat(acquire(calls, maxWait)).isEqualTo(Decision.admitted());
        assertPassed(Duration.ofMillis(millis), Duration.ZERO);
    }

    /** Says that the call gets the rejection that it would get without waiting, before any time has passed. */
    private void refusedAtOnce(long calls, Duration maxWait) throws InterruptedException {
        Duration before = passed();
        Decision decision = acquire(calls, maxWait);
        assertPassed(before, Duration.ZERO);
        assertThat(decision.isAdmitted()).isFalse();
        assertThat(decision).isEqualTo(limiter.tryAcquire("acme", "chat", calls(calls)));
    }

    private Duration passed() {
        return Duration.between(ManualTime.DEFAULT_START, time.instant());
    }

    private void assertPassed(Duration least, Duration spread) {
        assertThat(passed()).isBetween(least, least.plus(spread));
    }

    @Test
    void aCallThatFitsDoesNotWait() throws InterruptedException {
        limits(RateLimit.perMinute(2));
        admittedAt(0, 1, HOUR);
        admittedAt(0, 1, Duration.ZERO);
        used(2L);
    }

    @Test
    void aRefusedCallIsAdmittedAndChargedOnceWhenTheWaitThatItWasToldIsOver() throws InterruptedException {
        limits(RateLimit.perMinute(3));
        at(0).admits(2);
        at(20_000).admits(1);
        admittedAt(60_000, 1, Duration.ofSeconds(40));
        used(2L).remaining(1L);
        admittedAt(80_000, 2, Duration.ofSeconds(20));
        used(3L).rejects(1, 40_000);
    }

    @Test
    void aCallThatMayWaitLongerComesUpToASixteenthOfItsWaitLater() throws InterruptedException {
        limits(RateLimit.perMinute(1)).admits(1);
        assertThat(acquire(1, HOUR)).isEqualTo(Decision.admitted());
        assertPassed(Duration.ofMinutes(1), Duration.ofMinutes(1).dividedBy(16));
        used(1L);
    }

    @Test
    void theLongestWaitOfAllLimitsIsWaitedFor() throws InterruptedException {
        limits(RateLimit.perMinute(1), RateLimit.perHour(1), RateLimit.perSecond(1));
        admits(1);
        admittedAt(3_600_000, 1, HOUR);
        used(1L, 1L, 1L);
    }

    @Test
    void aCallWaitsForTheNextPeriodOfAQuota() throws InterruptedException {
        Duration january = Duration.ofDays(31);
        limits(Quota.perMonth(2)).admits(2);
        refusedAtOnce(1, january.minus(tick));
        admittedAt(january.toMillis(), 2, january);
        used(2L);
    }

    @Test
    void aCallThatWillNotBeInTimeIsToldSoAtOnceAndChargesNothing() throws InterruptedException {
        limits(RateLimit.perMinute(2)).admits(1);
        at(10_000).admits(1);
        refusedAtOnce(1, Duration.ofSeconds(50).minus(tick));
        refusedAtOnce(2, Duration.ofSeconds(60).minus(tick));
        refusedAtOnce(1, Duration.ZERO);
        used(2L);
    }

    @Test
    void aCallThatNoWaitHelpsIsToldSoAtOnce() throws InterruptedException {
        Duration forEver = Duration.ofSeconds(Long.MAX_VALUE);
        limits(RateLimit.perMinute(2));
        refusedAtOnce(3, forEver);
        limits(RateLimit.perMinute(0));
        refusedAtOnce(1, forEver);
        limits(Quota.lifetime(Unit.CALLS, 5)).admits(5);
        refusedAtOnce(1, forEver);
        used(5L);
    }

    @Test
    void aCallThatWaitsIsDecidedByTheTierThatItsCallerBrings() throws InterruptedException {
        Caller caller = Caller.of("acme", tierOf(RateLimit.perMinute(1)));
        limits(RateLimit.perMinute(0));
        assertThat(limiter.waiting(HOUR).acquire(caller, "chat", Usage.call())).isEqualTo(Decision.admitted());
        assertPassed(Duration.ZERO, Duration.ZERO);
        CompletableFuture<Decision> answer =
                asked(limiter.waiting(HOUR).acquireAsync(caller, "chat", Usage.call(), scheduler));
        time.advanceNanos(scheduler.delay());
        scheduler.runNext(answer);
        assertThat(answer).isCompletedWithValue(Decision.admitted());
        used(1L);
    }

    @Test
    void anInterruptedCallChargesNothing() {
        limits(RateLimit.perMinute(1));
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> acquire(1, HOUR));
        used(0L);
    }

    @Test
    void aCallThatWaitsWithoutAThreadIsAdmittedOnceItsWaitIsOver() {
        limits(RateLimit.perMinute(1));
        assertThat(acquireAsync(1, HOUR)).isCompletedWithValue(Decision.admitted());
        CompletableFuture<Decision> answer = acquireAsync(1, Duration.ofMinutes(1));
        assertThat(answer).isNotDone();
        assertThat(scheduler.delay()).isEqualTo(Duration.ofMinutes(1).toNanos());
        at(60_000);
        scheduler.runNext(answer);
        assertThat(answer).isCompletedWithValue(Decision.admitted());
        used(1L).rejects(1, 60_000);
    }

    @Test
    void aCallThatComesLaterMayTakeThePlaceOfOneThatWaits() {
        limits(RateLimit.perMinute(1)).admits(1);
        CompletableFuture<Decision> answer = acquireAsync(1, Duration.ofSeconds(119));
        time.advanceNanos(scheduler.delay());
        admits(1);
        scheduler.runNext(answer);
        assertThat(answer).isCompletedWithValue(limiter.tryAcquire("acme", "chat"));
        used(1L);
    }

    @Test
    void theTierIsAskedForAgainAtEveryAttempt() {
        limits(RateLimit.perMinute(1)).admits(1);
        CompletableFuture<Decision> upgraded = acquireAsync(1, HOUR);
        time.advanceNanos(scheduler.delay());
        admits(1);
        limits(RateLimit.perMinute(2));
        scheduler.runNext(upgraded);
        assertThat(upgraded).isCompletedWithValue(Decision.admitted());
        used(2L);

        CompletableFuture<Decision> downgraded = acquireAsync(1, HOUR);
        time.advanceNanos(scheduler.delay());
        limits(RateLimit.perMinute(0));
        scheduler.runNext(downgraded);
        rejectsForGood(1);
        assertThat(downgraded).isCompletedWithValue(limiter.tryAcquire("acme", "chat"));
    }

    @Test
    void aCancelledCallLeavesTheSchedulerAndChargesNothing() {
        limits(RateLimit.perMinute(1)).admits(1);
        CompletableFuture<Decision> answer = acquireAsync(1, HOUR);
        assertThat(scheduler.getQueue()).hasSize(1);
        assertThat(answer.cancel(false)).isTrue();
        assertThat(scheduler.getQueue()).isEmpty();
        at(60_000).used(0L);
    }

    @Test
    void anOrganizationWithoutATierFailsTheFutureAndNullIsThrownAtTheCall() {
        @SuppressWarnings("NullAway") // a resolver that breaks its contract is what is tested
        RateLimiter withoutTiers = contract.create(organization -> null, time);
        assertThat(withoutTiers.waiting(HOUR).acquireAsync("acme", "chat", Usage.call(), scheduler))
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(IllegalStateException.class);
        assertNullIsThrown();
    }

    @SuppressWarnings("NullAway") // that null is refused is what is tested
    private void assertNullIsThrown() {
        assertThatNullPointerException()
                .isThrownBy(() -> limiter.waiting(HOUR).acquireAsync("acme", null, Usage.call(), scheduler))
                .withMessage("endpoint");
    }

    @Test
    void everyThreadThatWaitsIsAdmittedInTheEndAndNoWindowHoldsTooMuch() throws Exception {
        RateLimit limit = RateLimit.of(Unit.CALLS, 20, Duration.ofMillis(20));
        Tier tier = tierOf(limit);
        AttemptTimes times = new AttemptTimes();
        RateLimiter limiter = contract.create(organization -> tier, times);
        int threads = 8;
        int callsPerThread = 25;
        Callable<List<ThreadScenarios.Call>> caller = () -> {
            List<ThreadScenarios.Call> admitted = new ArrayList<>();
            for (int i = 0; i < callsPerThread; i++) {
                times.startAttempt();
                assertThat(limiter.waiting(Duration.ofMinutes(5)).acquire("acme", "chat", Usage.call()))
                        .isEqualTo(Decision.admitted());
                admitted.add(new ThreadScenarios.Call(times.startOfAttempt(), System.nanoTime(), 1));
            }
            return admitted;
        };
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<ThreadScenarios.Call> admitted = new ArrayList<>();
            for (Future<List<ThreadScenarios.Call>> calls : pool.invokeAll(Collections.nCopies(threads, caller))) {
                admitted.addAll(calls.get());
            }
            assertThat(admitted).hasSize(threads * callsPerThread);
            ThreadScenarios.assertNoWindowIsOverfull(admitted, limit);
        } finally {
            pool.shutdownNow();
        }
    }

    /**
     * The clocks of the JVM, which know for each thread when it could first make its last attempt: when it began, or
     * last woke.
     */
    private static final class AttemptTimes implements TimeSource {

        private final ThreadLocal<Long> start = ThreadLocal.withInitial(System::nanoTime);

        void startAttempt() {
            start.set(System.nanoTime());
        }

        long startOfAttempt() {
            return start.get();
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public Instant instant() {
            return Instant.now();
        }

        @Override
        public void sleep(long nanos) throws InterruptedException {
            TimeSource.super.sleep(nanos);
            startAttempt();
        }
    }
}
