package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.kernel.CalendarPeriod;
import dev.ratelimit.kernel.FixedPeriod;
import dev.ratelimit.kernel.Length;
import dev.ratelimit.spi.Printable;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Every limit that can be made is read back from its text, and no other text is more than refused. */
class LimitParsingProperties {

    private static final long MOST = 1L << 53;
    private static final long LONGEST = 1L << 60;
    private static final String SIGNS = " ,_\"\\.:$-+/0123456789aeurZé\n\u202E\uD800";

    @Property(tries = 2_000)
    void aLimitIsReadBackFromItsText(@ForAll("limits") Limit limit) {
        String text = limit.toString();

        assertThat(Limit.parse(text)).isEqualTo(limit);
        assertThat(Limit.parse(text, List.of(limit.unit()))).isEqualTo(limit);
        assertThat(text.length()).isLessThanOrEqualTo(LimitParser.MAX_LENGTH);
        assertThat(Printable.text(text)).isEqualTo(text);
        assertThat(Printable.text(limit.inWords())).isEqualTo(limit.inWords());
    }

    /** A text with some characters changed is another limit or is refused, with a place in it. */
    @Property(tries = 5_000)
    void aDamagedTextIsALimitOrRefused(@ForAll("limits") Limit limit, @ForAll("damages") List<Damage> damages) {
        StringBuilder damaged = new StringBuilder(limit.toString());
        damages.forEach(damage -> damage.applyTo(damaged));
        isALimitOrRefused(damaged.toString());
    }

    @Property(tries = 500)
    void anyTextIsALimitOrRefused(@ForAll String text) {
        isALimitOrRefused(text);
        isALimitOrRefused("5 calls " + text);
        isALimitOrRefused("5 calls per calendar month " + text);
        isALimitOrRefused("5 \"" + text);
    }

    private static void isALimitOrRefused(String text) {
        try {
            Limit read = Limit.parse(text);
            assertThat(Limit.parse(read.toString())).as(text).isEqualTo(read);
        } catch (LimitFormatException e) {
            assertThat(e.index()).as(text).isBetween(0, text.length());
            assertThat(e.rule()).as(text).isNotBlank();
            assertThat(e).hasMessage(Printable.text(String.valueOf(e.getMessage())));
        }
    }

    /**
     * A change of a text.
     *
     * @param place the place, as a part of the length
     * @param removed how many characters are removed
     * @param added what is put in
     */
    record Damage(double place, int removed, String added) {
        void applyTo(StringBuilder text) {
            int from = (int) (place * (text.length() + 1));
            text.replace(from, Math.min(from + removed, text.length()), added);
        }
    }

    @Provide
    Arbitrary<List<Damage>> damages() {
        Arbitrary<String> added = Arbitraries.oneOf(
                Arbitraries.strings().withChars(SIGNS.toCharArray()).ofMaxLength(2),
                Arbitraries.of(
                        "per ",
                        "in ",
                        "calendar ",
                        "from day 3 ",
                        ", exact",
                        ", until reached",
                        "month",
                        "usd",
                        "fixed ",
                        "with burst ",
                        "flight for ",
                        "call",
                        "from 2026-01-31T09:30:00Z"));
        return Combinators.combine(
                        Arbitraries.doubles().between(0, true, 1, false),
                        Arbitraries.integers().between(0, 3),
                        added)
                .as(Damage::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(3);
    }

    @Provide
    Arbitrary<Limit> limits() {
        return Arbitraries.oneOf(windows(), quotas(), buckets(), inFlight(), perCall());
    }

    private static Arbitrary<Limit> buckets() {
        return Combinators.combine(units(), amounts(), spans(), amounts())
                .as((unit, amount, per, capacity) ->
                        new TokenBucket(unit, amount, per, mostThatFills(amount, per, capacity)));
    }

    /** Returns the capacity, or the largest that fills in 2^60 ns. */
    private static long mostThatFills(long amount, Duration per, long capacity) {
        BigInteger most = BigInteger.valueOf(LONGEST)
                .multiply(BigInteger.valueOf(amount))
                .divide(BigInteger.valueOf(per.toNanos()));
        return amount == 0 ? capacity : most.min(BigInteger.valueOf(capacity)).longValueExact();
    }

    private static Arbitrary<Limit> inFlight() {
        return Combinators.combine(units(), amounts(), spans()).as(ConcurrencyLimit::new);
    }

    private static Arbitrary<Limit> perCall() {
        return Combinators.combine(units(), amounts()).as(PerCallLimit::new);
    }

    private static Arbitrary<Duration> spans() {
        Arbitrary<Duration> exact = Arbitraries.longs().between(1, LONGEST).map(Duration::ofNanos);
        Arbitrary<Duration> round = Combinators.combine(
                        Arbitraries.integers().between(1, 400), Arbitraries.of(Length.values()))
                .as((n, length) -> Duration.ofNanos(n * length.nanos()));
        return Arbitraries.oneOf(exact, round);
    }

    private static Arbitrary<Limit> windows() {
        return Combinators.combine(units(), amounts(), spans(), Arbitraries.of(Precision.values()))
                .as(RateLimit::new);
    }

    private static Arbitrary<Limit> quotas() {
        Arbitrary<QuotaPeriod> calendars = Combinators.combine(
                        Arbitraries.of(ChronoUnit.DAYS, ChronoUnit.WEEKS, ChronoUnit.MONTHS),
                        Arbitraries.integers().between(0, 30),
                        times(),
                        zones())
                .as((unit, days, time, zone) -> {
                    int most = unit == ChronoUnit.DAYS ? 1 : unit == ChronoUnit.WEEKS ? 7 : 31;
                    LocalDateTime first = LocalDateTime.of(1, 1, 1 + days % most, 0, 0);
                    return new CalendarPeriod(unit, first.with(time), zone);
                });
        Arbitrary<QuotaPeriod> years = Combinators.combine(
                        Arbitraries.integers().between(1, 366), zones())
                .as((day, zone) -> QuotaPeriod.year(MonthDay.from(LocalDate.ofYearDay(2024, day)), zone));
        Arbitrary<QuotaPeriod> fixed = Combinators.combine(
                        spans().filter(span -> span.toMillis() > 0),
                        Arbitraries.oneOf(
                                Arbitraries.just(Instant.EPOCH), Arbitraries.of(Instant.MIN, Instant.MAX), instants()))
                .as(FixedPeriod::new);
        return Combinators.combine(
                        units(),
                        amounts(),
                        Arbitraries.oneOf(calendars, years, fixed, Arbitraries.just(QuotaPeriod.lifetime())),
                        Arbitraries.of(Overrun.values()))
                .as(Quota::new);
    }

    private static Arbitrary<Instant> instants() {
        return Arbitraries.longs().map(nanos -> Instant.EPOCH.plusNanos(nanos));
    }

    private static Arbitrary<LocalTime> times() {
        Arbitrary<LocalTime> any =
                Arbitraries.longs().between(0, 86_400_000_000_000L - 1).map(LocalTime::ofNanoOfDay);
        return Arbitraries.oneOf(
                Arbitraries.just(LocalTime.MIDNIGHT),
                Arbitraries.integers().between(0, 86_399).map(LocalTime::ofSecondOfDay),
                any);
    }

    private static Arbitrary<ZoneId> zones() {
        List<ZoneId> regions = new ArrayList<>();
        Set<String> names = new TreeSet<>(ZoneId.getAvailableZoneIds());
        names.forEach(name -> regions.add(ZoneId.of(name)));
        return Arbitraries.oneOf(
                Arbitraries.of(regions),
                Arbitraries.integers().between(-64_800, 64_800).map(ZoneOffset::ofTotalSeconds),
                Arbitraries.integers()
                        .between(-18, 18)
                        .map(hours -> ZoneId.ofOffset("UTC", ZoneOffset.ofHours(hours))));
    }

    private static Arbitrary<Long> amounts() {
        return Arbitraries.oneOf(
                Arbitraries.longs().between(0, 2_000), Arbitraries.longs().between(0, MOST));
    }

    private static Arbitrary<Unit> units() {
        Arbitrary<String> any = Arbitraries.oneOf(
                Arbitraries.strings().all().ofMinLength(1).ofMaxLength(256),
                Arbitraries.strings()
                        .withChars(SIGNS.toCharArray())
                        .ofMinLength(1)
                        .ofMaxLength(256));
        return Arbitraries.oneOf(
                Arbitraries.of(Unit.CALLS, Unit.CHARACTERS, Unit.TOKENS, Unit.NANO_USD),
                Arbitraries.of("call", "requests", "usd", "per", "in", "all", "input tokens", "micro-usd", "exact")
                        .map(Unit::new),
                any.filter(name -> !name.isBlank()).map(Unit::new));
    }
}
