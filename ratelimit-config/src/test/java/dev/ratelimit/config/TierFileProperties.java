package dev.ratelimit.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Every tier that has rows is read back from its file, and no file is more than refused. */
class TierFileProperties {

    private static final int MUTANTS = Integer.getInteger("file.mutants", 500);
    private static final String SIGNS = "{}[]:,-#&*!|>'\"%@`\\\n\t 0e~<=?yn\u0000\u202E\uD800";

    @Property(tries = 100)
    void tiersAreReadBackFromTheirFile(@ForAll("tiers") List<Tier> tiers) {
        TierFile read = TierFile.parse(TierFile.write(tiers));

        assertThat(read.tiers().values()).containsExactlyElementsOf(tiers);
    }

    /** A file with some characters changed is read or refused with places in it, and nothing else happens. */
    @Example
    void aDamagedFileIsReadOrRefused() throws IOException {
        Random random = new Random(20261129);
        List<String> texts = new ArrayList<>();
        for (Path file : Examples.all()) {
            texts.add(Files.readString(file));
        }
        int refused = 0;
        for (int i = 0; i < MUTANTS; i++) {
            String text = damaged(texts.get(random.nextInt(texts.size())), random);
            try {
                assertThat(TierFile.parse(text).tiers()).isNotEmpty();
            } catch (TierFileException e) {
                refused++;
                int lines = (int) text.lines().count() + 1;
                assertThat(e.errors()).as(text).isNotEmpty().allSatisfy(error -> {
                    assertThat(error.line()).isBetween(1, lines);
                    assertThat(error.column()).isPositive();
                    assertThat(error.rule()).isNotBlank();
                });
            }
        }
        assertThat(refused).isBetween(MUTANTS / 10, MUTANTS - MUTANTS / 20);
    }

    private static String damaged(String text, Random random) {
        StringBuilder changed = new StringBuilder(text);
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            int from = random.nextInt(changed.length());
            int to = Math.min(changed.length(), from + random.nextInt(4));
            switch (random.nextInt(4)) {
                case 0 -> changed.delete(from, to);
                case 1 -> changed.insert(from, SIGNS.charAt(random.nextInt(SIGNS.length())));
                case 2 -> changed.replace(from, to, String.valueOf(SIGNS.charAt(random.nextInt(SIGNS.length()))));
                default -> changed.insert(from, text, 0, random.nextInt(text.length()));
            }
        }
        return changed.toString();
    }

    @Provide
    Arbitrary<List<Tier>> tiers() {
        Arbitrary<Tier> tier = Combinators.combine(names(), names(), texts(), tables())
                .as((name, account, message, tables) -> {
                    Tier.Builder builder = Tier.named(name).account(account).message(message);
                    tables.forEach(builder::table);
                    boolean hasOthers = tables.stream()
                            .flatMap(table -> table.rows().stream())
                            .anyMatch(LimitTable.Row::isForOthers);
                    return hasOthers
                            ? builder.build()
                            : builder.refuseOtherEndpoints().build();
                });
        return tier.list().ofMinSize(1).ofMaxSize(4).uniqueElements(Tier::name);
    }

    private static Arbitrary<List<LimitTable>> tables() {
        return Combinators.combine(
                        names(),
                        endpoints().list().ofMinSize(3).ofMaxSize(6).uniqueElements(),
                        limits().list().ofSize(3),
                        Arbitraries.integers().between(0, 4),
                        Arbitraries.of(true, false))
                .as((name, endpoints, limits, others, shadow) -> {
                    if (others > 2) {
                        LimitTable empty = LimitTable.named(name);
                        return others == 3 ? empty.allTogether(limits.get(0)) : empty.everyEndpoint(limits.get(0));
                    }
                    LimitTable table = LimitTable.named(name)
                            .each(limits.get(0), endpoints.get(0))
                            .together(
                                    name,
                                    limits.get(1),
                                    endpoints.subList(2, endpoints.size()).toArray(new String[0]))
                            .unlimited(endpoints.get(1));
                    table = switch (others) {
                        case 0 -> table;
                        case 1 -> table.eachOtherEndpoint(limits.get(2));
                        default -> table.otherEndpointsTogether(name + "2", limits.get(2));
                    };
                    return shadow ? table.asShadow() : table;
                })
                .list()
                .ofMaxSize(3)
                .uniqueElements(LimitTable::name);
    }

    private static Arbitrary<Limit> limits() {
        Arbitrary<Unit> units =
                Arbitraries.oneOf(Arbitraries.of(Unit.CALLS, Unit.TOKENS, Unit.NANO_USD), names().map(Unit::new));
        Arbitrary<Long> amounts = Arbitraries.longs().between(0, 1L << 53);
        Arbitrary<Limit> windows = Combinators.combine(
                        units, amounts, Arbitraries.longs().between(1, 1L << 60), Arbitraries.of(Precision.values()))
                .as((unit, amount, nanos, precision) ->
                        RateLimit.of(unit, amount, Duration.ofNanos(nanos)).withPrecision(precision));
        Arbitrary<Limit> quotas = Combinators.combine(
                        units,
                        amounts,
                        Arbitraries.of("UTC", "Europe/Paris", "America/Los_Angeles", "+05:30"),
                        Arbitraries.of(Overrun.values()))
                .as((unit, amount, zone, overrun) -> Quota.of(unit, amount, QuotaPeriod.month(ZoneId.of(zone)))
                        .withOverrun(overrun));
        Arbitrary<Duration> spans =
                Arbitraries.longs().between(1_000_000, 1L << 60).map(Duration::ofNanos);
        Arbitrary<Limit> others = Combinators.combine(
                        units, amounts, spans, Arbitraries.integers().between(0, 3))
                .as((unit, amount, span, kind) -> switch (kind) {
                    case 0 -> TokenBucket.of(unit, amount, span).withCapacity(amount / 2);
                    case 1 -> ConcurrencyLimit.of(unit, amount, span);
                    case 2 -> PerCallLimit.of(unit, amount);
                    default -> Quota.of(unit, amount, QuotaPeriod.every(span, Instant.ofEpochSecond(amount)));
                });
        return Arbitraries.oneOf(windows, quotas, others);
    }

    /** Names, and patterns of different lengths, which contradict each other in no rows. */
    private static Arbitrary<String> endpoints() {
        Arbitrary<String> exact = names().filter(name -> name.indexOf('*') < 0);
        return Arbitraries.oneOf(exact, Arbitraries.of("a*", "GET *", "chat/*", "GET /v1/*/x", "*:free tier"));
    }

    private static Arbitrary<String> names() {
        Arbitrary<String> any = texts().filter(text -> !text.isBlank());
        Arbitrary<String> likeOther =
                Arbitraries.of("no", "1e3", "12:30", "~", "null", "- a", "a: b", "#x", "{a}", "'", "\"", "é", "chat/*");
        return Arbitraries.oneOf(any, likeOther);
    }

    private static Arbitrary<String> texts() {
        return Arbitraries.strings().ofMaxLength(12);
    }
}
