package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Rejected;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Quotas of fixed windows, of which the request states those around the server's time. */
class FixedWindowsTest extends ServedTest {

    @Test
    void beginAnewAtTheEndOfEach() {
        SettableTime clock = new SettableTime(Micros.of(Instant.parse("2026-03-08T08:59:59.999Z")));
        RedisRateLimiter limiter = limiter(builder()
                .tier(tierOf(Quota.of(Unit.CALLS, 3_500, QuotaPeriod.every(Duration.ofMinutes(15)))))
                .time(ServerTime.supplied(clock)));
        Usage all = Usage.of(Unit.CALLS, 3_500);
        assertThat(limiter.tryAcquire("acme", "chat", all).isAdmitted()).isTrue();
        assertThat(((Rejected) limiter.tryAcquire("acme", "chat")).retryAfter()).hasValue(Duration.ofMillis(1));
        clock.micros += 1_000;
        assertThat(limiter.tryAcquire("acme", "chat", all).isAdmitted()).isTrue();
        assertThat(((Rejected) limiter.tryAcquire("acme", "chat")).retryAfter()).hasValue(Duration.ofMinutes(15));
    }

    /** A round trip may take longer than such a window. */
    @Test
    void areDecidedInTimeHoweverShortTheyAre() {
        RedisRateLimiter limiter = live(Quota.of(Unit.CALLS, 2, QuotaPeriod.every(Duration.ofMillis(1))));
        for (int i = 0; i < 500; i++) {
            Decision decision = limiter.tryAcquire("acme", "chat");
            if (decision instanceof Rejected rejected) {
                assertThat(rejected.cause()).isInstanceOf(LimitReached.class);
            }
        }
    }

    @Test
    void aRequestStatesMoreOfThemTheShorterTheyAre() {
        Instant guess = Instant.parse("2026-03-08T08:59:59.9995Z");
        long start = Micros.of(guess) - 500;
        long[] brief = new Periods(QuotaPeriod.every(Duration.ofMillis(1))).boundsAround(guess);
        assertThat(brief).hasSize(104).contains(start, start + 1_000).isSorted();
        assertThat(brief[51]).isEqualTo(start);
        long[] days = new Periods(QuotaPeriod.every(Duration.ofDays(1))).boundsAround(guess);
        assertThat(days).hasSize(4);
    }
}
