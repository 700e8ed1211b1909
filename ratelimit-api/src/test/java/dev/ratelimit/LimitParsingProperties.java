package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.kernel.CalendarPeriod;
import dev.ratelimit.spi.Printable;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.LocalTime;
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
                        "per ", "in ", "calendar ", "from day 3 ", ", exact", ", until reached", "month", "usd"));
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
        return Arbitraries.oneOf(windows(), quotas());
    }

    private static Arbitrary<Limit> windows() {
        Arbitrary<Duration> exact = Arbitraries.longs().between(1, LONGEST).map(Duration::ofNanos);
        Arbitrary<Duration> round = Combinators.combine(
                        Arbitraries.integers().between(1, 400), Arbitraries.of(Length.values()))
                .as((n, length) -> Duration.ofNanos(n * length.nanos()));
        return Combinators.combine(
                        units(), amounts(), Arbitraries.oneOf(exact, round), Arbitraries.of(Precision.values()))
                .as(RateLimit::new);
    }

    private static Arbitrary<Limit> quotas() {
        Arbitrary<QuotaPeriod> calendars = Combinators.combine(
                        Arbitraries.of(ChronoUnit.DAYS, ChronoUnit.WEEKS, ChronoUnit.YEARS), zones())
                .as((unit, zone) -> new CalendarPeriod(unit, LocalDateTime.of(1, 1, 1, 0, 0), zone));
        Arbitrary<QuotaPeriod> months = Combinators.combine(
                        Arbitraries.integers().between(1, 31), times(), zones())
                .as((day, time, zone) -> new CalendarPeriod(
                        ChronoUnit.MONTHS, LocalDateTime.of(1, 1, day, 0, 0).with(time), zone));
        return Combinators.combine(
                        units(),
                        amounts(),
                        Arbitraries.oneOf(calendars, months, Arbitraries.just(QuotaPeriod.lifetime())),
                        Arbitraries.of(Overrun.values()))
                .as(Quota::new);
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
