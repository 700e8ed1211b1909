package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class ClocksTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration LONGEST = Duration.ofNanos(1L << 60);

    private static InMemoryRateLimiter limiter(ManualTime time, Duration window, Duration lag) {
        return InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls").eachOtherEndpoint(RateLimit.of(Unit.CALLS, 2, window)))
                        .build())
                .timeSource(new FailingTime(time, lag))
                .build();
    }

    private static void assertRefused(Duration lag) {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> limiter(new ManualTime(), Duration.ofMinutes(1), lag))
                .withMessage("lag must be >= 0 and <= 1 h: lag=" + lag);
    }

    @Test
    void aLagOutOfItsRangeIsRefusedWhenALimiterIsBuilt() {
        List.of(
                        Duration.ofNanos(-1),
                        HOUR.plusNanos(1),
                        Duration.ofNanos(1L << 60),
                        Duration.ofNanos(Long.MAX_VALUE - 1),
                        Duration.ofNanos(Long.MAX_VALUE),
                        Duration.ofSeconds(Long.MAX_VALUE, 999_999_999),
                        Duration.ofSeconds(Long.MIN_VALUE))
                .forEach(ClocksTest::assertRefused);
    }

    /** Of the lags that fit into a long, few are short: so the exponent is drawn first. */
    @Property(tries = 300)
    void eachLagIsRefusedOrHoldsChargesForTheWindowAndTheLag(
            @ForAll long bits, @ForAll byte exponent, @ForAll boolean longest) {
        Duration lag = Duration.ofNanos(bits >> (exponent & 63));
        if (lag.isNegative() || lag.compareTo(HOUR) > 0) {
            assertRefused(lag);
            return;
        }
        Duration window = longest ? LONGEST : Duration.ofMinutes(1);
        ManualTime time = new ManualTime(ManualTime.DEFAULT_START, Long.MAX_VALUE - 7);
        InMemoryRateLimiter limiter = limiter(time, window, lag);
        assertAdmitted(limiter, true, true, false);
        time.advance(window.plus(lag).minusNanos(1));
        assertAdmitted(limiter, false);
        time.advanceNanos(1);
        assertAdmitted(limiter, true, true, false);
    }

    private static void assertAdmitted(InMemoryRateLimiter limiter, boolean... expected) {
        for (boolean admitted : expected) {
            assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isEqualTo(admitted);
        }
    }
}
