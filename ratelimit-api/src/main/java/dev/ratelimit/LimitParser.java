package dev.ratelimit;

import static java.util.stream.Collectors.joining;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.CalendarPeriod;
import dev.ratelimit.kernel.FixedPeriod;
import dev.ratelimit.kernel.Length;
import dev.ratelimit.spi.Printable;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Month;
import java.time.MonthDay;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.Collection;
import java.util.Locale;
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

    private static final String LENGTHS = "days, hours, minutes, seconds, milliseconds, microseconds or nanoseconds";

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
            if (scanner.skipWord("flight")) {
                return inFlight(measure);
            }
            if (!scanner.skipWord("all")) {
                throw scanner.refuse("expected \"all\" or \"flight for\"");
            }
            return quota(measure, QuotaPeriod.lifetime(), "");
        }
        if (!scanner.skipWord("per")) {
            throw scanner.refuse("expected \"per\", \"in all\" or \"in flight for\"");
        }
        if (scanner.skipWord("calendar")) {
            return quota(measure, calendar(), "\"from\", \"in\" and a time zone, ");
        }
        if (scanner.skipWord("fixed")) {
            return quota(measure, fixed(), "\"from\" and an instant, ");
        }
        if (scanner.skipWord("call") || scanner.skipWord("request")) {
            scanner.expectEnd("expected the end");
            return PerCallLimit.of(measure.unit(), measure.amount());
        }
        return rate(measure);
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

    /** Reads a window or a token bucket. */
    private Limit rate(Measure measure) {
        Duration span = duration(
                "a window",
                "say \"per calendar %s\" or \"per %s\"",
                "expected \"calendar\", \"fixed\", \"call\", or a number of " + LENGTHS);
        if (scanner.skipWord("with")) {
            scanner.expectWord("burst");
            return bucket(measure, span);
        }
        RateLimit limit = RateLimit.of(measure.unit(), measure.amount(), span);
        while (scanner.skip(',')) {
            if (limit.precision() == Precision.EXACT || !scanner.skipWord("exact")) {
                throw scanner.refuse("expected \"exact\", once");
            }
            limit = limit.withPrecision(Precision.EXACT);
        }
        scanner.expectEnd(
                "expected the end, \"with burst\", or \", exact\"; only a calendar period has a start and a time"
                        + " zone");
        return limit;
    }

    private Limit bucket(Measure measure, Duration per) {
        int start = scanner.mark();
        long capacity = burst(measure.unit());
        if (!TokenBucket.fillsInTime(measure.amount(), per, capacity)) {
            throw scanner.refuse(start, "a bucket is full again after at most 2^60 ns (36.5 years)");
        }
        scanner.expectEnd("expected the end");
        return new TokenBucket(measure.unit(), measure.amount(), per, capacity);
    }

    /** Reads an amount of a unit that is not said again, but for dollars. */
    private long burst(Unit unit) {
        int start = scanner.mark();
        boolean isMoney = unit.equals(Unit.NANO_USD);
        boolean hasSign = scanner.skip('$');
        String digits = scanner.digits();
        if (!isMoney && hasSign) {
            throw scanner.refuse(start, "expected a number of the same unit");
        }
        if (!isMoney) {
            return amount(digits, start);
        }
        String decimals = scanner.decimals();
        if (!hasSign && !scanner.skipWord("usd")) {
            throw scanner.refuse(start, "expected dollars, such as $25");
        }
        return nanos(digits, decimals, start);
    }

    private Limit inFlight(Measure measure) {
        scanner.expectWord("for");
        Duration longest = duration("a time in flight", "say \"%2$s\"", "expected a number of " + LENGTHS);
        scanner.expectEnd("expected the end");
        return ConcurrencyLimit.of(measure.unit(), measure.amount(), longest);
    }

    /** Reads a span of elapsed time. The texts say what it is, what to say for a month, and what else is allowed. */
    private Duration duration(String what, String hint, String expected) {
        int start = scanner.mark();
        long n = scanner.isAtDigit() ? TextScanner.number(scanner.digits()) : 1;
        int place = scanner.mark();
        String word = scanner.word();
        for (Length length : Length.values()) {
            if (word.equals(length.word()) || word.equals(length.word() + "s")) {
                if (n == 0 || n > MAX_NANOS / length.nanos()) {
                    throw scanner.refuse(start, what + " is more than 0 and at most 2^60 ns (36.5 years)");
                }
                return Duration.ofNanos(n * length.nanos());
            }
        }
        String singular = word.endsWith("s") ? word.substring(0, word.length() - 1) : word;
        String elapsed = ELAPSED.get(singular);
        throw scanner.refuse(place, elapsed == null ? expected : hint.formatted(singular, elapsed));
    }

    private QuotaPeriod fixed() {
        int start = scanner.mark();
        Duration length = duration("a fixed window", "say \"fixed %2$s\"", "expected a number of " + LENGTHS);
        if (length.compareTo(FixedPeriod.MIN_LENGTH) < 0) {
            throw scanner.refuse(start, "a fixed window is at least 1 millisecond");
        }
        return QuotaPeriod.every(length, scanner.skipWord("from") ? instant() : Instant.EPOCH);
    }

    private Instant instant() {
        int place = scanner.mark();
        String text = scanner.run(c -> LimitText.isOfWord(c) || c == ':' || c == '.' || c == '+');
        try {
            if (text.endsWith("Z")) {
                return Instant.parse(text);
            }
        } catch (DateTimeException e) {
            // is refused below
        }
        throw scanner.refuse(place, "expected an instant, such as 2026-01-31T09:30:00Z");
    }

    private QuotaPeriod calendar() {
        int place = scanner.mark();
        ChronoUnit unit = PERIODS.get(scanner.word());
        if (unit == null) {
            throw scanner.refuse(place, "expected day, week, month or year");
        }
        LocalDateTime anchor = scanner.skipWord("from") ? start(unit) : CalendarPeriod.MONDAY_1_JANUARY;
        ZoneId zone = scanner.skipWord("in") ? zone() : ZoneOffset.UTC;
        return new CalendarPeriod(unit, anchor, zone);
    }

    private LocalDateTime start(ChronoUnit unit) {
        LocalDateTime first = CalendarPeriod.MONDAY_1_JANUARY;
        return switch (unit) {
            case DAYS -> first.with(time());
            case WEEKS -> first.with(TemporalAdjusters.nextOrSame(weekday())).with(timeIfAny());
            case MONTHS -> first.withDayOfMonth(day()).with(timeIfAny());
            default -> CalendarPeriod.firstOf(dayOfYear());
        };
    }

    private DayOfWeek weekday() {
        return oneOf(DayOfWeek.values(), "expected a day of the week, such as Sunday");
    }

    private MonthDay dayOfYear() {
        int place = scanner.mark();
        long day = scanner.isAtDigit() ? TextScanner.number(scanner.digits()) : 0;
        if (day > 0) {
            Month month = oneOf(Month.values(), "expected a month, such as March");
            if (day <= month.maxLength()) {
                return MonthDay.of(month, (int) day);
            }
        }
        throw scanner.refuse(place, "expected a day of the year, such as 1 March");
    }

    /** Reads a constant by its name as English has it: with a capital letter. */
    private <T extends Enum<T>> T oneOf(T[] constants, String rule) {
        int place = scanner.mark();
        String word = scanner.word();
        for (T constant : constants) {
            String name = constant.name();
            if (word.equals(name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT))) {
                return constant;
            }
        }
        throw scanner.refuse(place, rule);
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

    private LocalTime timeIfAny() {
        return scanner.isAtDigit() ? time() : LocalTime.MIDNIGHT;
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

    /** Reads the end of a quota. The text says what else its period may have. */
    private Limit quota(Measure measure, QuotaPeriod period, String more) {
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
        scanner.expectEnd("expected the end, " + more + "\", until reached\" or \", never refuses\"");
        return quota;
    }
}
