package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What windows do when the server's clock steps, or another server's takes over. */
class ServerClockTest extends ServedTest {

    private final SettableTime clock = new SettableTime(1_000_000_000);

    private RedisRateLimiter limiterOf(long calls) {
        return limiter(builder()
                .tier(tierOf(RateLimit.of(Unit.CALLS, calls, Duration.ofSeconds(10))))
                .time(ServerTime.supplied(clock)));
    }

    private static Optional<Duration> refused(RedisRateLimiter limiter) {
        return ((Rejected) limiter.tryAcquire("acme", "chat")).retryAfter();
    }

    @Test
    void whenItStepsBackNothingIsAdmittedTwiceAndTheWaitIsAsMuchLonger() {
        RedisRateLimiter limiter = limiterOf(2);
        limiter.tryAcquire("acme", "chat");
        clock.micros += 4_000_000;
        limiter.tryAcquire("acme", "chat");
        clock.micros -= 3_000_000;
        assertThat(refused(limiter)).hasValue(Duration.ofSeconds(9));
        clock.micros += 9_000_000;
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(refused(limiter)).hasValue(Duration.ofSeconds(4));
    }

    @Test
    void aChargeThatIsMadeAfterAStepBackCountsFromTheLatestChargeBeforeIt() {
        RedisRateLimiter limiter = limiterOf(2);
        clock.micros += 5_000_000;
        limiter.tryAcquire("acme", "chat");
        clock.micros -= 5_000_000;
        limiter.tryAcquire("acme", "chat");
        assertThat(refused(limiter)).hasValue(Duration.ofSeconds(15));
        clock.micros += 14_999_999;
        assertThat(refused(limiter)).hasValue(Duration.ofNanos(1_000));
        clock.micros += 1;
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 2)).isAdmitted())
                .isTrue();
    }

    @Test
    void whatHasExpiredOnceStaysSo() {
        RedisRateLimiter limiter = limiterOf(2);
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 2));
        clock.micros += 10_000_000;
        limiter.tryAcquire("acme", "chat");
        clock.micros -= 10_000_000;
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(1);
    }

    @Test
    void aReservationThatIsCancelledAfterItsMeterBeganAnewGivesNothingBack() {
        RedisRateLimiter limiter = limiterOf(5);
        Reservation reservation = limiter.reserve("acme", "chat", Usage.call());
        clock.micros += 10_000_000;
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 5));
        assertThat(reservation.cancel()).isTrue();
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(5);
    }

    @Test
    void whatRedisHasForgottenIsNotGivenBackTwice() {
        RedisRateLimiter limiter = limiterOf(5);
        Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.CALLS, 4));
        redis.flushall();
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 2)); // under the same number and stamp
        assertThat(reservation.cancel()).isTrue();
        assertThat(limiter.status("acme", "chat").get(0).used()).isZero();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 5)).isAdmitted())
                .isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }

    @Test
    void whatIsSettledBeyondAPeriodThatIsOverIsForgottenWithoutAFailure() {
        Quota day = Quota.of(Unit.CALLS, 9, QuotaPeriod.day(ZoneOffset.UTC));
        RedisRateLimiter limiter = limiter(builder().tier(tierOf(day)).time(ServerTime.supplied(clock)));
        AsyncReservation reservation = limiter.reserve("acme", "chat", Usage.call());
        clock.micros += Duration.ofDays(1).toMillis() * 1_000;
        assertThat(reservation.settle(Usage.of(Unit.CALLS, 5))).isTrue();
        assertThat(reservation.confirmed()).isCompletedWithValue(true);
        assertThat(limiter.status("acme", "chat").get(0).used()).isZero();
    }
}
