package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * What a real server does whose clock is moved. {@code -Dredis.server} names a script that starts one under a library
 * which shifts its clock, and {@code -Dredis.clock} the file by which it does so: it holds a number of seconds. The
 * other tests supply the time to the script, so they do not see what the server expires.
 */
@EnabledIfSystemProperty(named = "redis.clock", matches = ".+")
class MovedClockTest extends ServedTest {

    private static final Duration YEARS = Duration.ofDays(5_000);
    private static final Duration HOUR = Duration.ofHours(1);

    private RedisRateLimiter limiter;

    private static void move(Duration ahead) throws IOException {
        Files.writeString(Path.of(System.getProperty("redis.clock")), ahead.toSeconds() + "\n");
    }

    private boolean admits(long calls) {
        return limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, calls)).isAdmitted();
    }

    private void assertRefusedFor(Duration wait) {
        Rejected rejected = (Rejected) limiter.tryAcquire("acme", "chat");
        assertThat(rejected.retryAfter().orElseThrow()).isBetween(wait.minusSeconds(20), wait);
    }

    private LimitStatus status() {
        return limiter.status("acme", "chat").get(0);
    }

    @BeforeEach
    void begin() throws IOException {
        move(Duration.ZERO);
        limiter = live(RateLimit.perHour(5));
    }

    @AfterEach
    void putRight() throws IOException {
        move(Duration.ZERO);
    }

    @Test
    void aWindowThatWasChargedYearsAheadIsFullForOneWindow() throws IOException {
        move(YEARS);
        assertThat(admits(5)).isTrue();
        move(Duration.ZERO);
        assertRefusedFor(HOUR);
        move(Duration.ofMinutes(20));
        assertRefusedFor(Duration.ofMinutes(40));
        move(HOUR);
        assertThat(admits(5)).isTrue();
        assertThat(redis.keys("*:[mb]:*"))
                .allSatisfy(
                        key -> assertThat(Duration.ofMillis(redis.pttl(key))).isLessThan(HOUR.plusMinutes(1)));
    }

    @Test
    void aQuotaThatWasSpentYearsAheadIsSpentUntilThePeriodEnds() throws IOException {
        limiter = live(Quota.of(Unit.CALLS, 5, QuotaPeriod.day(ZoneOffset.UTC)));
        move(YEARS);
        assertThat(admits(5)).isTrue();
        move(Duration.ZERO);
        assertThat(admits(1)).isFalse();
        assertThat(status().resetAfter().orElseThrow()).isLessThanOrEqualTo(Duration.ofDays(1));
        move(Duration.ofDays(1));
        assertThat(admits(5)).isTrue();
    }

    @Test
    void whatTheServerExpiresWhileItsClockIsAheadIsLost() throws IOException {
        assertThat(admits(4)).isTrue();
        move(YEARS);
        assertThat(status().used()).isZero();
        move(Duration.ZERO);
        assertThat(status().used()).isZero();
    }

    @Test
    void aClockThatIsBehindForAWhileOnlyRefusesLonger() throws IOException {
        assertThat(admits(4)).isTrue();
        move(Duration.ofMinutes(-30));
        assertThat(admits(1)).isTrue();
        assertRefusedFor(HOUR.plusMinutes(30));
        move(Duration.ZERO);
        assertRefusedFor(HOUR);
        move(HOUR);
        assertThat(admits(5)).isTrue();
    }
}
