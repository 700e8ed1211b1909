package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class LimitTest {

    private static final long MOST = 1L << 53;

    @Test
    void limitsReadLikeTheVendorsPage() {
        assertThat(RateLimit.perSecond(3)).hasToString("3 calls per second");
        assertThat(RateLimit.perMinute(20)).hasToString("20 calls per minute");
        assertThat(RateLimit.perHour(700)).hasToString("700 calls per hour");
        assertThat(RateLimit.perDay(50_000)).hasToString("50000 calls per day");
        assertThat(rate(Duration.ofDays(30))).hasToString("1 tokens per 30 days");
        assertThat(rate(Duration.ofSeconds(90))).hasToString("1 tokens per 90 seconds");
        assertThat(rate(Duration.ofMillis(1_500))).hasToString("1 tokens per PT1.5S");
        assertThat(Quota.perMonth(1_000)).hasToString("1000 calls per month");
        assertThat(Quota.of(Unit.TOKENS, 7, QuotaPeriod.day(ZoneId.of("Asia/Tokyo"))))
                .hasToString("7 tokens per day in Asia/Tokyo");
        assertThat(Quota.lifetime(Unit.CHARACTERS, 500_000)).hasToString("500000 characters in all");
    }

    @Test
    void amountsAreBetween0And2ToThe53() {
        assertThat(RateLimit.perMinute(0).amount()).isZero();
        assertThat(Quota.perMonth(MOST).amount()).isEqualTo(MOST);
        assertRefused(() -> RateLimit.perMinute(-3), "amount must be >= 0: amount=-3");
        assertRefused(() -> Quota.perMonth(MOST + 1), "amount must be <= 2^53: amount=9007199254740993");
    }

    @Test
    void windowsAreMoreThanNothingAndAtMost2ToThe60Nanoseconds() {
        assertThat(rate(Duration.ofNanos(1)).window()).isEqualTo(Duration.ofNanos(1));
        assertThat(rate(Duration.ofNanos(1L << 60)).window()).isEqualTo(Duration.ofNanos(1L << 60));
        assertRefused(() -> rate(Duration.ZERO), "window must be > 0: window=PT0S");
        assertRefused(() -> rate(Duration.ofNanos(-1)), "window must be > 0: window=PT-0.000000001S");
        assertRefused(
                () -> rate(Duration.ofNanos((1L << 60) + 1)),
                "window must be <= 2^60 ns: window=" + Duration.ofNanos((1L << 60) + 1));
        assertRefused(
                () -> rate(Duration.ofSeconds(Long.MAX_VALUE)),
                "window must be <= 2^60 ns: window=" + Duration.ofSeconds(Long.MAX_VALUE));
    }

    @Test
    void oneChangeLeavesTheRestOfALimitAsItWas() {
        RateLimit rate = RateLimit.perMinute(20);
        assertThat(rate.withPrecision(Precision.EXACT))
                .isEqualTo(new RateLimit(Unit.CALLS, 20, Duration.ofMinutes(1), Precision.EXACT));
        Quota quota = Quota.perMonth(Unit.MICRO_USD, 5);
        assertThat(quota.withOverrun(Overrun.UNTIL_REACHED))
                .isEqualTo(new Quota(Unit.MICRO_USD, 5, quota.period(), Overrun.UNTIL_REACHED));
    }

    private static RateLimit rate(Duration window) {
        return RateLimit.of(Unit.TOKENS, 1, window);
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable made, String message) {
        assertThatThrownBy(made).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }
}
