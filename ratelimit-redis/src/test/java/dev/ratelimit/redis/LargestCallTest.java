package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Limits of single calls, which have no key. */
class LargestCallTest extends ServedTest {

    private static final PerCallLimit LARGEST = PerCallLimit.of(Unit.TOKENS, 1_000);

    private static Usage tokens(long n) {
        return Usage.of(Unit.TOKENS, n);
    }

    private static LimitReached cause(Decision decision) {
        return (LimitReached) ((Rejected) decision).cause();
    }

    @Test
    void refuseALargerCallOnlyAndLeaveNoKey() {
        RedisRateLimiter limiter = limiter(LARGEST);
        for (int i = 0; i < 3; i++) {
            assertThat(limiter.tryAcquire("acme", "chat", tokens(1_000)).isAdmitted())
                    .isTrue();
            assertThat(cause(limiter.tryAcquire("acme", "chat", tokens(1_001))).tooLarge())
                    .isTrue();
        }
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(0L);
        assertThat(redis.keys("*")).isEmpty();
        limiter.admin().reset("acme");
        limiter.admin().forget("acme");
    }

    @Test
    void chargeNothingElseForACallThatIsTooLarge() {
        RedisRateLimiter limiter = limiter(RateLimit.perMinute(5), LARGEST);
        assertThat(limiter.tryAcquire("acme", "chat", tokens(1_001)).isAdmitted())
                .isFalse();
        assertThat(limiter.status("acme", "chat").get(0).used()).isZero();
        limiter.tryAcquire("acme", "chat", tokens(7));
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(1);
    }

    @Test
    void areNamedAfterALimitBeforeThemThatRefusesForGood() {
        RedisRateLimiter limiter =
                limiter(Quota.lifetime(Unit.TOKENS, 10), LARGEST, RateLimit.perMinute(Unit.TOKENS, 5));
        assertThat(cause(limiter.tryAcquire("acme", "chat", tokens(1_001)))
                        .applied()
                        .table())
                .isEqualTo("table 0");
        RedisRateLimiter other = limiter(RateLimit.perMinute(Unit.TOKENS, 2_000), LARGEST);
        other.tryAcquire("other", "chat", tokens(1_000));
        assertThat(cause(other.tryAcquire("other", "chat", tokens(1_001)))
                        .applied()
                        .table())
                .isEqualTo("table 1");
    }

    @Test
    void countThePiecesOfAReservationInSum() {
        RedisRateLimiter limiter = limiter(LARGEST, RateLimit.perMinute(Unit.TOKENS, 5_000));
        Reservation reservation = limiter.reserve("acme", "chat", tokens(900));
        assertThat(reservation.use(tokens(600)).isAdmitted()).isTrue();
        assertThat(reservation.use(tokens(300)).isAdmitted()).isTrue();
        assertThat(cause(reservation.use(tokens(200))).tooLarge()).isTrue();
        assertThat(reservation.use(tokens(100)).isAdmitted()).isTrue();
        assertThat(limiter.status("acme", "chat").get(1).used()).isEqualTo(1_000);
        reservation.settle(tokens(4_000));
        assertThat(limiter.status("acme", "chat").get(1).used()).isEqualTo(4_000);
    }

    /** A usual call stays one: the fast part of the script knows them. */
    @Test
    void costAUsualCallNoCommand() {
        RedisRateLimiter limiter = limiter(RateLimit.perMinute(5), LARGEST);
        limiter.tryAcquire("acme", "chat", tokens(1));
        time.advance(Duration.ofMillis(1));
        forgetCounts();
        limiter.tryAcquire("acme", "chat", tokens(1));
        assertThat(sent("mget")).isZero();
        assertThat(sent("getrange")).isEqualTo(1);
    }
}
