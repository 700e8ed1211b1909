package dev.ratelimit;

import static java.time.ZoneOffset.UTC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitParsingTest {

    private static final ZoneId PARIS = ZoneId.of("Europe/Paris");

    private static final String LENGTHS = "days, hours, minutes, seconds, milliseconds, microseconds or nanoseconds";

    private static void reads(String text, Limit limit) {
        assertThat(Limit.parse(text)).as(text).isEqualTo(limit);
        assertThat(limit).hasToString(text);
    }

    private static void alsoReads(String text, Limit limit) {
        assertThat(Limit.parse(text)).as(text).isEqualTo(limit);
    }

    @Test
    void windowsAreReadAsTheyArePrinted() {
        reads("20 calls per minute", RateLimit.perMinute(20));
        reads("0 calls per second", RateLimit.perSecond(0));
        reads("1,234,567 calls per hour", RateLimit.perHour(1_234_567));
        reads("50 calls per day", RateLimit.perDay(50));
        reads("5 calls per 30 days", rate(Unit.CALLS, 5, Duration.ofDays(30)));
        reads("5 calls per 1500 microseconds", rate(Unit.CALLS, 5, Duration.ofNanos(1_500_000)));
        reads("5 calls per 90 seconds", rate(Unit.CALLS, 5, Duration.ofSeconds(90)));
        reads("5 calls per nanosecond", rate(Unit.CALLS, 5, Duration.ofNanos(1)));
        reads("5 calls per 1152921504606846976 nanoseconds", rate(Unit.CALLS, 5, Duration.ofNanos(1L << 60)));
        reads(
                "100,000 tokens per 10 seconds, exact",
                new RateLimit(Unit.TOKENS, 100_000, Duration.ofSeconds(10), Precision.EXACT));
    }

    @Test
    void quotasAreReadAsTheyArePrinted() {
        reads("1,000 calls per calendar month", Quota.perMonth(1_000));
        reads("7 calls per calendar day", quota(7, QuotaPeriod.day(UTC)));
        reads("7 calls per calendar week in Europe/Paris", quota(7, QuotaPeriod.week(PARIS)));
        reads("7 calls per calendar year in -03:30", quota(7, QuotaPeriod.year(ZoneId.of("-03:30"))));
        reads("7 calls per calendar month from day 15", quota(7, QuotaPeriod.monthFrom(15, UTC)));
        reads(
                "7 calls per calendar month from day 31 16:00:01.500 in Europe/Paris, until reached",
                quota(7, QuotaPeriod.monthFrom(Instant.parse("2025-01-31T15:00:01.500Z"), PARIS))
                        .withOverrun(Overrun.UNTIL_REACHED));
        reads(
                "7 calls per calendar month from day 1 00:00:00.000000001",
                quota(7, QuotaPeriod.monthFrom(Instant.parse("2025-01-01T00:00:00.000000001Z"), UTC)));
        reads("500,000 characters in all", Quota.lifetime(Unit.CHARACTERS, 500_000));
        reads(
                "500,000 characters in all, until reached",
                Quota.lifetime(Unit.CHARACTERS, 500_000).withOverrun(Overrun.UNTIL_REACHED));
        reads("5 calls per calendar day, never refuses", Quota.perDay(5).withOverrun(Overrun.NEVER_REFUSES));
    }

    @Test
    void calendarPeriodsThatBeginElsewhereAreReadAsTheyArePrinted() {
        ZoneId losAngeles = ZoneId.of("America/Los_Angeles");
        reads(
                "50 calls per calendar day from 20:00 in America/Los_Angeles",
                quota(50, QuotaPeriod.day(losAngeles, LocalTime.of(20, 0))));
        reads("7 calls per calendar week from Sunday", quota(7, QuotaPeriod.week(UTC, DayOfWeek.SUNDAY)));
        reads(
                "7 calls per calendar week from Monday 09:30:00.000000001 in Europe/Paris, until reached",
                quota(7, QuotaPeriod.week(PARIS, DayOfWeek.MONDAY, LocalTime.of(9, 30, 0, 1)))
                        .withOverrun(Overrun.UNTIL_REACHED));
        reads("7 calls per calendar year from 1 March", quota(7, QuotaPeriod.year(MonthDay.of(3, 1), UTC)));
        reads(
                "7 calls per calendar year from 29 February in Europe/Paris",
                quota(7, QuotaPeriod.year(MonthDay.of(2, 29), PARIS)));
        alsoReads("7 calls per calendar day from 00:00", Quota.perDay(7));
        alsoReads("7 calls per calendar week from Monday", Quota.perWeek(7));
        alsoReads("7 calls per calendar week from Monday 00:00:00", Quota.perWeek(7));
        alsoReads("7 calls per calendar year from 1 January", Quota.perYear(7));
    }

    @Test
    void fixedWindowsAreReadAsTheyArePrinted() {
        reads("3,500 calls per fixed 15 minutes", quota(3_500, QuotaPeriod.every(Duration.ofMinutes(15))));
        reads("20 calls per fixed minute", quota(20, QuotaPeriod.every(Duration.ofMinutes(1))));
        reads("20 calls per fixed millisecond", quota(20, QuotaPeriod.every(Duration.ofMillis(1))));
        reads(
                "20 calls per fixed 90 minutes from 1970-01-01T00:30:00Z, never refuses",
                quota(20, QuotaPeriod.every(Duration.ofMinutes(90), Instant.parse("1970-01-01T00:30:00Z")))
                        .withOverrun(Overrun.NEVER_REFUSES));
        reads(
                "20 calls per fixed 1152921504606846976 nanoseconds from 1970-01-01T00:00:00.000000001Z",
                quota(20, QuotaPeriod.every(Duration.ofNanos(1L << 60), Instant.ofEpochSecond(0, 1))));
        alsoReads(
                "3500 requests per fixed 15 minutes from 2026-11-29T09:45:00Z",
                quota(3_500, QuotaPeriod.every(Duration.ofMinutes(15))));
        alsoReads(
                "3500 calls per fixed 1 day from +12345-01-01T08:00:00.500Z",
                quota(3_500, QuotaPeriod.every(Duration.ofDays(1), Instant.parse("1970-01-01T08:00:00.5Z"))));
    }

    @Test
    void tokenBucketsAreReadAsTheyArePrinted() {
        reads("20 calls per second with burst 100", TokenBucket.perSecond(20).withCapacity(100));
        reads("50 calls per minute with burst 50", TokenBucket.perMinute(50));
        reads(
                "100,000 tokens per 10 seconds with burst 1,000,000",
                TokenBucket.of(Unit.TOKENS, 100_000, Duration.ofSeconds(10)).withCapacity(1_000_000));
        reads(
                "0 calls per hour with burst 9,007,199,254,740,992",
                TokenBucket.perHour(0).withCapacity(1L << 53));
        reads(
                "$5 per day with burst $10.5",
                TokenBucket.perDay(Unit.NANO_USD, 5_000_000_000L).withCapacity(10_500_000_000L));
        alsoReads(
                "5 usd per day with burst 10.50 usd",
                TokenBucket.perDay(Unit.NANO_USD, 5_000_000_000L).withCapacity(10_500_000_000L));
        alsoReads(
                "20 calls per second with burst 1_000",
                TokenBucket.perSecond(20).withCapacity(1_000));
    }

    @Test
    void limitsInFlightAndOfSingleCallsAreReadAsTheyArePrinted() {
        reads("100 calls in flight for 10 minutes", ConcurrencyLimit.of(100, Duration.ofMinutes(10)));
        reads(
                "40,000,000 tokens in flight for 1 day",
                ConcurrencyLimit.of(Unit.TOKENS, 40_000_000, Duration.ofDays(1)));
        reads("1,000 points per call", PerCallLimit.of(new Unit("points"), 1_000));
        reads("$0.5 per call", PerCallLimit.of(Unit.NANO_USD, 500_000_000));
        alsoReads("96 calls per request", PerCallLimit.of(Unit.CALLS, 96));
        alsoReads("100 requests in flight for hour", ConcurrencyLimit.of(100, Duration.ofHours(1)));
    }

    @Test
    void moneyIsReadAsItIsPrinted() {
        reads("$25 per calendar month", Quota.perMonth(Unit.NANO_USD, 25_000_000_000L));
        reads("$25.5 per calendar month", Quota.perMonth(Unit.NANO_USD, 25_500_000_000L));
        reads("$0.000000001 per day", rate(Unit.NANO_USD, 1, Duration.ofDays(1)));
        reads("$9,007,199.254740992 in all", Quota.lifetime(Unit.NANO_USD, 1L << 53));
    }

    @Test
    void namesOfUnitsStandInQuotesWhereTheyAreNoWord() {
        reads("5 input-tokens per minute", rate(new Unit("input-tokens"), 5, Duration.ofMinutes(1)));
        reads("5 \"input tokens\" per minute", rate(new Unit("input tokens"), 5, Duration.ofMinutes(1)));
        reads("5 \"a\\\"b\\\\c\" in all", Quota.lifetime(new Unit("a\"b\\c"), 5));
        reads("5 \"\\u202e\\ud800 é😀\" in all", Quota.lifetime(new Unit("\u202E\uD800 é😀"), 5));
        reads("5 \"2nd\" in all", Quota.lifetime(new Unit("2nd"), 5));
        for (String word : List.of("call", "request", "requests", "usd", "per", "in")) {
            reads("5 \"" + word + "\" in all", Quota.lifetime(new Unit(word), 5));
        }
    }

    @Test
    void synonymsAndOtherSpellingsAreRead() {
        alsoReads("1000 requests per calendar month in Europe/Paris", quota(1_000, QuotaPeriod.month(PARIS)));
        alsoReads("1 call per 1 minute", RateLimit.perMinute(1));
        alsoReads("1 request per 60 seconds", RateLimit.perMinute(1));
        alsoReads("1_000_000 calls per minutes", RateLimit.perMinute(1_000_000));
        alsoReads(
                " \t20  calls\n per\r\nminute ,exact ", RateLimit.perMinute(20).withPrecision(Precision.EXACT));
        alsoReads("25 usd in all", Quota.lifetime(Unit.NANO_USD, 25_000_000_000L));
        alsoReads("25.50 usd in all", Quota.lifetime(Unit.NANO_USD, 25_500_000_000L));
        alsoReads("7 nano-usd in all", Quota.lifetime(Unit.NANO_USD, 7));
        alsoReads("7\"tokens\"in all", Quota.lifetime(Unit.TOKENS, 7));
        alsoReads("5 calls per calendar month from day 1 00:00 in UTC", Quota.perMonth(5));
        alsoReads("5 calls per calendar day in Etc/GMT-2", quota(5, QuotaPeriod.day(ZoneId.of("+02:00"))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | 1 | expected a number",
                "calls per minute | 1 | expected a number",
                "020 calls per minute | 1 | a number has no leading zeros",
                "1,00 calls per minute | 1 | the digits of a number are grouped by three or not at all",
                "1000,000 calls per minute | 1 | the digits of a number are grouped by three or not at all",
                "1,000_000 calls per minute | 6 | expected a unit, such as calls or \"input tokens\" in quotes",
                "9007199254740993 calls per minute | 1 | an amount is at most 2^53",
                "99999999999999999999 calls per minute | 1 | an amount is at most 2^53",
                "$9,007,199.254740993 per day | 1 | money is at most $9,007,199.254740992",
                "$1.0000000001 per day | 3 | expected 1 to 9 decimals",
                "$1. per day | 3 | expected 1 to 9 decimals",
                "$5 usd per day | 4 | expected \"per\", \"in all\" or \"in flight for\"",
                "5k per minute | 2 | expected a space between the amount and its unit",
                "1.5 calls per minute | 1 | expected a whole number: only dollars have decimals",
                "20 per minute | 4 | expected a unit before \"per\", such as calls; a unit of that name stands in "
                        + "quotes",
                "20 calls a minute | 10 | expected \"per\", \"in all\" or \"in flight for\"",
                "20 calls in sum | 13 | expected \"all\" or \"flight for\"",
                "20 calls in flight | 19 | expected \"for\"",
                "20 calls in flight for a minute | 24 | expected a number of " + LENGTHS,
                "20 calls in flight for 2 weeks | 26 | say \"7 days\"",
                "20 calls in flight for 0 seconds | 24 | a time in flight is more than 0 and at most"
                        + " 2^60 ns (36.5 years)",
                "20 calls in flight for minute, exact | 30 | expected the end",
                "20 calls per call, exact | 18 | expected the end",
                "20 calls per fortnight | 14 | expected \"calendar\", \"fixed\", \"call\", or a number of " + LENGTHS,
                "20 calls per minute with 100 | 26 | expected \"burst\"",
                "20 calls per minute with burst | 31 | expected a number",
                "20 calls per minute with burst $5 | 32 | expected a number of the same unit",
                "20 calls per minute with burst 5 calls | 34 | expected the end",
                "20 calls per minute with burst 5, exact | 33 | expected the end",
                "20 calls per minute with burst 9007199254740993 | 32 | an amount is at most 2^53",
                "$20 per minute with burst 50 | 27 | expected dollars, such as $25",
                "1 calls per 13343 days with burst 2 | 35 | a bucket is full again after at most 2^60 ns (36.5 years)",
                "5 calls per fixed 999 microseconds | 19 | a fixed window is at least 1 millisecond",
                "5 calls per fixed month | 19 | say \"fixed 30 days\"",
                "5 calls per fixed fortnight | 19 | expected a number of " + LENGTHS,
                "5 calls per fixed day from 20:00 | 28 | expected an instant, such as 2026-01-31T09:30:00Z",
                "5 calls per fixed day from 2026-01-31T09:30:00+01:00 | 28 | expected an instant, such as "
                        + "2026-01-31T09:30:00Z",
                "5 calls per fixed day in Asia/Tokyo | 23 | expected the end, \"from\" and an instant,"
                        + " \", until reached\" or \", never refuses\"",
                "20 \"calls per minute | 4 | expected a closing quote",
                "20 \" \" per minute | 4 | the name of a unit has 1 to 256 characters and is not blank",
                "20 \"a\\n\" in all | 6 | expected \\\", \\\\ or \\u and 4 hexadecimal digits",
                "20 \"\\u00g0\" in all | 5 | expected 4 hexadecimal digits after \\u",
                "1000 calls per month | 16 | say \"per calendar month\" or \"per 30 days\"",
                "1000 calls per 3 weeks | 18 | say \"per calendar week\" or \"per 7 days\"",
                "1000 calls per year | 16 | say \"per calendar year\" or \"per 365 days\"",
                "5 calls per 0 days | 13 | a window is more than 0 and at most 2^60 ns (36.5 years)",
                "5 calls per 13344 days | 13 | a window is more than 0 and at most 2^60 ns (36.5 years)",
                "5 calls per minute, precise | 21 | expected \"exact\", once",
                "5 calls per minute, exact, exact | 28 | expected \"exact\", once",
                "5 calls per minute, until reached | 21 | expected \"exact\", once",
                "5 calls per day in Asia/Tokyo | 17 | expected the end, \"with burst\", or \", exact\"; only a calendar"
                        + " period has a start and a time zone",
                "5 calls per calendar minute | 22 | expected day, week, month or year",
                "5 calls per calendar month from 15 | 33 | expected \"day\"",
                "5 calls per calendar month from day 32 | 37 | expected a day of the month, from 1 to 31",
                "5 calls per calendar month from day 3 9:30 | 39 | expected a time, such as 09:30, 09:30:15 or "
                        + "09:30:15.5",
                "5 calls per calendar month from day 3 24:00 | 39 | expected a time, such as 09:30, 09:30:15 or "
                        + "09:30:15.5",
                "5 calls per calendar day from Sunday | 31 | expected a time, such as 09:30, 09:30:15 or 09:30:15.5",
                "5 calls per calendar week from sunday | 32 | expected a day of the week, such as Sunday",
                "5 calls per calendar week from 09:30 | 32 | expected a day of the week, such as Sunday",
                "5 calls per calendar year from March 1 | 32 | expected a day of the year, such as 1 March",
                "5 calls per calendar year from 1 march | 34 | expected a month, such as March",
                "5 calls per calendar year from 30 February | 32 | expected a day of the year, such as 1 March",
                "5 calls per calendar year from 1 March 09:30 | 40 | expected the end, \"from\", \"in\" and a time"
                        + " zone, \", until reached\" or \", never refuses\"",
                "5 calls per calendar day in Paris | 29 | expected a time zone, such as Europe/Paris, +02:00 or Z",
                "5 calls per calendar day, exact | 27 | expected \"until reached\" or \"never refuses\", once",
                "5 calls per calendar day, until full | 33 | expected \"reached\"",
                "5 calls per calendar day twice | 26 | expected the end, \"from\", \"in\" and a time zone,"
                        + " \", until reached\" or \", never refuses\"",
                "5 calls in all of it | 16 | expected the end, \", until reached\" or \", never refuses\"",
            })
    void aWrongTextIsRefusedWithThePlaceAndWhatIsAllowed(String text, int place, String rule) {
        String given = text == null ? "" : text;
        assertThatThrownBy(() -> Limit.parse(given))
                .isInstanceOfSatisfying(LimitFormatException.class, e -> {
                    assertThat(e.rule()).isEqualTo(rule);
                    assertThat(e.index()).isEqualTo(place - 1);
                })
                .hasMessage(rule + ", at character " + place + ": limit=" + given);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"20 cals per minute", "20 token per minute", "20 \"call\" per minute", "20 Calls per minute"})
    void aUnitThatIsNotAmongThoseGivenIsRefused(String text) {
        assertThatThrownBy(() -> Limit.parse(text, List.of(Unit.TOKENS, new Unit("input tokens"), Unit.CALLS)))
                .isInstanceOf(LimitFormatException.class)
                .hasMessage("unknown unit, known are \"input tokens\", calls, tokens, at character 4: limit=" + text);
    }

    @Test
    void moneyIsAUnitToo() {
        assertThatThrownBy(() -> Limit.parse("$5 in all", List.of(Unit.CALLS)))
                .hasMessage("unknown unit, known are calls, at character 1: limit=$5 in all");
        assertThatThrownBy(() -> Limit.parse("5 usd in all", List.of(Unit.CALLS)))
                .hasMessage("unknown unit, known are calls, at character 3: limit=5 usd in all");
        assertThat(Limit.parse("5 usd in all", List.of(Unit.NANO_USD))).hasToString("$5 in all");
    }

    @Test
    void aTextHasABound() {
        String most = "5 calls in all" + " ".repeat(4_096 - 14);
        assertThat(Limit.parse(most)).hasToString("5 calls in all");
        assertThatThrownBy(() -> Limit.parse(most + " "))
                .hasMessageStartingWith(
                        "a limit has at most 4,096 characters, at character 4097: limit=5 calls in all ")
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(400));
    }

    @Test
    void theNameOfAUnitHasABound() {
        String most = "\uDC00".repeat(256);
        assertThat(Limit.parse(Quota.lifetime(new Unit(most), 5).toString()))
                .isEqualTo(Quota.lifetime(new Unit(most), 5));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Unit(most + "a"))
                .withMessageStartingWith("name must be of at most 256 characters: name=");
    }

    @Test
    void messagesSayAmountAndSpanOnly() {
        assertThat(Limit.parse("$25 per calendar month, until reached").inWords())
                .isEqualTo("$25.00 per calendar month");
        assertThat(Limit.parse("1000 calls per calendar month").inWords()).isEqualTo("1,000 calls per calendar month");
        assertThat(Limit.parse("50 calls per day, exact").inWords()).isEqualTo("50 calls per day");
        assertThat(Limit.parse("1000 calls per fixed 15 minutes, until reached").inWords())
                .isEqualTo("1,000 calls per fixed 15 minutes");
        assertThat(Limit.parse("$5 per day with burst $10").inWords()).isEqualTo("$5.00 per day with burst $10.00");
        assertThat(Limit.parse("1000 calls in flight for 10 minutes").inWords()).isEqualTo("1,000 calls in flight");
        assertThat(Limit.parse("1000 \"input tokens\" per call").inWords()).isEqualTo("1,000 input tokens per call");
        assertThat(Limit.parse("5 \"input tokens\" per 1500 ms".replace("ms", "milliseconds"))
                        .inWords())
                .isEqualTo("5 input tokens per 1500 milliseconds");
    }

    private static RateLimit rate(Unit unit, long amount, Duration window) {
        return RateLimit.of(unit, amount, window);
    }

    private static Quota quota(long calls, QuotaPeriod period) {
        return Quota.of(Unit.CALLS, calls, period);
    }
}
