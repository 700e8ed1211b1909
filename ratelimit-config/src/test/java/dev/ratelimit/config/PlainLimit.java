package dev.ratelimit.config;

import dev.ratelimit.Unit;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a limit, read by regular expressions and not by {@code Limit.parse}: as much of the grammar as the
 * example files use.
 *
 * @param kind what it is
 * @param amount the amount
 * @param unit what is counted
 * @param most what may count at once: the burst of a bucket, or the amount
 * @param length the window, the rate's time or the longest time in flight; zero if there is none
 * @param zone where a calendar is read
 * @param untilReached whether the last call may overrun it
 * @param column what it is of, as a vendor heads a column: "calls per day"
 */
record PlainLimit(
        Kind kind,
        long amount,
        Unit unit,
        long most,
        Duration length,
        ZoneId zone,
        boolean untilReached,
        String column) {

    enum Kind {
        WINDOW,
        BUCKET,
        FIXED,
        DAY,
        MONTH,
        IN_FLIGHT,
        PER_CALL,
        IN_ALL
    }

    private static final Pattern LIMIT = Pattern.compile(
            "(\\$?)([0-9,]+)(?: ([a-z-]+))? (per call|in all|(?:per|in flight for) .+?)(, until reached)?");

    private static final Pattern SPAN =
            Pattern.compile("(per|per fixed|in flight for) (?:([0-9]+) )?([a-z]+?)s?(?: with burst ([0-9,]+))?");

    private static final Pattern CALENDAR = Pattern.compile("per calendar (day|month)(?: in (\\S+))?");

    private static final Map<String, ChronoUnit> LENGTHS = Map.of(
            "second", ChronoUnit.SECONDS,
            "minute", ChronoUnit.MINUTES,
            "hour", ChronoUnit.HOURS,
            "day", ChronoUnit.DAYS);

    static PlainLimit of(String text) {
        Matcher limit = matched(LIMIT, text);
        boolean dollars = !limit.group(1).isEmpty();
        long amount = number(limit.group(2)) * (dollars ? 1_000_000_000L : 1);
        Unit unit = dollars ? Unit.NANO_USD : new Unit(limit.group(3).equals("call") ? "calls" : limit.group(3));
        boolean untilReached = limit.group(5) != null;
        String rest = limit.group(4);
        String counted = dollars ? "usd" : unit.name();
        if (rest.equals("per call") || rest.equals("in all")) {
            Kind kind = rest.equals("in all") ? Kind.IN_ALL : Kind.PER_CALL;
            String column = counted + " " + rest;
            return new PlainLimit(kind, amount, unit, amount, Duration.ZERO, ZoneId.of("UTC"), untilReached, column);
        }
        if (rest.startsWith("per calendar")) {
            Matcher calendar = matched(CALENDAR, rest);
            Kind kind = calendar.group(1).equals("day") ? Kind.DAY : Kind.MONTH;
            ZoneId zone = ZoneId.of(calendar.group(2) == null ? "UTC" : calendar.group(2));
            String column = counted + " per " + calendar.group(1);
            return new PlainLimit(kind, amount, unit, amount, Duration.ZERO, zone, untilReached, column);
        }
        Matcher span = matched(SPAN, rest);
        Duration length = Duration.of(
                span.group(2) == null ? 1 : number(span.group(2)),
                Optional.ofNullable(LENGTHS.get(span.group(3))).orElseThrow());
        Kind kind = switch (span.group(1)) {
            case "per" -> span.group(4) == null ? Kind.WINDOW : Kind.BUCKET;
            case "per fixed" -> Kind.FIXED;
            default -> Kind.IN_FLIGHT;
        };
        long most = kind == Kind.BUCKET ? number(span.group(4)) : amount;
        String words = span.group(2) == null ? span.group(3) : span.group(2) + " " + span.group(3) + "s";
        String column = counted + (kind == Kind.IN_FLIGHT ? " in flight" : " per " + words);
        return new PlainLimit(kind, amount, unit, most, length, ZoneId.of("UTC"), untilReached, column);
    }

    /** How long one unit more has to wait at a moment when all was used at once; empty if no wait helps. */
    Optional<Duration> waitAt(Instant now) {
        return switch (kind) {
            case WINDOW, IN_FLIGHT -> Optional.of(length);
            case BUCKET -> Optional.of(timeOf(1));
            case FIXED -> {
                long nanos = length.toNanos();
                yield Optional.of(Duration.ofNanos(nanos - ChronoUnit.NANOS.between(Instant.EPOCH, now) % nanos));
            }
            case DAY -> Optional.of(until(now, local(now).plusDays(1)));
            case MONTH -> Optional.of(until(now, local(now).withDayOfMonth(1).plusMonths(1)));
            case PER_CALL, IN_ALL -> Optional.empty();
        };
    }

    /** Returns the time in which some units flow back into a bucket. */
    Duration timeOf(long units) {
        return Duration.ofNanos(-Math.floorDiv(-Math.multiplyExact(units, length.toNanos()), amount));
    }

    private ZonedDateTime local(Instant now) {
        return now.atZone(zone);
    }

    private Duration until(Instant now, ZonedDateTime day) {
        return Duration.between(now, day.toLocalDate().atStartOfDay(zone));
    }

    private static long number(String digits) {
        return Long.parseLong(digits.replace(",", ""));
    }

    private static Matcher matched(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.matches()) {
            throw new AssertionError("not read: " + text);
        }
        return matcher;
    }
}
