package dev.ratelimit;

import static dev.ratelimit.ScriptedAttempts.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
    private final Caller caller = Caller.of("acme", Tier.named("trial").build());
    private final ReservingLimiter limiter = new ReservingLimiter();

    @AfterEach
    void shutDown() {
        scheduler.shutdownNow();
    }

    @Test
    void aCallThatWaitsIsReservedAgainAndAgainAsItWasAskedFor() throws InterruptedException {
        attempts.thenRefuse(10).thenAdmit().thenRefuse(10).thenAdmit();
        assertThat(limiter.waiting(SECOND).acquire("acme", "chat", USAGE)).isEqualTo(Decision.admitted());
        assertThat(limiter.waiting(SECOND).acquire(caller, "chat", USAGE)).isEqualTo(Decision.admitted());
        assertThat(limiter.reserved)
                .containsExactly(
                        List.of(caller, "chat", USAGE),
                        List.of(caller, "chat", USAGE),
                        List.of(caller, "chat", USAGE),
                        List.of(caller, "chat", USAGE));
        assertThat(time.sleeps).hasSize(2);
    }

    @Test
    void aCallThatWaitsWithoutAThreadIsReservedTheSameWay() {
        attempts.thenRefuse(10).thenAdmit().then(refusal(2_000_000_000));
        var answer = limiter.waiting(SECOND).acquireAsync("acme", "chat", USAGE, scheduler);
        scheduler.runNext();
        assertThat(answer).isCompletedWithValue(Decision.admitted());
        assertThat(limiter.waiting(SECOND).acquireAsync(caller, "chat", USAGE, scheduler))
                .isCompletedWithValue(refusal(2_000_000_000));
        assertThat(limiter.reserved)
                .containsExactly(
                        List.of(caller, "chat", USAGE), List.of(caller, "chat", USAGE), List.of(caller, "chat", USAGE));
    }

    @Test
    void anOrganizationWithoutATierIsThrownToAThreadAndFailsAFuture() {
        IllegalStateException noTier = new IllegalStateException("no tier");
        limiter.failures.addAll(List.of(noTier, noTier, new NullPointerException("of the resolver")));
        assertThatIllegalStateException()
                .isThrownBy(() -> limiter.waiting(SECOND).acquire("acme", "chat", USAGE))
                .isSameAs(noTier);
        assertThat(limiter.waiting(SECOND).acquireAsync("acme", "chat", USAGE, scheduler))
                .isCompletedExceptionally();
        assertThat(limiter.waiting(SECOND).acquireAsync("acme", "chat", USAGE, scheduler))
                .isCompletedExceptionally();
    }

    @Test
    void aNegativeLongestWaitIsThrownAtTheCall() {
        Duration negative = Duration.ofSeconds(-1);
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> limiter.waiting(negative).acquire("acme", "chat", USAGE),
                () -> limiter.waiting(negative).acquire(caller, "chat", USAGE),
                () -> limiter.waiting(negative).acquireAsync("acme", "chat", USAGE, scheduler),
                () -> limiter.waiting(negative).acquireAsync(caller, "chat", USAGE, scheduler))) {
            assertThatIllegalArgumentException().isThrownBy(call).withMessage("maxWait must be >= 0: maxWait=PT-1S");
        }
        assertThat(limiter.reserved).isEmpty();
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsThrownAtTheCallByName() {
        String nobody = null;
        Caller noCaller = null;
        assertRefused("organization", () -> limiter.waiting(SECOND).acquire(nobody, "chat", USAGE));
        assertRefused("who", () -> limiter.waiting(SECOND).acquire(noCaller, "chat", USAGE));
        assertRefused("endpoint", () -> limiter.waiting(SECOND).acquire("acme", null, USAGE));
        assertRefused("endpoint", () -> limiter.waiting(SECOND).acquire(caller, null, USAGE));
        assertRefused("usage", () -> limiter.waiting(SECOND).acquire("acme", "chat", null));
        assertRefused("usage", () -> limiter.waiting(SECOND).acquire(caller, "chat", null));
        assertRefused("maxWait", () -> limiter.waiting(null).acquire("acme", "chat", USAGE));
        assertRefused("organization", () -> limiter.waiting(SECOND).acquireAsync(nobody, "chat", USAGE, scheduler));
        assertRefused("who", () -> limiter.waiting(SECOND).acquireAsync(noCaller, "chat", USAGE, scheduler));
        assertRefused("endpoint", () -> limiter.waiting(SECOND).acquireAsync(caller, null, USAGE, scheduler));
        assertRefused("usage", () -> limiter.waiting(SECOND).acquireAsync("acme", "chat", null, scheduler));
        assertRefused("maxWait", () -> limiter.waiting(null).acquireAsync(caller, "chat", USAGE, scheduler));
        assertRefused("scheduler", () -> limiter.waiting(SECOND).acquireAsync("acme", "chat", USAGE, null));
        assertThat(limiter.reserved).isEmpty();
    }

    private static void assertRefused(String name, ThrowingCallable call) {
        assertThatNullPointerException().isThrownBy(call).withMessage(name);
    }

    @Test
    void aReservationWaitsAsACallDoesAndIsTheOneThatWasAdmitted() throws InterruptedException {
        attempts.thenRefuse(10).thenAdmit().thenRefuse(10).thenAdmit().then(refusal(2_000_000_000));
        Reservation reservation = limiter.waiting(SECOND).reserve("acme", "chat", USAGE);
        assertThat(reservation.decision()).isEqualTo(Decision.admitted());
        assertThat(reservation.cancel()).isTrue();
        assertThat(attempts.givenBack()).isEqualTo(1);
        var later = limiter.waiting(SECOND).reserveAsync(caller, "chat", USAGE, scheduler);
        assertThat(later).isNotDone();
        scheduler.runNext();
        assertThat(later.join().decision()).isEqualTo(Decision.admitted());
        assertThat(limiter.waiting(SECOND).reserve(caller, "chat", USAGE).decision())
                .isEqualTo(refusal(2_000_000_000));
        assertThat(limiter.reserved).hasSize(5);
    }

    @Test
    void aBoundEndpointAsksForItsEndpointUnderTheTierOfTheMoment() {
        attempts.thenAdmit().thenRefuse(10).thenAdmit();
        BoundLimiter byName = limiter.bind("acme", "chat");
        assertThat(byName.reserve(USAGE).decision()).isEqualTo(Decision.admitted());
        limiter.tier = Tier.named("production").build();
        assertThat(byName.reserve(USAGE).decision()).isEqualTo(refusal(10));
        assertThat(limiter.bind(caller, "chat").reserve(USAGE).decision()).isEqualTo(Decision.admitted());
        assertThat(limiter.reserved)
                .containsExactly(
                        List.of(caller, "chat", USAGE),
                        List.of(Caller.of("acme", limiter.tier), "chat", USAGE),
                        List.of(caller, "chat", USAGE));
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsNotBound() {
        String nobody = null;
        Caller noCaller = null;
        assertRefused("organization", () -> limiter.bind(nobody, "chat"));
        assertRefused("who", () -> limiter.bind(noCaller, "chat"));
        assertRefused("endpoint", () -> limiter.bind("acme", null));
    }

    /** A limiter whose reservations are written down beforehand, and which notes what was asked for. */
    private final class ReservingLimiter implements RateLimiter {

        private final List<List<Object>> reserved = new ArrayList<>();
        private final Deque<RuntimeException> failures = new ArrayDeque<>();
        private Tier tier = caller.tier();

        @Override
        public Reservation reserve(Resolution who, String endpoint, Usage estimate) {
            reserved.add(List.of(who, endpoint, estimate));
            return attempts.get();
        }

        @Override
        public Caller caller(String organization) {
            if (!failures.isEmpty()) {
                throw failures.remove();
            }
            return Caller.of(organization, tier);
        }

        @Override
        public TimeSource timeSource() {
            return time;
        }

        @Override
        public Recorded record(Resolution who, String endpoint, Usage usage) {
            throw new AssertionError("waiting reserves");
        }

        @Override
        public RateLimiter reporting() {
            throw new AssertionError("waiting reserves");
        }

        @Override
        public AsyncRateLimiter async() {
            return AsyncRateLimiter.immediate(this);
        }

        @Override
        public Decision tryAcquire(Resolution who, String endpoint, Usage usage) {
            throw new AssertionError("waiting reserves");
        }

        @Override
        public Decision peek(Resolution who, String endpoint, Usage usage) {
            throw new AssertionError("waiting reserves");
        }

        @Override
        public List<LimitStatus> status(Resolution who, String endpoint) {
            throw new AssertionError("waiting reserves");
        }

        @Override
        public List<LimitStatus> status(Resolution who) {
            throw new AssertionError("waiting reserves");
        }
    }
}
