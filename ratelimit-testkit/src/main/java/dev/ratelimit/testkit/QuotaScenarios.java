package dev.ratelimit.testkit;

import static dev.ratelimit.Overrun.UNTIL_REACHED;
import static java.time.ZoneOffset.UTC;

import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

/** When a quota's period ends, and what fits in it. */
abstract class QuotaScenarios extends Scenarios {

    private static final ZoneId NEW_YORK = ZoneId.of("America/New_York");
    private static final ZoneId LOS_ANGELES = ZoneId.of("America/Los_Angeles");
    private static final ZoneId CAIRO = ZoneId.of("Africa/Cairo");

    QuotaScenarios(RateLimiterContract contract) {
        super(contract);
    }

    /** Says that a period begins and ends at these instants, to the tick. */
    private void lasts(QuotaPeriod period, String start, String end) {
        Instant first = Instant.parse(start);
        Duration length = Duration.between(first, Instant.parse(end));
        begin(new ManualTime(first.minus(tick), 0));
        limits(Quota.of(Unit.CALLS, 1, period));
        admits(1).rejects(1, tick);
        after(tick).admits(1).rejects(1, length);
        after(length.minus(tick)).rejects(1, tick);
        after(tick).admits(1);
    }

    @Test
    void daysWeeksMonthsAndYearsFollowTheCalendar() {
        lasts(QuotaPeriod.day(UTC), "2019-11-11T00:00:00Z", "2019-11-12T00:00:00Z");
        lasts(QuotaPeriod.week(UTC), "2019-11-11T00:00:00Z", "2019-11-18T00:00:00Z");
        lasts(QuotaPeriod.month(UTC), "2019-11-01T00:00:00Z", "2019-12-01T00:00:00Z");
        lasts(QuotaPeriod.month(UTC), "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z");
        lasts(QuotaPeriod.year(UTC), "2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z");
    }

    @Test
    void aMonthBeginsAndEndsAtTheZonesMidnight() {
        lasts(QuotaPeriod.month(NEW_YORK), "2025-03-01T05:00:00Z", "2025-04-01T04:00:00Z");
    }

    @Test
    void anAnchoredMonthEndsOnTheLastDayOfAMonthThatLacksTheDay() {
        QuotaPeriod fromThe31st = QuotaPeriod.monthFrom(Instant.parse("2025-01-31T15:00:00Z"), UTC);
        lasts(fromThe31st, "2025-07-31T15:00:00Z", "2025-08-31T15:00:00Z");
        lasts(fromThe31st, "2025-09-30T15:00:00Z", "2025-10-31T15:00:00Z");
        lasts(QuotaPeriod.monthFrom(30, UTC), "2025-01-30T00:00:00Z", "2025-02-28T00:00:00Z");
        lasts(QuotaPeriod.monthFrom(31, UTC), "2025-02-28T00:00:00Z", "2025-03-31T00:00:00Z");
    }

    @Test
    void daysWeeksAndYearsMayBeginElsewhere() {
        lasts(QuotaPeriod.day(NEW_YORK, LocalTime.of(20, 0)), "2026-03-08T01:00:00Z", "2026-03-09T00:00:00Z");
        lasts(QuotaPeriod.week(UTC, DayOfWeek.SUNDAY), "2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z");
        lasts(
                QuotaPeriod.week(NEW_YORK, DayOfWeek.FRIDAY, LocalTime.of(17, 30)),
                "2026-11-20T22:30:00Z",
                "2026-11-27T22:30:00Z");
    }

    @Test
    void aYearFromADayThatItLacksBeginsADayEarlier() {
        QuotaPeriod leap = QuotaPeriod.year(MonthDay.of(2, 29), UTC);
        lasts(leap, "2026-02-28T00:00:00Z", "2027-02-28T00:00:00Z");
        lasts(leap, "2027-02-28T00:00:00Z", "2028-02-29T00:00:00Z");
        lasts(QuotaPeriod.year(MonthDay.of(3, 1), UTC), "2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z");
    }

    @Test
    void fixedWindowsFollowOneAnother() {
        QuotaPeriod quarter = QuotaPeriod.every(Duration.ofMinutes(15));
        lasts(quarter, "2026-11-29T08:45:00Z", "2026-11-29T09:00:00Z");
        lasts(
                QuotaPeriod.every(Duration.ofHours(7), Instant.parse("2026-11-29T08:30:00Z")),
                "2026-11-29T01:30:00Z",
                "2026-11-29T08:30:00Z");
        begin(new ManualTime(Instant.parse("2026-11-29T08:59:59.999Z"), 0));
        limits(Quota.of(Unit.CALLS, 3_500, quarter)).admits(3_500).rejects(1, 1);
        after(Duration.ofMillis(1)).admits(3_500).rejects(1, Duration.ofMinutes(15));
    }

    @Test
    void aFixedWindowMayBeAMillisecond() {
        limits(Quota.of(Unit.CALLS, 2, QuotaPeriod.every(Duration.ofMillis(1))));
        at(0).admits(2);
        after(Duration.ofMillis(1).minus(tick)).rejects(1, tick);
        after(tick).admits(2).rejects(1, 1);
    }

    @Test
    void aDayIsAsLongAsTheZoneMakesIt() {
        lasts(QuotaPeriod.day(LOS_ANGELES), "2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z");
        lasts(QuotaPeriod.day(LOS_ANGELES), "2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z");
    }

    @Test
    void aDayWithoutMidnightBeginsWhenTheClockHasSkippedIt() {
        lasts(QuotaPeriod.day(CAIRO), "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z");
    }

    @Test
    void whatIsUsedIsForgottenAtOnceWhenThePeriodEnds() {
        limits(Quota.perMonth(3));
        after(Duration.ofDays(30)).admits(1, 1);
        after(Duration.ofHours(23)).admits(1).rejects(1, Duration.ofHours(1));
        after(Duration.ofHours(1)).remaining(3L).admits(3);
    }

    @Test
    void aUsageAboveTheAmountItselfIsRejectedForGood() {
        limits(Quota.perMonth(3));
        rejectsForGood(4).admits(3).rejectsForGood(4).rejects(1, Duration.ofDays(31));
    }

    @Test
    void aSpentLifetimeQuotaRejectsForGood() {
        limits(Quota.lifetime(Unit.CALLS, 3));
        admits(2).rejectsForGood(2).admits(1).rejectsForGood(1);
        after(Duration.ofDays(100_000)).rejectsForGood(1).used(3L);
    }

    @Test
    void anAmountOfZeroAdmitsNothing() {
        limits(Quota.perMonth(0)).rejectsForGood(1).admits(0);
        limits(Quota.perMonth(0).withOverrun(UNTIL_REACHED)).rejectsForGood(1).rejectsForGood(0);
    }

    @Test
    void whileFitsRefusesTheChargeThatWouldOverrun() {
        limits(Quota.perMonth(Unit.TOKENS, 100));
        admits(tokens(60)).rejects(tokens(41), Duration.ofDays(31)).admits(tokens(40));
    }

    @Test
    void untilReachedAdmitsTheChargeThatOverrunsAndNothingAfterIt() {
        limits(Quota.perMonth(Unit.TOKENS, 100).withOverrun(UNTIL_REACHED));
        admits(tokens(99), tokens(500)).rejects(tokens(1), Duration.ofDays(31));
        used(599L).remaining(0L);
        after(Duration.ofDays(31)).remaining(100L).admits(tokens(500));
    }

    @Test
    void theLargestOverrunDoesNotWrap() {
        long most = 1L << 53;
        limits(Quota.perMonth(most).withOverrun(UNTIL_REACHED));
        admits(most - 1, most).rejects(most, Duration.ofDays(31));
        used(2 * most - 1).remaining(0L);
    }

    @Test
    void aUsageOfTokensOnlyStillCountsOneCall() {
        limits(Quota.perMonth(2));
        admits(tokens(800), tokens(0)).rejects(tokens(1), Duration.ofDays(31)).used(2L);
    }

    @Test
    void aUsageThatStatesItsCallsCountsSoMany() {
        limits(Quota.perMonth(100));
        admits(Usage.of(Unit.TOKENS, 800).and(Unit.CALLS, 96)).used(96L);
    }

    @Test
    void aUsageThatDoesNotNameTheUnitIsAdmittedWhileTheQuotaIsNotOver() {
        limits(Quota.perMonth(Unit.TOKENS, 100));
        admits(tokens(100)).admits(Usage.call()).used(100L);
        limits(Quota.perMonth(Unit.TOKENS, 99)).rejects(Usage.call(), Duration.ofDays(31));
    }

    @Test
    void aSpentUntilReachedQuotaRefusesCallsThatDoNotNameItsUnit() {
        limits(Quota.perMonth(Unit.TOKENS, 100).withOverrun(UNTIL_REACHED));
        admits(Usage.call()).admits(tokens(100)).rejects(Usage.call(), Duration.ofDays(31));
    }
}
