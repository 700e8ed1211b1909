package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How often the server is asked, as it counts itself. */
class RoundTripsTest extends ServedTest {

    private static final RateLimit SECOND = RateLimit.perSecond(1_000);
    private static final RateLimit MINUTE = RateLimit.of(Unit.TOKENS, 100, Duration.ofMinutes(1));
    private static final Quota MONTH = Quota.perMonth(9_000);

    private void assertRoundTrips(long expected, Runnable question) {
        forgetCounts();
        question.run();
        assertThat(sent("evalsha")).isEqualTo(expected);
        assertThat(sent("eval")).isZero();
        assertThat(sent("script.load")).isZero();
    }

    @Test
    void aDecisionOverThreeLimitsIsOneRoundTrip() {
        RedisRateLimiter limiter = live(SECOND, MINUTE, MONTH);
        assertRoundTrips(1, () -> limiter.tryAcquire("acme", "chat"));
        assertRoundTrips(1, () -> limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 101)));
        assertRoundTrips(1, () -> limiter.peek("acme", "chat", Usage.call()));
        assertRoundTrips(1, () -> limiter.status("acme", "chat"));
        assertRoundTrips(100, () -> {
            for (int i = 0; i < 100; i++) {
                limiter.tryAcquire("acme", "chat");
            }
        });
    }

    @Test
    void eachStepOfAReservationIsOneRoundTrip() {
        RedisRateLimiter limiter = live(SECOND, MINUTE, MONTH);
        Reservation[] reservation = new Reservation[1];
        assertRoundTrips(1, () -> reservation[0] = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 10)));
        assertRoundTrips(1, () -> reservation[0].add(Usage.of(Unit.TOKENS, 5)));
        assertRoundTrips(1, () -> reservation[0].settle(Usage.of(Unit.TOKENS, 40)));
        assertRoundTrips(0, () -> reservation[0].cancel());
        assertRoundTrips(2, () -> limiter.reserve("acme", "chat", Usage.call()).cancel());
    }

    @Test
    void anOverviewIsTwoRoundTrips() {
        RedisRateLimiter limiter = live(SECOND, MINUTE, MONTH);
        limiter.tryAcquire("acme", "chat");
        assertRoundTrips(2, () -> assertThat(limiter.status("acme")).hasSize(2));
    }

    @Test
    void anEndpointThatOneLimitHasListedForLongIsNotListedByAnother() {
        RateLimit millisecond = RateLimit.of(Unit.CALLS, 1_000, Duration.ofMillis(1));
        RedisRateLimiter limiter = live(millisecond, MINUTE, MONTH);
        limiter.tryAcquire("acme", "chat");
        forgetCounts();
        for (int i = 0; i < 100; i++) {
            limiter.tryAcquire("acme", "chat");
        }
        assertThat(sent("zadd")).isZero();
    }

    @Test
    void whatIsUnlimitedOrSettledAsChargedAsksNothing() {
        RedisRateLimiter limiter = live();
        assertRoundTrips(0, () -> limiter.tryAcquire("acme", "chat"));
        assertRoundTrips(0, () -> limiter.reserve("acme", "chat", Usage.call()).settle(Usage.call()));
        Caller caller = Caller.of("acme", tierOf(SECOND));
        assertRoundTrips(1, () -> limiter.reserve(caller, "chat", Usage.call()).settle(Usage.call()));
    }

    @Test
    void aServerThatForgotTheScriptIsTaughtItByTheNextCall() {
        RedisRateLimiter limiter = live(SECOND, MINUTE, MONTH);
        redis.scriptFlush();
        forgetCounts();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(sent("eval")).isEqualTo(1);
        assertRoundTrips(1, () -> limiter.tryAcquire("acme", "chat"));
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(2);
    }

    @Test
    void theEndOfAPeriodCostsNoFurtherRoundTrip() {
        RedisRateLimiter limiter = limiter(Quota.of(Unit.CALLS, 2, QuotaPeriod.day(ZoneOffset.UTC)));
        limiter.tryAcquire("acme", "chat");
        time.advance(Duration.ofDays(1));
        assertRoundTrips(
                1,
                () -> assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 2))
                                .isAdmitted())
                        .isTrue());
    }

    @ParameterizedTest
    @ValueSource(strings = {"2001-02-03T04:05:06Z", "2101-02-03T04:05:06Z"})
    void aMachineWhoseClockIsYearsOffAsksTwiceOnce(Instant clock) {
        Quota day = Quota.of(Unit.CALLS, 5, QuotaPeriod.day(ZoneOffset.UTC));
        ManualTime off = new ManualTime(clock, 0);
        RedisRateLimiter limiter = limiter(builder().tier(tierOf(day)).time(ServerTime.guessedBy(off)));
        assertRoundTrips(2, () -> limiter.tryAcquire("acme", "chat"));
        assertRoundTrips(1, () -> limiter.tryAcquire("acme", "chat"));
        assertRoundTrips(1, () -> limiter.tryAcquire("umbrella", "chat"));
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(2);
    }
}
