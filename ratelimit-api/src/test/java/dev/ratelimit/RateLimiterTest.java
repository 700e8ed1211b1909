package dev.ratelimit;

import static dev.ratelimit.ScriptedAttempts.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RateLimiterTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Usage USAGE = Usage.of(Unit.TOKENS, 7);

    private final SleptTime time = new SleptTime();
    private final ScriptedAttempts attempts = new ScriptedAttempts(time);
    private final HandScheduler scheduler = new HandScheduler();
    private final ReservingLimiter limiter = new ReservingLimiter();
    private final Caller caller = Caller.of("acme", Tier.named("trial").build());

    @AfterEach
    void shutDown() {
        scheduler.shutdownNow();
    }

    @Test
    void aCallThatWaitsIsReservedAgainAndAgainAsItWasAskedFor() throws InterruptedException {
        attempts.thenRefuse(10).thenAdmit().thenRefuse(10).thenAdmit();
        assertThat(limiter.acquire("acme", "chat", USAGE, SECOND)).isEqualTo(Decision.admitted());
        assertThat(limiter.acquire(caller, "chat", USAGE, SECOND)).isEqualTo(Decision.admitted());
        assertThat(limiter.reserved)
                .containsExactly(
                        List.of("acme", "chat", USAGE),
                        List.of("acme", "chat", USAGE),
                        List.of(caller, "chat", USAGE),
                        List.of(caller, "chat", USAGE));
        assertThat(time.sleeps).hasSize(2);
    }

    @Test
    void aCallThatWaitsWithoutAThreadIsReservedTheSameWay() {
        attempts.thenRefuse(10).thenAdmit().then(refusal(2_000_000_000));
        var answer = limiter.acquireAsync("acme", "chat", USAGE, SECOND, scheduler);
        scheduler.runNext();
        assertThat(answer).isCompletedWithValue(Decision.admitted());
        assertThat(limiter.acquireAsync(caller, "chat", USAGE, SECOND, scheduler))
                .isCompletedWithValue(refusal(2_000_000_000));
        assertThat(limiter.reserved)
                .containsExactly(
                        List.of("acme", "chat", USAGE), List.of("acme", "chat", USAGE), List.of(caller, "chat", USAGE));
    }

    @Test
    void anOrganizationWithoutATierIsThrownToAThreadAndFailsAFuture() {
        IllegalStateException noTier = new IllegalStateException("no tier");
        attempts.thenThrow(noTier).thenThrow(noTier).thenThrow(new NullPointerException("of the resolver"));
        assertThatIllegalStateException()
                .isThrownBy(() -> limiter.acquire("acme", "chat", USAGE, SECOND))
                .isSameAs(noTier);
        assertThat(limiter.acquireAsync("acme", "chat", USAGE, SECOND, scheduler))
                .isCompletedExceptionally();
        assertThat(limiter.acquireAsync("acme", "chat", USAGE, SECOND, scheduler))
                .isCompletedExceptionally();
    }

    @Test
    void aNegativeLongestWaitIsThrownAtTheCall() {
        Duration negative = Duration.ofSeconds(-1);
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> limiter.acquire("acme", "chat", USAGE, negative),
                () -> limiter.acquire(caller, "chat", USAGE, negative),
                () -> limiter.acquireAsync("acme", "chat", USAGE, negative, scheduler),
                () -> limiter.acquireAsync(caller, "chat", USAGE, negative, scheduler))) {
            assertThatIllegalArgumentException().isThrownBy(call).withMessage("maxWait must be >= 0: maxWait=PT-1S");
        }
        assertThat(limiter.reserved).isEmpty();
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsThrownAtTheCallByName() {
        String nobody = null;
        Caller noCaller = null;
        assertRefused("organization", () -> limiter.acquire(nobody, "chat", USAGE, SECOND));
        assertRefused("caller", () -> limiter.acquire(noCaller, "chat", USAGE, SECOND));
        assertRefused("endpoint", () -> limiter.acquire("acme", null, USAGE, SECOND));
        assertRefused("endpoint", () -> limiter.acquire(caller, null, USAGE, SECOND));
        assertRefused("usage", () -> limiter.acquire("acme", "chat", null, SECOND));
        assertRefused("usage", () -> limiter.acquire(caller, "chat", null, SECOND));
        assertRefused("maxWait", () -> limiter.acquire("acme", "chat", USAGE, null));
        assertRefused("organization", () -> limiter.acquireAsync(nobody, "chat", USAGE, SECOND, scheduler));
        assertRefused("caller", () -> limiter.acquireAsync(noCaller, "chat", USAGE, SECOND, scheduler));
        assertRefused("endpoint", () -> limiter.acquireAsync(caller, null, USAGE, SECOND, scheduler));
        assertRefused("usage", () -> limiter.acquireAsync("acme", "chat", null, SECOND, scheduler));
        assertRefused("maxWait", () -> limiter.acquireAsync(caller, "chat", USAGE, null, scheduler));
        assertRefused("scheduler", () -> limiter.acquireAsync("acme", "chat", USAGE, SECOND, null));
        assertThat(limiter.reserved).isEmpty();
    }

    private static void assertRefused(String name, ThrowingCallable call) {
        assertThatNullPointerException().isThrownBy(call).withMessage(name);
    }

    /** A limiter whose reservations are written down beforehand, and which notes what was asked for. */
    private final class ReservingLimiter implements RateLimiter {

        private final List<List<Object>> reserved = new ArrayList<>();

        @Override
        public Reservation reserve(String organization, String endpoint, Usage estimate) {
            reserved.add(List.of(organization, endpoint, estimate));
            return attempts.get();
        }

        @Override
        public Reservation reserve(Caller caller, String endpoint, Usage estimate) {
            reserved.add(List.of(caller, endpoint, estimate));
            return attempts.get();
        }

        @Override
        public TimeSource timeSource() {
            return time;
        }

        @Override
        public Decision tryAcquire(String organization, String endpoint, Usage usage) {
            throw new AssertionError("waiting reserves");
        }

        @Override
        public Decision tryAcquire(Caller caller, String endpoint, Usage usage) {
            throw new AssertionError("waiting reserves");
        }

        @Override
        public Decision peek(String organization, String endpoint, Usage usage) {
            throw new AssertionError("waiting reserves");
        }

        @Override
        public Decision peek(Caller caller, String endpoint, Usage usage) {
            throw new AssertionError("waiting reserves");
        }

        @Override
        public List<LimitStatus> status(String organization, String endpoint) {
            throw new AssertionError("waiting reserves");
        }

        @Override
        public List<LimitStatus> status(Caller caller, String endpoint) {
            throw new AssertionError("waiting reserves");
        }

        @Override
        public List<LimitStatus> status(String organization) {
            throw new AssertionError("waiting reserves");
        }

        @Override
        public List<LimitStatus> status(Caller caller) {
            throw new AssertionError("waiting reserves");
        }
    }
}
