package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ManualTimeTest {

    private static final Tier ONE_CALL_PER_MINUTE = Tier.named("one call per minute")
            .table(LimitTable.named("calls").eachOtherEndpoint(RateLimit.perMinute(1)))
            .build();

    private final ManualTime time = new ManualTime();

    @Test
    void theExamplesOfTheDocumentationHold() throws InterruptedException {
        // sample: dev/ratelimit/testkit/ManualTime.java
        ManualTime time = new ManualTime();
        RateLimiter limiter = new ReferenceRateLimiter(organization -> ONE_CALL_PER_MINUTE, time);

        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();

        time.advance(Duration.ofMinutes(1));
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        // end of sample

        // sample: dev/ratelimit/testkit/ManualTime.java
        assertThat(limiter.acquire("acme", "chat", Usage.call(), Duration.ofHours(1))
                        .isAdmitted())
                .isTrue();
        assertThat(time.instant()).isAfterOrEqualTo(ManualTime.DEFAULT_START.plusSeconds(120));
        // end of sample
    }

    @Test
    void standsStillAtItsStart() {
        assertReads(time, "2025-01-01T00:00:00Z", 0);
        assertReads(time, "2025-01-01T00:00:00Z", 0);
        assertReads(new ManualTime(Instant.EPOCH, -7), "1970-01-01T00:00:00Z", -7);
    }

    @Test
    void advanceMovesBothClocks() {
        time.advance(Duration.ofMinutes(1));
        assertReads(time, "2025-01-01T00:01:00Z", 60_000_000_000L);
        time.advanceNanos(5);
        assertReads(time, "2025-01-01T00:01:00.000000005Z", 60_000_000_005L);
        time.advance(Duration.ZERO);
        assertReads(time, "2025-01-01T00:01:00.000000005Z", 60_000_000_005L);
    }

    @Test
    void sleepingMovesBothClocksAtOnce() throws InterruptedException {
        time.sleep(60_000_000_000L);
        assertReads(time, "2025-01-01T00:01:00Z", 60_000_000_000L);
        time.sleep(0);
        time.sleep(-1);
        time.sleep(Long.MIN_VALUE);
        assertReads(time, "2025-01-01T00:01:00Z", 60_000_000_000L);
    }

    @Test
    void anInterruptedThreadDoesNotSleep() {
        for (long nanos : new long[] {5, 0, -1}) {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> time.sleep(nanos));
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        }
        assertReads(time, "2025-01-01T00:00:00Z", 0);
    }

    @Test
    void theMonotonicClockWraps() {
        ManualTime atTheEnd = new ManualTime(Instant.EPOCH, Long.MAX_VALUE);
        atTheEnd.advanceNanos(1);
        assertReads(atTheEnd, "1970-01-01T00:00:00.000000001Z", Long.MIN_VALUE);
    }

    @Test
    void theWallClockStepsAloneAndInEitherDirection() {
        time.stepWall(Duration.ofHours(1));
        assertReads(time, "2025-01-01T01:00:00Z", 0);
        time.stepWall(Duration.ofHours(-2));
        assertReads(time, "2024-12-31T23:00:00Z", 0);
        time.setWall(Instant.EPOCH);
        assertReads(time, "1970-01-01T00:00:00Z", 0);
    }

    @Test
    void doesNotGoBack() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> time.advance(Duration.ofSeconds(-1)))
                .withMessage("duration must be >= 0: duration=PT-1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> time.advanceNanos(-1))
                .withMessage("nanos must be >= 0: nanos=-1");
        assertReads(time, "2025-01-01T00:00:00Z", 0);
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedByName() {
        assertThatNullPointerException()
                .isThrownBy(() -> new ManualTime(null, 0))
                .withMessage("wall");
        assertThatNullPointerException().isThrownBy(() -> time.advance(null)).withMessage("duration");
        assertThatNullPointerException().isThrownBy(() -> time.stepWall(null)).withMessage("step");
        assertThatNullPointerException().isThrownBy(() -> time.setWall(null)).withMessage("wall");
    }

    @Test
    void printsBothReadings() {
        assertThat(time).hasToString("2025-01-01T00:00:00Z, 0 ns");
    }

    private static void assertReads(ManualTime time, String wall, long nanoTime) {
        assertThat(time.instant()).isEqualTo(wall);
        assertThat(time.nanoTime()).isEqualTo(nanoTime);
    }
}
