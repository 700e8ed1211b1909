package dev.ratelimit.kernel;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.spi.Printable;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.TextStyle;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.Locale;

/**
 * Spans of the ISO calendar, counted from an anchor.
 *
 * @param unit the length of a span: {@link ChronoUnit#DAYS}, {@code WEEKS}, {@code MONTHS} or {@code YEARS}
 * @param anchor the local date and time that spans are counted from; the n-th begins at {@code anchor.plus(n, unit)},
 *     or, where the zone's clock skips that time, when it has skipped it. It is the first start in the year 1, which
 *     begins on a Monday: of days on 1 January, of weeks in its first week, of months in January, of years at 00:00.
 *     Years from 29 February are counted from the year 4, which has that day.
 * @param zone the time zone of the anchor; zones that are always the same offset are equal to it
 */
public record CalendarPeriod(ChronoUnit unit, LocalDateTime anchor, ZoneId zone) implements QuotaPeriod {

    /** A Monday, a first of the month and a first of the year, so that all four units can be counted from it. */
    public static final LocalDateTime MONDAY_1_JANUARY = LocalDateTime.of(1, 1, 1, 0, 0);

    /** Before this instant java.time runs out of dates; the time-line before it is one period. */
    public static final Instant FIRST = LocalDateTime.MIN.plusYears(10).toInstant(ZoneOffset.UTC);

    /** From this instant on java.time runs out of dates; the rest of the time-line is one period. */
    public static final Instant LAST = LocalDateTime.MAX.minusYears(10).toInstant(ZoneOffset.UTC);

    /**
     * Makes a calendar period.
     *
     * @param unit the length of a span
     * @param anchor a local date and time at which a span begins
     * @param zone the time zone of the anchor
     * @throws IllegalArgumentException if the unit is another one, or the anchor not one for it
     */
    public CalendarPeriod {
        requireNonNull(unit, "unit");
        requireNonNull(anchor, "anchor");
        requireNonNull(zone, "zone");
        boolean known = unit.isDateBased() && unit.compareTo(ChronoUnit.YEARS) <= 0;
        Arguments.require(known, "unit", "one of Days, Weeks, Months, Years", unit);
        Arguments.require(
                isFirstStart(unit, anchor),
                "anchor",
                "the first start in the year 1, or 0004-02-29T00:00 for Years",
                anchor);
        zone = zone.normalized();
    }

    private static boolean isFirstStart(ChronoUnit unit, LocalDateTime anchor) {
        if (unit == ChronoUnit.YEARS) {
            return anchor.equals(firstOf(MonthDay.from(anchor)));
        }
        LocalDateTime end = MONDAY_1_JANUARY.plus(1, unit);
        return !anchor.isBefore(MONDAY_1_JANUARY) && anchor.isBefore(end);
    }

    /**
     * Returns the anchor of years that begin on a day.
     *
     * @param day the first day of each year; the 28th of February stands for the 29th where there is none
     * @return the anchor
     */
    public static LocalDateTime firstOf(MonthDay day) {
        return day.atYear(day.isValidYear(1) ? 1 : 4).atStartOfDay();
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
        String from = anchor.equals(MONDAY_1_JANUARY) ? "" : " from " + start();
        String in = zone.equals(ZoneOffset.UTC) ? "" : " in " + Printable.name(zone.getId());
        return "per calendar " + unitInWords() + from + in;
    }

    /**
     * Returns the length of a span in words.
     *
     * @return {@code "day"}, {@code "week"}, {@code "month"} or {@code "year"}
     */
    public String unitInWords() {
        String plural = unit.toString().toLowerCase(Locale.ROOT);
        return plural.substring(0, plural.length() - 1);
    }

    private String start() {
        LocalTime time = anchor.toLocalTime();
        String at = time.equals(LocalTime.MIDNIGHT) ? "" : " " + time;
        return switch (unit) {
            case DAYS -> time.toString();
            case WEEKS -> anchor.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH) + at;
            case MONTHS -> "day " + anchor.getDayOfMonth() + at;
            default -> anchor.getDayOfMonth() + " " + anchor.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
        };
    }
}
