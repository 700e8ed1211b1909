package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.CalendarPeriod;
import dev.ratelimit.kernel.FixedPeriod;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.Optional;

/**
 * How the time-line is divided for a {@link Quota}: calendar days, weeks, months or years in a time zone, which may
 * begin on a day or at a time of the host's choice; fixed windows of any length; or not at all.
 *
 * <p>Periods are half-open, [start, end), and tile the time-line: every instant lies in exactly one. Those of the
 * calendar follow the zone's rules as {@code java.time} has them: a day has 23, 24 or 25 hours, and begins at 01:00
 * where the clock skips midnight.
 *
 * <p>Periods that divide the time-line alike in the same words are equal: days from 00:00 are calendar days, weeks from
 * Monday are calendar weeks, and fixed windows do not depend on which of their starts the anchor is.
 */
public sealed interface QuotaPeriod permits CalendarPeriod, FixedPeriod, QuotaPeriod.Lifetime {

    /**
     * Returns the period that an instant lies in.
     *
     * @param instant any instant
     * @return the period, its start not after the instant and its end after it; {@link Instant#MAX} is in the period
     *     that it ends
     */
    Interval at(Instant instant);

    /**
     * Returns the length of all periods, where they are fixed windows.
     *
     * @return the length; empty for periods of the calendar, whose lengths differ, and for the one that never ends
     */
    default Optional<Duration> fixedLength() {
        return Optional.empty();
    }

    /**
     * Makes calendar days.
     *
     * @param zone the time zone of the dates
     * @return the period
     */
    static QuotaPeriod day(ZoneId zone) {
        return new CalendarPeriod(ChronoUnit.DAYS, CalendarPeriod.MONDAY_1_JANUARY, zone);
    }

    /**
     * Makes days that begin at a time of day, such as the hour at which a vendor resets its quotas. A day begins where
     * the clock shows the time first; where the clock skips it, when it has skipped it.
     *
     * @param zone the time zone of the dates
     * @param time the time of day that each period begins at; 00:00 makes calendar days
     * @return the period
     */
    static QuotaPeriod day(ZoneId zone, LocalTime time) {
        requireNonNull(time, "time");
        return new CalendarPeriod(ChronoUnit.DAYS, CalendarPeriod.MONDAY_1_JANUARY.with(time), zone);
    }

    /**
     * Makes calendar weeks from Monday to Sunday, as ISO 8601 has them.
     *
     * @param zone the time zone of the dates
     * @return the period
     */
    static QuotaPeriod week(ZoneId zone) {
        return new CalendarPeriod(ChronoUnit.WEEKS, CalendarPeriod.MONDAY_1_JANUARY, zone);
    }

    /**
     * Makes weeks that begin on a day of the week.
     *
     * @param zone the time zone of the dates
     * @param day the day that each period begins on; Monday makes the weeks of ISO 8601
     * @return the period
     */
    static QuotaPeriod week(ZoneId zone, DayOfWeek day) {
        return week(zone, day, LocalTime.MIDNIGHT);
    }

    /**
     * Makes weeks that begin on a day of the week at a time of day.
     *
     * @param zone the time zone of the dates
     * @param day the day that each period begins on
     * @param time the time of day that each period begins at
     * @return the period
     */
    static QuotaPeriod week(ZoneId zone, DayOfWeek day, LocalTime time) {
        requireNonNull(day, "day");
        requireNonNull(time, "time");
        LocalDateTime first = CalendarPeriod.MONDAY_1_JANUARY
                .with(TemporalAdjusters.nextOrSame(day))
                .with(time);
        return new CalendarPeriod(ChronoUnit.WEEKS, first, zone);
    }

    /**
     * Makes calendar months.
     *
     * @param zone the time zone of the dates
     * @return the period
     */
    static QuotaPeriod month(ZoneId zone) {
        return new CalendarPeriod(ChronoUnit.MONTHS, CalendarPeriod.MONDAY_1_JANUARY, zone);
    }

    /**
     * Makes calendar years.
     *
     * @param zone the time zone of the dates
     * @return the period
     */
    static QuotaPeriod year(ZoneId zone) {
        return new CalendarPeriod(ChronoUnit.YEARS, CalendarPeriod.MONDAY_1_JANUARY, zone);
    }

    /**
     * Makes years that begin on a day, such as the first day of a fiscal year. In a year that lacks 29 February the
     * period begins on the 28th.
     *
     * @param day the day that each period begins on; 1 January makes calendar years
     * @param zone the time zone of the dates
     * @return the period
     */
    static QuotaPeriod year(MonthDay day, ZoneId zone) {
        requireNonNull(day, "day");
        return new CalendarPeriod(ChronoUnit.YEARS, CalendarPeriod.firstOf(day), zone);
    }

    /**
     * Makes months that begin on a day of the month, such as the day a customer is billed. In a month that lacks the
     * day the period begins on the last day of the month: 31 January, 28 February, 31 March.
     *
     * @param dayOfMonth the day that a period begins on, from 1 to 31; 1 makes calendar months
     * @param zone the time zone of the dates
     * @return the period
     * @throws IllegalArgumentException if no month has such a day
     */
    static QuotaPeriod monthFrom(int dayOfMonth, ZoneId zone) {
        Arguments.require(dayOfMonth >= 1 && dayOfMonth <= 31, "dayOfMonth", "between 1 and 31", dayOfMonth);
        return new CalendarPeriod(ChronoUnit.MONTHS, CalendarPeriod.MONDAY_1_JANUARY.withDayOfMonth(dayOfMonth), zone);
    }

    /**
     * Makes months that begin on the day and at the time of an anchor, such as the moment a customer signed up. In a
     * month that lacks the day the period begins on the last day of the month, at the same time.
     *
     * @param anchor an instant whose day of the month and time of day all periods begin at, the first time that the
     *     zone's clock shows it; before or after now
     * @param zone the time zone in which the anchor's day and time are read
     * @return the period
     * @throws IllegalArgumentException if the anchor is beyond the years that {@link LocalDateTime} has
     */
    static QuotaPeriod monthFrom(Instant anchor, ZoneId zone) {
        requireNonNull(anchor, "anchor");
        requireNonNull(zone, "zone");
        boolean hasDate = !anchor.isBefore(CalendarPeriod.FIRST) && anchor.isBefore(CalendarPeriod.LAST);
        Arguments.require(hasDate, "anchor", "from " + CalendarPeriod.FIRST + " to " + CalendarPeriod.LAST, anchor);
        LocalDateTime local = LocalDateTime.ofInstant(anchor, zone);
        LocalDateTime first = local.toLocalTime()
                .atDate(CalendarPeriod.MONDAY_1_JANUARY
                        .withDayOfMonth(local.getDayOfMonth())
                        .toLocalDate());
        return new CalendarPeriod(ChronoUnit.MONTHS, first, zone);
    }

    /**
     * Makes fixed windows: spans of one length, one after the other from the Unix epoch on.
     *
     * @param length the length of each, from 1 millisecond to 2<sup>60</sup> nanoseconds (36.5 years)
     * @return the period
     * @throws IllegalArgumentException if the length is out of its range
     */
    static QuotaPeriod every(Duration length) {
        return every(length, Instant.EPOCH);
    }

    /**
     * Makes fixed windows: spans of one length, one after the other, of which one begins at an anchor.
     *
     * @param length the length of each, from 1 millisecond to 2<sup>60</sup> nanoseconds (36.5 years)
     * @param anchor an instant at which one of them begins, before or after now
     * @return the period
     * @throws IllegalArgumentException if the length is out of its range
     */
    static QuotaPeriod every(Duration length, Instant anchor) {
        return new FixedPeriod(length, anchor);
    }

    /**
     * Returns the period that never ends.
     *
     * @return the one lifetime period
     */
    static QuotaPeriod lifetime() {
        return Lifetime.INSTANCE;
    }

    /**
     * A half-open span of the time-line.
     *
     * @param start the first instant in it
     * @param end the first instant after it; {@link Instant#MAX} stands for no end
     */
    record Interval(Instant start, Instant end) {

        /**
         * Makes an interval.
         *
         * @param start the first instant in it
         * @param end the first instant after it
         * @throws IllegalArgumentException if it would be empty
         */
        public Interval {
            requireNonNull(start, "start");
            requireNonNull(end, "end");
            if (!start.isBefore(end)) {
                throw new IllegalArgumentException("end must be after start: start=" + start + ", end=" + end);
            }
        }
    }

    /** The period that never ends. */
    enum Lifetime implements QuotaPeriod {
        /** The one lifetime. */
        INSTANCE;

        @Override
        public Interval at(Instant instant) {
            requireNonNull(instant, "instant");
            return new Interval(Instant.MIN, Instant.MAX);
        }

        /** Returns {@code "in all"}. */
        @Override
        public String toString() {
            return "in all";
        }
    }
}
