package dev.ratelimit;

import static java.util.stream.Collectors.joining;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.CalendarPeriod;
import dev.ratelimit.spi.Printable;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a limit by recursive descent: a method for each rule of the grammar of {@link Limit#parse(String)}, in its
 * order. A parser reads one text once.
 */
final class LimitParser {

    /** More characters than any limit prints: a name of 256 characters, each escaped, and a zone. */
    static final int MAX_LENGTH = 4_096;

    private static final Pattern TIME = Pattern.compile("([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,9})?)?");

    private static final long MAX_NANOS = 1L << 60;

    private static final Map<String, ChronoUnit> PERIODS = Map.of(
            "day", ChronoUnit.DAYS, "week", ChronoUnit.WEEKS, "month", ChronoUnit.MONTHS, "year", ChronoUnit.YEARS);

    /** What a window of elapsed time is mistaken for, and what is about as long. */
    private static final Map<String, String> ELAPSED = Map.of("week", "7 days", "month", "30 days", "year", "365 days");

    private final TextScanner scanner;
    private final @Nullable Collection<Unit> units;

    private LimitParser(String text, @Nullable Collection<Unit> units) {
        this.scanner = new TextScanner(text);
        this.units = units;
    }

    /** Reads a limit; of any unit, if none are given. */
    static Limit parse(String text, @Nullable Collection<Unit> units) {
        if (text.length() > MAX_LENGTH) {
            throw new LimitFormatException(text, MAX_LENGTH, "a limit has at most 4,096 characters");
        }
        return new LimitParser(text, units).limit();
    }

    /** An amount and its unit. */
    private record Measure(Unit unit, long amount) {}

    private Limit limit() {
        Measure measure = measure();
        if (scanner.skipWord("in")) {
            scanner.expectWord("all");
            return quota(measure, QuotaPeriod.lifetime());
        }
        if (!scanner.skipWord("per")) {
            throw scanner.refuse("expected \"per\" or \"in all\"");
        }
        if (scanner.skipWord("calendar")) {
            return quota(measure, calendar());
        }
        return window(measure);
    }

    private Measure measure() {
        int start = scanner.mark();
        if (scanner.skip('$')) {
            requireKnown(Unit.NANO_USD, start);
            return new Measure(Unit.NANO_USD, nanos(scanner.digits(), scanner.decimals(), start));
        }
        String digits = scanner.digits();
        String decimals = scanner.decimals();
        if (scanner.touchesLetter()) {
            throw scanner.refuse("expected a space between the amount and its unit");
        }
        int place = scanner.mark();
        if (scanner.skipWord("usd")) {
            requireKnown(Unit.NANO_USD, place);
            return new Measure(Unit.NANO_USD, nanos(digits, decimals, start));
        }
        Unit unit = unit();
        if (!decimals.isEmpty()) {
            throw scanner.refuse(start, "expected a whole number: only dollars have decimals");
        }
        return new Measure(unit, amount(digits, start));
    }

    private long amount(String digits, int start) {
        long amount = TextScanner.number(digits);
        if (amount > Arguments.MAX_AMOUNT) {
            throw scanner.refuse(start, "an amount is at most 2^53");
        }
        return amount;
    }

    private long nanos(String dollars, String decimals, int start) {
        String zeros = "0".repeat(LimitText.DECIMALS_OF_DOLLARS - decimals.length());
        long nanos = TextScanner.number(dollars + decimals + zeros);
        if (nanos > Arguments.MAX_AMOUNT) {
            throw scanner.refuse(start, "money is at most $9,007,199.254740992");
        }
        return nanos;
    }

    private Unit unit() {
        int start = scanner.mark();
        Unit unit = scanner.isAt('"') ? quotedUnit() : unitOf(scanner.word(), start);
        requireKnown(unit, start);
        return unit;
    }

    private Unit unitOf(String word, int start) {
        return switch (word) {
            case "" -> throw scanner.refuse(start, "expected a unit, such as calls or \"input tokens\" in quotes");
            case "per", "in" ->
                throw scanner.refuse(
                        start,
                        "expected a unit before \"" + word + "\", such as calls; a unit of that name"
                                + " stands in quotes");
            case "call", "request", "requests" -> Unit.CALLS;
            default -> new Unit(word);
        };
    }

    private Unit quotedUnit() {
        int start = scanner.mark();
        String name = scanner.quoted();
        try {
            return new Unit(name);
        } catch (IllegalArgumentException e) {
            throw scanner.refuse(start, "the name of a unit has 1 to 256 characters and is not blank");
        }
    }

    private void requireKnown(Unit unit, int start) {
        if (units != null && !units.contains(unit)) {
            String known = units.stream().map(LimitText::name).sorted().collect(joining(", "));
            throw scanner.refuse(start, "unknown unit, known are " + Printable.of(known, 1_024));
        }
    }

    private Limit window(Measure measure) {
        RateLimit limit = RateLimit.of(measure.unit(), measure.amount(), span());
        while (scanner.skip(',')) {
            if (limit.precision() == Precision.EXACT || !scanner.skipWord("exact")) {
                throw scanner.refuse("expected \"exact\", once");
            }
            limit = limit.withPrecision(Precision.EXACT);
        }
        scanner.expectEnd("expected the end, or \", exact\"; only a calendar period has a start and a time zone");
        return limit;
    }

    private Duration span() {
        int start = scanner.mark();
        long n = scanner.isAtDigit() ? TextScanner.number(scanner.digits()) : 1;
        int place = scanner.mark();
        String word = scanner.word();
        for (Length length : Length.values()) {
            if (word.equals(length.word()) || word.equals(length.word() + "s")) {
                if (n == 0 || n > MAX_NANOS / length.nanos()) {
                    throw scanner.refuse(start, "a window is more than 0 and at most 2^60 ns (36.5 years)");
                }
                return Duration.ofNanos(n * length.nanos());
            }
        }
        String singular = word.endsWith("s") ? word.substring(0, word.length() - 1) : word;
        String elapsed = ELAPSED.get(singular);
        if (elapsed != null) {
            throw scanner.refuse(place, "say \"per calendar " + singular + "\" or \"per " + elapsed + '"');
        }
        throw scanner.refuse(
                place,
                "expected \"calendar\", or a number of days, hours, minutes, seconds, milliseconds, microseconds or"
                        + " nanoseconds");
    }

    private QuotaPeriod calendar() {
        int place = scanner.mark();
        ChronoUnit unit = PERIODS.get(scanner.word());
        if (unit == null) {
            throw scanner.refuse(place, "expected day, week, month or year");
        }
        int day = 1;
        LocalTime time = LocalTime.MIDNIGHT;
        int from = scanner.mark();
        if (scanner.skipWord("from")) {
            if (unit != ChronoUnit.MONTHS) {
                throw scanner.refuse(from, "only a calendar month begins \"from\" another time than the usual");
            }
            day = day();
            time = scanner.isAtDigit() ? time() : time;
        }
        ZoneId zone = scanner.skipWord("in") ? zone() : ZoneOffset.UTC;
        return new CalendarPeriod(
                unit, CalendarPeriod.MONDAY_1_JANUARY.withDayOfMonth(day).with(time), zone);
    }

    private int day() {
        scanner.expectWord("day");
        int place = scanner.mark();
        long day = scanner.isAtDigit() ? TextScanner.number(scanner.digits()) : 0;
        if (day < 1 || day > 31) {
            throw scanner.refuse(place, "expected a day of the month, from 1 to 31");
        }
        return (int) day;
    }

    private LocalTime time() {
        int place = scanner.mark();
        String time = scanner.run(c -> LimitText.isDigit(c) || c == ':' || c == '.');
        if (!TIME.matcher(time).matches()) {
            throw scanner.refuse(place, "expected a time, such as 09:30, 09:30:15 or 09:30:15.5");
        }
        return LocalTime.parse(time);
    }

    private ZoneId zone() {
        int place = scanner.mark();
        String zone = scanner.run(c -> c != ',').strip();
        try {
            return ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw scanner.refuse(place, "expected a time zone, such as Europe/Paris, +02:00 or Z");
        }
    }

    private Limit quota(Measure measure, QuotaPeriod period) {
        Quota quota = Quota.of(measure.unit(), measure.amount(), period);
        while (scanner.skip(',')) {
            boolean first = quota.overrun() == Overrun.WHILE_FITS;
            if (first && scanner.skipWord("until")) {
                scanner.expectWord("reached");
                quota = quota.withOverrun(Overrun.UNTIL_REACHED);
            } else if (first && scanner.skipWord("never")) {
                scanner.expectWord("refuses");
                quota = quota.withOverrun(Overrun.NEVER_REFUSES);
            } else {
                throw scanner.refuse("expected \"until reached\" or \"never refuses\", once");
            }
        }
        scanner.expectEnd(
                period instanceof CalendarPeriod
                        ? "expected the end, \"from\", \"in\" and a time zone, \", until reached\" or"
                                + " \", never refuses\""
                        : "expected the end, \", until reached\" or \", never refuses\"");
        return quota;
    }
}
