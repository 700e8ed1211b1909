package dev.ratelimit.testkit;

import static java.time.ZoneOffset.UTC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What happens when the wall clock steps by up to an hour. It starts at midnight. */
abstract class WallClockScenarios extends Scenarios {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration HALF_HOUR = Duration.ofMinutes(30);

    WallClockScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private static Quota perDay(long calls) {
        return Quota.of(Unit.CALLS, calls, QuotaPeriod.day(UTC));
    }

    @Test
    void aStepBackWithinThePeriodLengthensTheWait() {
        limits(perDay(2));
        after(Duration.ofHours(10)).admits(2).rejects(1, Duration.ofHours(14));
        time.stepWall(HOUR.negated());
        used(2L).rejects(1, Duration.ofHours(15));
    }

    @Test
    void aPeriodThatEndedDoesNotReopen() {
        limits(perDay(2));
        after(Duration.ofHours(23).plus(HALF_HOUR)).admits(2);
        after(HOUR).admits(1);
        time.stepWall(HOUR.negated());
        used(1L).admits(1).rejects(1, Duration.ofHours(24).plus(HALF_HOUR));
        after(HOUR).used(2L).rejects(1, Duration.ofHours(23).plus(HALF_HOUR));
        after(Duration.ofHours(23).plus(HALF_HOUR)).admits(2);
    }

    @Test
    void aPeriodThatWasOnlyLookedAtDoesNotReopenEither() {
        limits(perDay(1)).after(Duration.ofHours(23).plus(HALF_HOUR)).admits(1);
        time.stepWall(HOUR);
        remaining(1L);
        time.stepWall(HOUR.negated());
        admits(1).rejects(1, Duration.ofHours(24).plus(HALF_HOUR));
    }

    @Test
    void thePeriodOfOneMeterFollowsTheWallTimeSeenByAnother() {
        limits(perDay(1)).after(Duration.ofHours(23).plus(HALF_HOUR)).admits(1);
        time.stepWall(HOUR);
        from("umbrella").admits(1);
        time.stepWall(HOUR.negated());
        from("acme").admits(1).rejects(1, Duration.ofHours(24).plus(HALF_HOUR));
    }

    @Test
    void aStepForwardBeginsTheNextPeriod() {
        limits(perDay(1)).after(Duration.ofHours(23)).admits(1).rejects(1, HOUR);
        time.stepWall(HOUR.minus(tick));
        rejects(1, tick);
        time.stepWall(tick);
        admits(1).rejects(1, Duration.ofDays(1));
    }

    @Test
    void aStepBackOfOneHourAtAnyPointAdmitsNothingExtraAndFreezesNothing() {
        int halfHours = 3 * 48;
        for (int step = 0; step < halfHours - 2; step++) {
            begin(new ManualTime());
            limits(perDay(5));
            int admitted = 0;
            for (int halfHour = 0; halfHour < halfHours; halfHour++) {
                admitted += limiter.tryAcquire("acme", "chat").isAdmitted() ? 1 : 0;
                if (halfHour == step) {
                    time.stepWall(HOUR.negated());
                }
                after(HALF_HOUR);
            }
            assertThat(admitted).as("step back after half-hour %d", step).isEqualTo(3 * 5);
        }
    }

    @Test
    void aCallThatNoQuotaLimitsDoesNotLookAtTheWallClock() {
        limits(perDay(1)).after(Duration.ofHours(23).plus(HALF_HOUR)).admits(1);
        time.stepWall(HOUR);
        limits(RateLimit.perMinute(1)).admits(1);
        time.stepWall(HOUR.negated());
        limits(perDay(1)).rejects(1, HALF_HOUR);
    }

    @Test
    void aFixedWindowEndsByTheMonotonicClockAtTheLatest() {
        assumeThat(contract.believesTheWallClock())
                .as("the backend has no other clock")
                .isFalse();
        limits(Quota.of(Unit.CALLS, 2, QuotaPeriod.every(Duration.ofMinutes(15))));
        after(Duration.ofMinutes(50)).admits(2).rejects(1, Duration.ofMinutes(10));
        time.stepWall(HALF_HOUR.negated());
        used(2L).rejects(1, Duration.ofMinutes(10));
        after(Duration.ofMinutes(10)).used(0L).admits(2).rejects(1, Duration.ofMinutes(15));
        time.stepWall(HALF_HOUR);
        used(2L).rejects(1, Duration.ofMinutes(15));
    }

    @Test
    void windowsDoNotFollowTheWallClock() {
        limits(RateLimit.of(Unit.CALLS, 2, Duration.ofMillis(100)));
        at(0).admits(1, 1);
        time.stepWall(HOUR);
        at(50).rejects(1, 50);
        time.stepWall(HOUR.multipliedBy(-2));
        at(99).rejects(1, 1);
        at(100).admits(1, 1).rejects(1, 100);
    }
}
