package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.Printable;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Month;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.Locale;

/**
 * How the time-line is divided for a {@link Quota}: calendar days, weeks, months or years in a time zone, months that
 * begin on a billing day, or not at all.
 *
 * <p>Periods are half-open, [start, end), and tile the time-line: every instant lies in exactly one. They follow the
 * zone's rules as {@code java.time} has them: a day has 23, 24 or 25 hours, and begins at 01:00 where the clock skips
 * midnight.
 */
public sealed interface QuotaPeriod {

    /**
     * Returns the period that an instant lies in.
     *
     * @param instant any instant
     * @return the period, its start not after the instant and its end after it; {@link Instant#MAX} is in the period
     *     that it ends
     */
    Interval at(Instant instant);

    /**
     * Makes calendar days.
     *
     * @param zone the time zone of the dates
     * @return the period
     */
    static QuotaPeriod day(ZoneId zone) {
        return new Calendar(ChronoUnit.DAYS, Calendar.MONDAY_1_JANUARY, zone);
    }

    /**
     * Makes calendar weeks from Monday to Sunday, as ISO 8601 has them.
     *
     * @param zone the time zone of the dates
     * @return the period
     */
    static QuotaPeriod week(ZoneId zone) {
        return new Calendar(ChronoUnit.WEEKS, Calendar.MONDAY_1_JANUARY, zone);
    }

    /**
     * Makes calendar months.
     *
     * @param zone the time zone of the dates
     * @return the period
     */
    static QuotaPeriod month(ZoneId zone) {
        return new Calendar(ChronoUnit.MONTHS, Calendar.MONDAY_1_JANUARY, zone);
    }

    /**
     * Makes calendar years.
     *
     * @param zone the time zone of the dates
     * @return the period
     */
    static QuotaPeriod year(ZoneId zone) {
        return new Calendar(ChronoUnit.YEARS, Calendar.MONDAY_1_JANUARY, zone);
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
        return new Calendar(ChronoUnit.MONTHS, Calendar.MONDAY_1_JANUARY.withDayOfMonth(dayOfMonth), zone);
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
        boolean hasDate = !anchor.isBefore(Calendar.FIRST) && anchor.isBefore(Calendar.LAST);
        Arguments.require(hasDate, "anchor", "from " + Calendar.FIRST + " to " + Calendar.LAST, anchor);
        LocalDateTime local = LocalDateTime.ofInstant(anchor, zone);
        LocalDateTime first = local.toLocalTime()
                .atDate(Calendar.MONDAY_1_JANUARY
                        .withDayOfMonth(local.getDayOfMonth())
                        .toLocalDate());
        return new Calendar(ChronoUnit.MONTHS, first, zone);
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

    /**
     * Spans of the ISO calendar, counted from an anchor.
     *
     * @param unit the length of a span: {@link ChronoUnit#DAYS}, {@code WEEKS}, {@code MONTHS} or {@code YEARS}
     * @param anchor the local date and time in January of the year 1, a Monday the 1st, that spans are counted from;
     *     the n-th begins at {@code anchor.plus(n, unit)}, or, where the zone's clock skips that time, when it has
     *     skipped it. Only months may begin on another day or at another time than the first of January at 00:00.
     * @param zone the time zone of the anchor; zones that are always the same offset are equal to it
     */
    record Calendar(ChronoUnit unit, LocalDateTime anchor, ZoneId zone) implements QuotaPeriod {

        /* A Monday, a first of the month and a first of the year, so that all four units can be counted from it. */
        static final LocalDateTime MONDAY_1_JANUARY = LocalDateTime.of(1, 1, 1, 0, 0);

        /* Beyond these java.time runs out of dates; there the rest of the time-line is one period. */
        private static final Instant FIRST = LocalDateTime.MIN.plusYears(10).toInstant(ZoneOffset.UTC);
        private static final Instant LAST = LocalDateTime.MAX.minusYears(10).toInstant(ZoneOffset.UTC);

        /**
         * Makes a calendar period.
         *
         * @param unit the length of a span
         * @param anchor a local date and time at which a span begins
         * @param zone the time zone of the anchor
         * @throws IllegalArgumentException if the unit is another one, or the anchor not one for it
         */
        public Calendar {
            requireNonNull(unit, "unit");
            requireNonNull(anchor, "anchor");
            requireNonNull(zone, "zone");
            boolean known = unit.isDateBased() && unit.compareTo(ChronoUnit.YEARS) <= 0;
            Arguments.require(known, "unit", "one of Days, Weeks, Months, Years", unit);
            boolean inJanuary = anchor.getYear() == 1 && anchor.getMonth() == Month.JANUARY;
            boolean allowed = unit == ChronoUnit.MONTHS ? inJanuary : anchor.equals(MONDAY_1_JANUARY);
            Arguments.require(allowed, "anchor", "0001-01-01T00:00, or for Months in that month", anchor);
            zone = zone.normalized();
        }

        @Override
        public Interval at(Instant instant) {
            requireNonNull(instant, "instant");
            if (instant.isBefore(FIRST)) {
                return new Interval(Instant.MIN, FIRST);
            }
            if (!instant.isBefore(LAST)) {
                return new Interval(LAST, Instant.MAX);
            }
            // The guess is one off where a span is clamped or the zone's clock repeats the time around a start.
            long n = unit.between(anchor, LocalDateTime.ofInstant(instant, zone));
            while (start(n).isAfter(instant)) {
                n--;
            }
            while (!start(n + 1).isAfter(instant)) {
                n++;
            }
            return new Interval(later(FIRST, start(n)), earlier(LAST, start(n + 1)));
        }

        private Instant start(long n) {
            LocalDateTime local = anchor.plus(n, unit);
            ZoneOffsetTransition transition = zone.getRules().getTransition(local);
            return transition != null && transition.isGap()
                    ? transition.getInstant()
                    : local.atZone(zone).toInstant();
        }

        private static Instant later(Instant a, Instant b) {
            return a.isAfter(b) ? a : b;
        }

        private static Instant earlier(Instant a, Instant b) {
            return a.isBefore(b) ? a : b;
        }

        /**
         * Returns for example {@code "per calendar month"}, or {@code "per calendar month from day 31 09:30 in
         * Africa/Cairo"}.
         */
        @Override
        public String toString() {
            String plural = unit.toString().toLowerCase(Locale.ROOT);
            LocalTime time = anchor.toLocalTime();
            String from = anchor.equals(MONDAY_1_JANUARY)
                    ? ""
                    : " from day " + anchor.getDayOfMonth() + (time.equals(LocalTime.MIDNIGHT) ? "" : " " + time);
            String in = zone.equals(ZoneOffset.UTC) ? "" : " in " + Printable.name(zone.getId());
            return "per calendar " + plural.substring(0, plural.length() - 1) + from + in;
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
