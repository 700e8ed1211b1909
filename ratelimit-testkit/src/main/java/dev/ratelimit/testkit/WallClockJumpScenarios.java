package dev.ratelimit.testkit;

import static java.time.ZoneOffset.UTC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What happens when the wall clock jumps by more than an hour. It starts at midnight of 1 January 2025.
 *
 * <p>A story is told without a restart, then with one at each of its points, then with one at all of them. At such a
 * point the limiter drops what is idle and goes on in another process.
 */
abstract class WallClockJumpScenarios extends Scenarios {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration DAY = Duration.ofDays(1);

    private static final Instant IN_2038 = Instant.parse("2038-01-19T03:14:08Z");
    private static final Instant IN_1970 = Instant.EPOCH;

    private static final int NEVER = -1;
    private static final int ALWAYS = Integer.MAX_VALUE;

    private int restartAt = NEVER;
    private int points;

    WallClockJumpScenarios(RateLimiterContract contract) {
        super(contract);
    }

    @BeforeEach
    void theLimiterDoubtsItsWallClock() {
        assumeFalse(contract.believesTheWallClock(), "the backend believes its wall clock, whatever that shows");
    }

    private static Quota perDay(long calls) {
        return Quota.of(Unit.CALLS, calls, QuotaPeriod.day(UTC));
    }

    /** Tells a story, which names its points, with restarts at none of them, at each and at all. */
    private void story(Runnable story) {
        tell(story, NEVER);
        int last = points;
        for (int point = 0; point < last; point++) {
            tell(story, point);
        }
        tell(story, ALWAYS);
    }

    private void tell(Runnable story, int restart) {
        restartAt = restart;
        points = 0;
        begin(new ManualTime());
        try {
            story.run();
        } catch (AssertionError e) {
            throw new AssertionError(restart == NEVER ? "without a restart" : "restarted at point " + restart, e);
        }
    }

    private WallClockJumpScenarios point() {
        if (restartAt == ALWAYS || restartAt == points) {
            limiter = contract.restart(limiter);
        }
        points++;
        return this;
    }

    /** Sets the wall clock, and says that the limiter has seen it. */
    private void shows(Instant wall) {
        time.setWall(wall);
        limiter.status("acme", "chat");
        point();
    }

    /** Lets both clocks go on, and says that the limiter has seen them. */
    private void goesOn(Duration pause) {
        after(pause);
        limiter.status("acme", "chat");
        point();
    }

    /** What the wall clock shows where it is right. */
    private Instant right() {
        return ManualTime.DEFAULT_START.plusNanos(time.nanoTime());
    }

    @Test
    void oneReadingOfAnotherTimeChangesNothing() {
        for (Instant wrong : new Instant[] {IN_2038, IN_1970, Instant.MIN, Instant.MAX}) {
            story(() -> {
                limits(perDay(10)).after(HOUR).admits(4);
                point();
                shows(wrong);
                remaining(6L).rejects(7, DAY.minus(HOUR));
                shows(right());
                remaining(6L).admits(6).rejects(1, DAY.minus(HOUR));
                goesOn(DAY.minus(HOUR));
                admits(10);
            });
        }
    }

    @Test
    void callsUnderAWrongTimeCountUnderTheRightOne() {
        story(() -> {
            limits(perDay(10)).after(HOUR).admits(4);
            point();
            shows(IN_2038);
            goesOn(Duration.ofSeconds(61));
            admits(1);
            point();
            goesOn(Duration.ofSeconds(59));
            shows(right());
            goesOn(Duration.ofSeconds(61));
            remaining(5L).rejects(6, DAY.minus(HOUR).minusSeconds(181));
            goesOn(DAY.minus(HOUR).minusSeconds(181));
            remaining(10L).admits(10).rejects(1, DAY);
        });
    }

    @Test
    void aStepBackThatIsSeenOnceReopensNothing() {
        story(() -> {
            limits(perDay(10)).after(Duration.ofMinutes(30)).admits(10);
            point();
            shows(right().minus(HOUR.multipliedBy(2)));
            remaining(0L);
            shows(right());
            remaining(0L).rejects(1, DAY.minusMinutes(30));
        });
    }

    @Test
    void aJumpIsBelievedWhenItHasLastedAMinute() {
        story(() -> {
            limits(perDay(10)).admits(10);
            point();
            shows(right().plus(DAY).plus(HOUR));
            rejects(1, DAY);
            goesOn(MINUTE.minus(tick));
            rejects(1, DAY.minus(MINUTE).plus(tick));
            goesOn(tick);
            remaining(10L).admits(10).rejects(1, DAY.minus(HOUR).minus(MINUTE));
        });
    }

    @Test
    void aStepOfAnHourIsBelievedAtOnceAndALongerOneIsNot() {
        Duration untilMidnight = Duration.ofMinutes(30);
        story(() -> {
            limits(perDay(10)).after(DAY.minus(untilMidnight)).admits(10);
            point();
            shows(right().plus(HOUR).plus(tick));
            rejects(1, untilMidnight);
            shows(right().plus(HOUR));
            admits(10).rejects(1, DAY.minus(untilMidnight));
        });
        story(() -> {
            limits(perDay(10)).after(DAY.plus(untilMidnight)).admits(10).rejects(1, DAY.minus(untilMidnight));
            point();
            shows(right().minus(HOUR).minus(tick));
            rejects(1, DAY.minus(untilMidnight));
            shows(right().minus(HOUR));
            rejects(1, DAY.plus(untilMidnight));
        });
    }

    @Test
    void aJumpThatEndsWithinAMinuteChangesNothing() {
        story(() -> {
            limits(perDay(10)).admits(4);
            point();
            shows(IN_2038);
            goesOn(Duration.ofSeconds(59));
            admits(1).remaining(5L);
            shows(right());
            goesOn(Duration.ofHours(2));
            shows(IN_2038);
            goesOn(Duration.ofSeconds(59));
            admits(1).remaining(4L).rejects(5, DAY.minus(HOUR.multipliedBy(2)).minusSeconds(118));
        });
    }

    @Test
    void aClockThatJumpsAnewWaitsForAMinuteAnew() {
        story(() -> {
            limits(perDay(10)).admits(4);
            point();
            for (int second = 0; second < 300; second += 50) {
                shows(IN_2038.plus(Duration.ofDays(second)));
                goesOn(Duration.ofSeconds(50));
                remaining(6L);
            }
            goesOn(Duration.ofSeconds(10));
            remaining(10L);
        });
    }

    @Test
    void timeGoesOnFromBeforeUntilAJumpIsBelieved() {
        story(() -> {
            limits(perDay(10)).after(DAY.minusSeconds(30)).admits(10);
            point();
            shows(IN_1970);
            rejects(1, Duration.ofSeconds(30));
            goesOn(Duration.ofSeconds(30).minus(tick));
            rejects(1, tick);
            goesOn(tick);
            admits(10).rejects(1, DAY);
        });
    }

    @Test
    void whatWasUsedIsUsedWhenAPeriodIsEnteredAgain() {
        story(() -> {
            limits(perDay(10)).after(HOUR).admits(4);
            point();
            shows(IN_2038);
            goesOn(MINUTE);
            remaining(10L).admits(6);
            shows(right());
            goesOn(MINUTE);
            remaining(0L);
            shows(IN_2038.plus(MINUTE));
            goesOn(MINUTE);
            remaining(4L).admits(2);
            shows(right());
            goesOn(MINUTE);
            used(12L).rejects(1, DAY.minus(HOUR).minus(MINUTE.multipliedBy(4)));
        });
    }

    @Test
    void aClockThatGoesBackTakesAlongWhatWasUsed() {
        story(() -> {
            limits(perDay(10)).after(HOUR).admits(4);
            point();
            shows(right().minus(DAY.multipliedBy(2)));
            goesOn(MINUTE);
            remaining(6L).admits(6).rejects(1, DAY.minus(HOUR).minus(MINUTE));
            shows(right());
            goesOn(MINUTE);
            remaining(6L);
        });
    }

    @Test
    void aLimiterThatBeganUnderAWrongTimeTakesAlongWhatWasUsed() {
        story(() -> {
            time.setWall(IN_2038);
            limits(perDay(10)).admits(4);
            goesOn(MINUTE);
            shows(right());
            remaining(6L)
                    .rejects(
                            7,
                            Duration.between(IN_2038, Instant.parse("2038-01-20T00:00:00Z"))
                                    .minus(MINUTE));
            goesOn(MINUTE);
            remaining(6L).rejects(7, DAY.minus(MINUTE.multipliedBy(2)));
            goesOn(DAY.minus(MINUTE.multipliedBy(2)));
            remaining(10L);
        });
    }

    @Test
    void whatWasUsedInSeveralWrongTimesCountsTogether() {
        story(() -> {
            limits(perDay(20)).after(HOUR).admits(4);
            for (int wrong = 1; wrong <= 4; wrong++) {
                shows(IN_2038.plus(DAY.multipliedBy(wrong)));
                goesOn(MINUTE);
                admits(wrong);
                point();
            }
            shows(right());
            goesOn(MINUTE);
            used(14L).admits(6).rejects(1, DAY.minus(HOUR).minus(MINUTE.multipliedBy(5)));
        });
    }

    @Test
    void whatWasUsedBeforeTheWrongTimeReachedItsMidnightCountsToo() {
        story(() -> {
            limits(perDay(10)).after(HOUR).admits(4);
            point();
            shows(Instant.parse("2038-01-18T23:00:00Z"));
            goesOn(MINUTE);
            admits(3);
            point();
            goesOn(HOUR);
            remaining(10L).admits(2);
            shows(right());
            goesOn(MINUTE);
            used(9L);
        });
    }

    @Test
    void aPeriodIsKeptUntilItWouldHaveEnded() {
        Instant wrong = Instant.parse("2025-03-01T20:00:00Z");
        story(() -> {
            limits(perDay(10)).after(DAY.minus(HOUR.multipliedBy(2))).admits(4);
            point();
            shows(wrong);
            goesOn(MINUTE);
            remaining(10L);
            time.setWall(Instant.parse("2025-01-01T22:30:00Z"));
            goesOn(HOUR);
            goesOn(MINUTE);
            used(4L);
        });
        story(() -> {
            limits(perDay(10)).after(DAY.minus(HOUR.multipliedBy(2))).admits(4);
            point();
            shows(wrong);
            goesOn(MINUTE);
            remaining(10L).admits(1);
            goesOn(HOUR.multipliedBy(2));
            shows(Instant.parse("2025-01-01T22:30:00Z"));
            goesOn(MINUTE);
            used(1L);
        });
    }

    @Test
    void aClockThatGoesBackForGoodEndsPeriodsByTheNewTime() {
        story(() -> {
            limits(perDay(10)).after(HOUR.multipliedBy(12)).admits(10);
            point();
            shows(right().minus(HOUR.multipliedBy(6)));
            rejects(1, HOUR.multipliedBy(12));
            goesOn(MINUTE);
            rejects(1, HOUR.multipliedBy(18).minus(MINUTE));
            goesOn(HOUR.multipliedBy(18).minus(MINUTE));
            admits(10);
        });
    }

    /** The monotonic clock of Linux stands still while the machine is suspended. */
    @Test
    void aMachineThatWasSuspendedGoesOnAMinuteLater() {
        story(() -> {
            limits(perDay(10)).after(HOUR.multipliedBy(20)).admits(10);
            point();
            shows(right().plus(HOUR.multipliedBy(8)));
            rejects(1, HOUR.multipliedBy(4));
            goesOn(MINUTE);
            admits(10).rejects(1, HOUR.multipliedBy(20).minus(MINUTE));
        });
    }

    @Test
    void aReservationIsSettledInThePeriodThatWasLeft() {
        limits(perDay(10)).after(HOUR).reserves(calls(9));
        time.setWall(IN_2038);
        remaining(1L).after(MINUTE).remaining(10L).settles(calls(2)).remaining(10L);
        time.setWall(right());
        remaining(10L).after(MINUTE).remaining(8L);
    }

    @Test
    void aReservationIsSettledForMoreInThePeriodThatWasLeft() {
        limits(perDay(10)).after(HOUR).reserves(calls(1));
        time.setWall(IN_2038);
        remaining(9L).after(MINUTE).remaining(10L).settles(calls(5)).remaining(10L);
        time.setWall(right());
        remaining(10L).after(MINUTE).remaining(5L);
    }

    @Test
    void aReservationIsGivenBackToThePeriodThatIsCurrentAgain() {
        limits(perDay(10)).after(HOUR).reserves(calls(9));
        time.setWall(IN_2038);
        remaining(1L).after(MINUTE).remaining(10L);
        time.setWall(right());
        remaining(10L).after(MINUTE).remaining(1L).cancels().remaining(10L);
    }

    @Test
    void windowsGoOnWhateverTheWallClockShows() {
        story(() -> {
            limits(RateLimit.perMinute(10)).admits(4);
            point();
            shows(IN_2038);
            remaining(6L).admits(6);
            point();
            goesOn(MINUTE.minus(tick));
            rejects(1, tick);
            shows(IN_1970);
            rejects(1, tick);
            goesOn(tick);
            admits(10);
        });
    }

    @Test
    void lifetimesDoNotLookAtTheWallClock() {
        story(() -> {
            limits(Quota.lifetime(Unit.CALLS, 10)).admits(4);
            point();
            shows(IN_2038);
            goesOn(MINUTE);
            remaining(6L).admits(6).rejectsForGood(1);
        });
    }

    @Test
    void aMonthOutlastsAWrongClockOfManyDays() {
        story(() -> {
            limits(Quota.perMonth(10)).after(DAY).admits(4);
            point();
            shows(IN_2038);
            goesOn(MINUTE);
            admits(3);
            goesOn(DAY.multipliedBy(20));
            shows(right());
            goesOn(MINUTE);
            used(7L);
            goesOn(DAY.multipliedBy(10));
            assertThat(time.instant()).isAfter(Instant.parse("2025-02-01T00:00:00Z"));
            used(0L);
        });
    }
}
