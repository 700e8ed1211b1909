package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.kernel.CalendarPeriod;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotaPeriodTest {

    private static final ZoneId UTC = ZoneOffset.UTC;
    private static final ZoneId NEW_YORK = ZoneId.of("America/New_York");
    private static final ZoneId LOS_ANGELES = ZoneId.of("America/Los_Angeles");

    @ParameterizedTest
    @CsvSource({
        "2019-11-11T12:00:00Z, 2019-11-01T00:00:00Z, 2019-12-01T00:00:00Z",
        "2019-11-01T00:00:00Z, 2019-11-01T00:00:00Z, 2019-12-01T00:00:00Z",
        "2019-11-30T23:59:59.999999999Z, 2019-11-01T00:00:00Z, 2019-12-01T00:00:00Z",
        "2024-02-29T01:00:00Z, 2024-02-01T00:00:00Z, 2024-03-01T00:00:00Z",
        "-0044-03-15T12:00:00Z, -0044-03-01T00:00:00Z, -0044-04-01T00:00:00Z"
    })
    void aMonthIsTheCalendarMonth(Instant at, Instant start, Instant end) {
        assertPeriod(QuotaPeriod.month(UTC), at, start, end);
    }

    @Test
    void aMonthFollowsTheZonesOffsetAtEitherEnd() {
        assertPeriod(
                QuotaPeriod.month(NEW_YORK),
                Instant.parse("2025-03-15T00:00:00Z"),
                Instant.parse("2025-03-01T05:00:00Z"),
                Instant.parse("2025-04-01T04:00:00Z"));
    }

    @ParameterizedTest
    @CsvSource({
        "2025-08-13T00:00:00Z, 2025-07-31T15:00:00Z, 2025-08-31T15:00:00Z",
        "2025-09-30T15:00:00Z, 2025-09-30T15:00:00Z, 2025-10-31T15:00:00Z",
        "2025-09-30T14:59:59.999999999Z, 2025-08-31T15:00:00Z, 2025-09-30T15:00:00Z",
        "2025-02-28T15:00:00Z, 2025-02-28T15:00:00Z, 2025-03-31T15:00:00Z",
        "2024-12-31T15:00:00Z, 2024-12-31T15:00:00Z, 2025-01-31T15:00:00Z"
    })
    void anAnchorOnThe31stClampsToTheMonthsEndAndComesBack(Instant at, Instant start, Instant end) {
        assertPeriod(QuotaPeriod.monthFrom(Instant.parse("2025-01-31T15:00:00Z"), UTC), at, start, end);
    }

    @Test
    void anAnchorOnThe30thClampsInFebruaryOnly() {
        assertPeriod(
                QuotaPeriod.monthFrom(30, UTC),
                Instant.parse("2025-02-13T00:00:00Z"),
                Instant.parse("2025-01-30T00:00:00Z"),
                Instant.parse("2025-02-28T00:00:00Z"));
    }

    @Test
    void monthsFromTheSameDayAndTimeAreEqualWhateverTheAnchorsMonth() {
        assertThat(QuotaPeriod.monthFrom(1, UTC)).isEqualTo(QuotaPeriod.month(UTC));
        assertThat(QuotaPeriod.monthFrom(Instant.parse("2025-05-31T00:00:00Z"), UTC))
                .isEqualTo(QuotaPeriod.monthFrom(31, UTC));
    }

    @Test
    void aZoneThatIsAlwaysAtOneOffsetIsThatOffset() {
        assertThat(QuotaPeriod.month(ZoneId.of("UTC"))).isEqualTo(QuotaPeriod.month(UTC));
        assertThat(QuotaPeriod.day(ZoneId.of("Etc/UTC"))).hasToString("per calendar day");
    }

    @Test
    void daysAreAsLongAsTheZoneMakesThem() {
        assertThat(lengthOfDay(LOS_ANGELES, "2026-03-08")).isEqualTo(Duration.ofHours(23));
        assertThat(lengthOfDay(LOS_ANGELES, "2026-11-01")).isEqualTo(Duration.ofHours(25));
        assertThat(lengthOfDay(LOS_ANGELES, "2026-11-02")).isEqualTo(Duration.ofHours(24));
    }

    @Test
    void aDayBeginsWhenTheClockHasSkippedMidnight() {
        assertPeriod(
                QuotaPeriod.day(ZoneId.of("Africa/Cairo")),
                Instant.parse("2026-04-24T12:00:00Z"),
                Instant.parse("2026-04-23T22:00:00Z"),
                Instant.parse("2026-04-24T21:00:00Z"));
    }

    @Test
    void aDateThatAZoneNeverHadIsNoPeriod() {
        // Samoa crossed the date line: 29 December 2011 was followed by the 31st.
        Instant midnight = Instant.parse("2011-12-30T10:00:00Z");
        QuotaPeriod days = QuotaPeriod.day(ZoneId.of("Pacific/Apia"));
        assertThat(days.at(midnight.minusNanos(1)).end()).isEqualTo(midnight);
        assertThat(days.at(midnight)).isEqualTo(new QuotaPeriod.Interval(midnight, midnight.plus(1, ChronoUnit.DAYS)));
    }

    @Test
    void timeThatAClockRepeatsAroundMidnightStaysInTheLaterDay() {
        // Until 2011 the clocks of St. John's went back from 00:01 to 23:01 of the day before.
        Instant firstMidnight = Instant.parse("2010-11-07T02:30:00Z");
        Instant repeated = firstMidnight.plus(Duration.ofMinutes(20));
        assertThat(QuotaPeriod.day(ZoneId.of("America/St_Johns")).at(repeated).start())
                .isEqualTo(firstMidnight);
    }

    @Test
    void weeksBeginOnMondayAndYearsOnThe1stOfJanuary() {
        Instant sunday = Instant.parse("2026-11-22T23:00:00Z");
        assertPeriod(
                QuotaPeriod.week(UTC),
                sunday,
                Instant.parse("2026-11-16T00:00:00Z"),
                Instant.parse("2026-11-23T00:00:00Z"));
        assertPeriod(
                QuotaPeriod.year(UTC),
                sunday,
                Instant.parse("2026-01-01T00:00:00Z"),
                Instant.parse("2027-01-01T00:00:00Z"));
    }

    @Test
    void periodsTileTheTimeLineInEveryZone() {
        Instant from = Instant.parse("2025-12-25T00:00:00Z");
        Instant to = Instant.parse("2027-01-10T00:00:00Z");
        for (String id : ZoneId.getAvailableZoneIds()) {
            ZoneId zone = ZoneId.of(id);
            for (QuotaPeriod period : new QuotaPeriod[] {
                QuotaPeriod.day(zone), QuotaPeriod.week(zone), QuotaPeriod.month(zone), QuotaPeriod.monthFrom(31, zone)
            }) {
                Instant at = from;
                while (at.isBefore(to)) {
                    QuotaPeriod.Interval interval = period.at(at);
                    assertThat(period.at(interval.end().minusNanos(1))).isEqualTo(interval);
                    assertThat(period.at(interval.end()).start()).isEqualTo(interval.end());
                    at = interval.end();
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"DAYS", "WEEKS", "MONTHS", "YEARS"})
    void everyInstantThereIsHasAPeriod(ChronoUnit unit) {
        QuotaPeriod period = new CalendarPeriod(unit, LocalDateTime.of(1, 1, 1, 0, 0), ZoneId.of("Pacific/Kiritimati"));
        Instant first = period.at(Instant.MIN).end();
        Instant last = period.at(Instant.MAX.minusNanos(1)).start();
        assertThat(period.at(Instant.MIN).start()).isEqualTo(Instant.MIN);
        assertThat(period.at(Instant.MAX.minusNanos(1)).end()).isEqualTo(Instant.MAX);
        assertThat(period.at(first).start()).isEqualTo(first);
        assertThat(period.at(last.minusNanos(1)).end()).isEqualTo(last);
    }

    @Test
    void aDayFromATimeIsAsLongAsTheZoneMakesIt() {
        QuotaPeriod from8 = QuotaPeriod.day(NEW_YORK, LocalTime.of(20, 0));
        assertPeriod(
                from8,
                Instant.parse("2026-03-08T12:00:00Z"),
                Instant.parse("2026-03-08T01:00:00Z"),
                Instant.parse("2026-03-09T00:00:00Z"));
        // The clock skips 02:00 to 03:00 on that day.
        assertThat(QuotaPeriod.day(NEW_YORK, LocalTime.of(2, 30))
                        .at(Instant.parse("2026-03-08T12:00:00Z"))
                        .start())
                .isEqualTo(Instant.parse("2026-03-08T07:00:00Z"));
    }

    @Test
    void aWeekBeginsOnItsDayAtItsTime() {
        Instant sunday = Instant.parse("2026-11-22T23:00:00Z");
        assertPeriod(
                QuotaPeriod.week(UTC, DayOfWeek.SUNDAY),
                sunday,
                Instant.parse("2026-11-22T00:00:00Z"),
                Instant.parse("2026-11-29T00:00:00Z"));
        assertPeriod(
                QuotaPeriod.week(UTC, DayOfWeek.SUNDAY, LocalTime.of(23, 30)),
                sunday,
                Instant.parse("2026-11-15T23:30:00Z"),
                Instant.parse("2026-11-22T23:30:00Z"));
    }

    @Test
    void aYearBeginsOnItsDay() {
        assertPeriod(
                QuotaPeriod.year(MonthDay.of(3, 1), UTC),
                Instant.parse("2026-02-28T23:00:00Z"),
                Instant.parse("2025-03-01T00:00:00Z"),
                Instant.parse("2026-03-01T00:00:00Z"));
        QuotaPeriod leap = QuotaPeriod.year(MonthDay.of(2, 29), UTC);
        assertPeriod(
                leap,
                Instant.parse("2026-11-22T23:00:00Z"),
                Instant.parse("2026-02-28T00:00:00Z"),
                Instant.parse("2027-02-28T00:00:00Z"));
        assertPeriod(
                leap,
                Instant.parse("2028-02-28T23:00:00Z"),
                Instant.parse("2027-02-28T00:00:00Z"),
                Instant.parse("2028-02-29T00:00:00Z"));
    }

    @Test
    void fixedWindowsFollowOneAnother() {
        QuotaPeriod quarters = QuotaPeriod.every(Duration.ofMinutes(15));
        assertPeriod(
                quarters,
                Instant.parse("2026-11-22T08:59:59.999Z"),
                Instant.parse("2026-11-22T08:45:00Z"),
                Instant.parse("2026-11-22T09:00:00Z"));
        assertPeriod(
                quarters,
                Instant.parse("1969-12-31T23:59:59.999999999Z"),
                Instant.parse("1969-12-31T23:45:00Z"),
                Instant.EPOCH);
        assertPeriod(
                QuotaPeriod.every(Duration.ofHours(7), Instant.parse("2026-11-22T08:30:00Z")),
                Instant.parse("2026-11-22T08:29:59Z"),
                Instant.parse("2026-11-22T01:30:00Z"),
                Instant.parse("2026-11-22T08:30:00Z"));
        assertPeriod(quarters, Instant.MIN, Instant.MIN, CalendarPeriod.FIRST);
        assertPeriod(quarters, Instant.MAX, CalendarPeriod.LAST, Instant.MAX);
        QuotaPeriod longest = QuotaPeriod.every(Duration.ofNanos(1L << 60), Instant.MAX);
        for (Instant at : new Instant[] {CalendarPeriod.FIRST, CalendarPeriod.LAST.minusNanos(1), Instant.EPOCH}) {
            QuotaPeriod.Interval period = longest.at(at);
            assertThat(longest.at(period.start())).isEqualTo(period);
            assertThat(longest.at(period.end().minusNanos(1))).isEqualTo(period);
            assertThat(longest.at(period.end()).start()).isEqualTo(period.end());
        }
    }

    @Test
    void periodsThatDivideTheTimeLineAlikeAreEqual() {
        assertThat(QuotaPeriod.day(NEW_YORK, LocalTime.MIDNIGHT)).isEqualTo(QuotaPeriod.day(NEW_YORK));
        assertThat(QuotaPeriod.week(NEW_YORK, DayOfWeek.MONDAY)).isEqualTo(QuotaPeriod.week(NEW_YORK));
        assertThat(QuotaPeriod.year(MonthDay.of(1, 1), NEW_YORK)).isEqualTo(QuotaPeriod.year(NEW_YORK));
        Duration quarter = Duration.ofMinutes(15);
        assertThat(QuotaPeriod.every(quarter, Instant.parse("2026-11-22T08:45:00Z")))
                .isEqualTo(QuotaPeriod.every(quarter))
                .hasSameHashCodeAs(QuotaPeriod.every(quarter))
                .isNotEqualTo(QuotaPeriod.every(quarter, Instant.parse("2026-11-22T08:45:00.000000001Z")));
        assertThat(QuotaPeriod.every(quarter, Instant.parse("1969-12-31T23:50:00Z")))
                .isEqualTo(QuotaPeriod.every(quarter, Instant.parse("1970-01-01T00:05:00Z")));
    }

    @Test
    void aFixedWindowIsFromAMillisecondTo2ToThe60Nanoseconds() {
        assertThatThrownBy(() -> QuotaPeriod.every(Duration.ofNanos(999_999)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("length must be >= 1 ms: length=PT0.000999999S");
        Duration tooLong = Duration.ofNanos(1L << 60).plusNanos(1);
        assertThatThrownBy(() -> QuotaPeriod.every(tooLong))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("length must be <= 2^60 ns: length=" + tooLong);
    }

    @Test
    void onlyFixedWindowsAreAllOfOneLength() {
        assertThat(QuotaPeriod.every(Duration.ofMinutes(15)).fixedLength()).contains(Duration.ofMinutes(15));
        assertThat(QuotaPeriod.day(ZoneOffset.UTC).fixedLength()).isEmpty();
        assertThat(QuotaPeriod.lifetime().fixedLength()).isEmpty();
    }

    @Test
    void aLifetimeNeverEnds() {
        assertPeriod(QuotaPeriod.lifetime(), Instant.EPOCH, Instant.MIN, Instant.MAX);
    }

    @Test
    void periodsAreNamedAsAPageNamesThem() {
        assertThat(QuotaPeriod.month(UTC)).hasToString("per calendar month");
        assertThat(QuotaPeriod.day(NEW_YORK)).hasToString("per calendar day in America/New_York");
        assertThat(QuotaPeriod.monthFrom(31, UTC)).hasToString("per calendar month from day 31");
        assertThat(QuotaPeriod.lifetime()).hasToString("in all");
    }

    @Test
    void whatIsNoPeriodIsRefused() {
        assertThatThrownBy(() -> QuotaPeriod.monthFrom(32, UTC))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dayOfMonth must be between 1 and 31: dayOfMonth=32");
        assertThatThrownBy(() -> new CalendarPeriod(ChronoUnit.HOURS, LocalDateTime.MIN, UTC))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unit must be one of Days, Weeks, Months, Years: unit=Hours");
        assertThatThrownBy(() -> new CalendarPeriod(ChronoUnit.DECADES, LocalDateTime.MIN, UTC))
                .isInstanceOf(IllegalArgumentException.class);
        assertNoAnchor(ChronoUnit.DAYS, LocalDateTime.of(1, 1, 2, 0, 0));
        assertNoAnchor(ChronoUnit.WEEKS, LocalDateTime.of(1, 1, 8, 0, 0));
        assertNoAnchor(ChronoUnit.MONTHS, LocalDateTime.of(1, 2, 1, 0, 0));
        assertNoAnchor(ChronoUnit.YEARS, LocalDateTime.of(1, 3, 1, 9, 30));
        assertNoAnchor(ChronoUnit.YEARS, LocalDateTime.of(4, 3, 1, 0, 0));
        assertThatThrownBy(() -> QuotaPeriod.monthFrom(Instant.MAX, UTC))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("anchor must be from ");
        assertThatThrownBy(() -> new QuotaPeriod.Interval(Instant.EPOCH, Instant.EPOCH))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("end must be after start: start=1970-01-01T00:00:00Z, end=1970-01-01T00:00:00Z");
    }

    private static void assertNoAnchor(ChronoUnit unit, LocalDateTime anchor) {
        assertThatThrownBy(() -> new CalendarPeriod(unit, anchor, UTC))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("anchor must be the first start in the year 1, or 0004-02-29T00:00 for Years: anchor="
                        + anchor);
    }

    private static Duration lengthOfDay(ZoneId zone, String date) {
        QuotaPeriod.Interval day = QuotaPeriod.day(zone)
                .at(LocalDate.parse(date).atTime(12, 0).atZone(zone).toInstant());
        return Duration.between(day.start(), day.end());
    }

    private static void assertPeriod(QuotaPeriod period, Instant at, Instant start, Instant end) {
        assertThat(period.at(at)).isEqualTo(new QuotaPeriod.Interval(start, end));
    }
}
