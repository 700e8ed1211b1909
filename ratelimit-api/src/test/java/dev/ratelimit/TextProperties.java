package dev.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.ratelimit.apikeys.InMemoryKeyDirectory;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.apikeys.KeyKind;
import dev.ratelimit.apikeys.KeyRegistration;
import dev.ratelimit.spi.QuotaKey;
import dev.ratelimit.spi.QuotaStore;
import dev.ratelimit.tiers.FaqEdition;
import dev.ratelimit.tiers.PriceList;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * Whatever callers and hosts name, no text of the API steers a terminal, breaks a line, hides what it says or grows
 * without bound.
 */
class TextProperties {

    /** What {@code package-info} promises. */
    private static final int MAX_NAME = 256;

    private static final int MAX_TEXT = 4_096;
    private static final int MEBI = 1 << 20;

    private static final Set<Integer> UNSAFE = Set.of(
            (int) Character.CONTROL,
            (int) Character.FORMAT,
            (int) Character.LINE_SEPARATOR,
            (int) Character.PARAGRAPH_SEPARATOR,
            (int) Character.SURROGATE);

    @Property(tries = 60)
    void everyTextIsPrintableAndBoundedWhateverTheNamesAre(@ForAll("names") Names names) {
        texts(names).forEach((what, text) -> {
            String printed = text.get();
            assertThat(printed.length()).as(what).isLessThanOrEqualTo(MAX_TEXT);
            assertThat(printed.codePoints().filter(TextProperties::isUnsafe).mapToObj(Integer::toHexString))
                    .as(what)
                    .isEmpty();
        });
    }

    @Property(tries = 20)
    void namesOfLettersOfAnyScriptAreShownAsTheyAre(@ForAll("letters") String name) {
        assertThat(new Unit(name)).hasToString(name);
        assertThat(new Scope.Group(name)).hasToString("group \"" + name + '"');
    }

    /** Else a type that is new would be forgotten here. */
    @Example
    void everyValueOfTheApiIsTried() throws Exception {
        Set<Class<?>> tried = new HashSet<>();
        values(Names.of(Collections.nCopies(8, "name"), "")).forEach(value -> tried.add(value.getClass()));

        assertThat(tried).containsAll(valuesOfTheApi());
    }

    /** Returns the public classes that say what their text is, or are records, but those of the kernel. */
    private static List<Class<?>> valuesOfTheApi() throws IOException, URISyntaxException {
        Path classes = Path.of(
                Unit.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (Stream<Path> files = Files.walk(classes)) {
            return files.map(classes::relativize)
                    .map(file -> file.toString().replace(File.separatorChar, '.'))
                    .filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
                    .filter(file -> !file.startsWith("dev.ratelimit.kernel."))
                    .<Class<?>>map(file -> load(file.substring(0, file.length() - ".class".length())))
                    .filter(type -> Modifier.isPublic(type.getModifiers()) && !type.isInterface() && !type.isEnum())
                    .filter(type -> type.isRecord() || declaresText(type))
                    .toList();
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static boolean declaresText(Class<?> type) {
        return Arrays.stream(type.getDeclaredMethods())
                .anyMatch(method -> method.getName().equals("toString"));
    }

    private static boolean isUnsafe(int codePoint) {
        return UNSAFE.contains(Character.getType(codePoint));
    }

    /** Returns values of all types of the API, made of the names. */
    private static List<Object> values(Names names) {
        Unit unit = unitOf(names);
        QuotaPeriod month = QuotaPeriod.month(ZoneId.of("Africa/Cairo"));
        Quota quota = Quota.of(unit, 5, month);
        RateLimit rate = RateLimit.of(unit, 5, Duration.ofMinutes(1));
        Scope endpoint = new Scope.Endpoint(names.endpoint());
        Scope group = new Scope.Group(names.group());
        AppliedLimit shadow = AppliedLimit.of(names.table(), endpoint, rate, true);
        LimitReached reached = new LimitReached(AppliedLimit.of(names.table(), group, quota));
        Rejected temporary = Rejected.temporary(reached, names.notice(), 1);
        LimitTable table = names.limitTable(rate);
        Tier tier = names.tier(table);
        Member member = new Member("user", names.notice());
        LimitTable patterns =
                LimitTable.named(names.table()).each(rate, names.endpoint() + "*", "*" + names.endpoint());
        QuotaKey key = new QuotaKey(
                names.organization(), names.account(), Optional.of(member), names.table(), endpoint, unit, month);
        QuotaStore.Counter counter = new QuotaStore.Counter(key, month.at(Instant.EPOCH));
        QuotaStore.Count count = new QuotaStore.Count(5, 0, 0);
        UUID id = new UUID(1, 2);
        return List.of(
                key,
                counter,
                count,
                new QuotaStore.Answer<>(count, Instant.EPOCH),
                new QuotaStore.LeaseRequest(id, counter, 5, 1, 1),
                new QuotaStore.Taken(true, List.of(5L), List.of(count)),
                new QuotaStore.Use(id, 1),
                new QuotaStore.Charge(id, counter, 1),
                new QuotaStore.Owners(names.organization(), Optional.of(Set.of(member))),
                unit,
                Usage.of(unit, 1).and(Unit.TOKENS, 2),
                month,
                month.at(Instant.EPOCH),
                quota,
                rate,
                TokenBucket.of(unit, 5, Duration.ofMinutes(1)),
                ConcurrencyLimit.of(unit, 5, Duration.ofMinutes(1)),
                PerCallLimit.of(unit, 5),
                endpoint,
                group,
                new Scope.EachOtherEndpoint(),
                new Scope.EachMatchingEndpoint(names.endpoint()),
                member,
                shadow.of(member),
                new LimitReached(shadow.of(member)),
                patterns,
                patterns.rows().get(0),
                patterns.overflowFor(names.endpoint()).orElseThrow(),
                Caller.of(names.organization(), tier)
                        .member("user", names.notice())
                        .member("project", names.unit(), tier.withAccount(Tier.DEFAULT_ACCOUNT))
                        .key(names.account()),
                tier.withMember("user", tier.withAccount(Tier.DEFAULT_ACCOUNT)),
                KeyRegistration.of(names.organization(), KeyKind.TRIAL).id(names.account()),
                Recorded.charged(Rejected.permanent(new LimitReached(shadow), names.notice())),
                shadow,
                temporary,
                Rejected.permanent(new LimitReached(shadow), names.notice()),
                reached,
                new KeyRevoked(Optional.of(Instant.MAX)),
                new KeyUnknown(),
                new CapacityReached(5),
                new StoreUnavailable(),
                new ReservationEnded(),
                new EndpointUnknown(names.endpoint()),
                Admitted.of(Collections.nCopies(20, temporary)),
                Reservation.rejected(temporary),
                LimitStatus.of(shadow, 1, 0, Optional.empty()),
                table,
                table.asShadow(),
                table.rows().get(0),
                tier,
                Caller.of(names.organization(), tier),
                KeyDigest.of(names.account()),
                InMemoryKeyDirectory.builder()
                        .trial(tier)
                        .production(tier.withAccount("p"))
                        .build(),
                PriceList.empty().perMillion(unit, new BigDecimal("2.50")));
    }

    @SuppressWarnings("NullAway") // resolvers without a tier: the error that tells of them is a text too
    private static Map<String, Supplier<String>> texts(Names names) {
        Map<String, Supplier<String>> texts = new LinkedHashMap<>();
        for (Object value : values(names)) {
            String what = value.getClass().getSimpleName();
            texts.put(what + " " + texts.size(), value::toString);
            if (value instanceof Cause cause) {
                texts.put(what + ", message", cause::message);
            } else if (value instanceof Rejected rejected) {
                texts.put(what + ", message " + texts.size(), rejected::message);
            }
        }

        Unit unit = unitOf(names);
        RateLimit rate = RateLimit.perMinute(5);
        Quota quota = Quota.perMonth(unit, 5);
        LimitTable table = names.limitTable(rate);
        Tier tier = names.tier(table);
        LimitTable one = LimitTable.named(names.table()).each(rate, names.endpoint());
        LimitTable both = LimitTable.named(names.table()).together(names.group(), rate, names.endpoint());
        refusal(texts, "endpoint twice in a table", () -> one.each(quota, names.endpoint()));
        refusal(texts, "endpoint twice in a row", () -> one.each(rate, names.unit(), names.unit()));
        LimitTable pattern = LimitTable.named(names.table()).each(rate, names.endpoint() + "*");
        refusal(texts, "patterns that contradict", () -> pattern.unlimited("*" + names.endpoint()));
        refusal(texts, "two stars", () -> pattern.unlimited(names.endpoint() + "**"));
        Caller caller = Caller.of(names.organization(), tier).member("user", names.unit());
        refusal(texts, "member twice", () -> caller.member("user", names.notice()));
        refusal(texts, "kind", () -> caller.member(names.unit() + "!", "name"));
        refusal(texts, "tier of members", () -> tier.withMember("user", tier.withAccount("other")));
        refusal(texts, "group twice", () -> both.together(names.group(), quota, names.endpoint() + "2"));
        refusal(texts, "others twice", () -> table.eachOtherEndpoint(rate));
        refusal(texts, "table twice", () -> Tier.named("t").table(table).table(table));
        refusal(texts, "no such table", () -> tier.withoutTable(names.notice() + "2"));
        refusal(texts, "blank name", () -> new Unit(names.blank()));
        refusal(texts, "long unit", () -> new Unit(names.unit() + "x".repeat(MAX_NAME)));
        refusal(texts, "no limit", () -> Limit.parse(names.unit()));
        refusal(texts, "no limit of a known unit", () -> Limit.parse(quota.toString(), List.of(new Unit("y"))));
        refusal(texts, "prefix of a key", () -> KeyDirectory.newKey(names.unit() + "!"));
        refusal(texts, "spending in another unit", () -> FaqEdition.productionWithSpendingLimit(quota));
        PriceList prices = PriceList.empty().perMillion(unit, BigDecimal.ONE);
        refusal(texts, "price stated twice", () -> prices.perMillion(unit, BigDecimal.ONE));
        refusal(texts, "no price", () -> PriceList.empty().strict().cost(Usage.of(unit, 1)));
        InMemoryKeyDirectory.Builder oneAccount =
                InMemoryKeyDirectory.builder().trial(tier).production(tier);
        refusal(texts, "accounts that are the same", oneAccount::build);
        InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
                .trial(organization -> null)
                .production(organization -> null)
                .build();
        keys.register(KeyDigest.of("key"), names.organization(), KeyKind.TRIAL);
        refusal(texts, "no tier", () -> keys.resolve("key"));
        return texts;
    }

    /** The name of a unit has a bound, because the text of a limit is read back. */
    private static Unit unitOf(Names names) {
        String name = names.unit();
        return new Unit(name.length() <= Unit.MAX_NAME ? name : "x" + name.substring(0, Unit.MAX_NAME - 1));
    }

    private static void refusal(Map<String, Supplier<String>> texts, String what, ThrowingCallable refused) {
        texts.put(what, () -> {
            Throwable thrown = catchThrowable(refused);
            assertThat(thrown).as(what).isNotNull();
            return thrown.getMessage();
        });
    }

    @Provide
    Arbitrary<String> letters() {
        return Arbitraries.chars()
                .filter(Character::isLetter)
                .list()
                .ofMinSize(1)
                .ofMaxSize(MAX_NAME)
                .map(TextProperties::joined);
    }

    private static String joined(List<Character> characters) {
        StringBuilder text = new StringBuilder();
        characters.forEach(text::append);
        return text.toString();
    }

    @Provide
    Arbitrary<Names> names() {
        return Combinators.combine(name().list().ofSize(8), blank()).as(Names::of);
    }

    /**
     * Any units of UTF-16, the unsafe ones often; long names are made of short ones, so that they cost little to make.
     */
    private static Arbitrary<String> name() {
        Arbitrary<String> piece = Arbitraries.oneOf(
                Arbitraries.strings().all().ofMaxLength(20),
                Arbitraries.of(
                        "acme",
                        "\r\n",
                        "\u001B[2J",
                        "\u0000",
                        "\u007F",
                        "\u009B",
                        "\u202E",
                        "\u2066",
                        "\u200B",
                        "\uFEFF",
                        "\u2028",
                        "\u2029",
                        "\uD800",
                        "\uDC00",
                        "\uDBFF",
                        "\uD83D\uDE00",
                        "\uDB40\uDC41",
                        "\u0085"));
        Arbitrary<Integer> length = Arbitraries.frequencyOf(
                Tuple.of(16, Arbitraries.integers().between(1, 40)),
                Tuple.of(8, Arbitraries.integers().between(250, 260)),
                Tuple.of(4, Arbitraries.integers().between(1, 10_000)),
                Tuple.of(1, Arbitraries.integers().between(MEBI - 1, MEBI)));
        return Combinators.combine(piece.list().ofMinSize(1).ofMaxSize(6), length)
                .as((pieces, atLeast) -> {
                    String unit = String.join("", pieces) + "x";
                    String text = unit.repeat(atLeast / unit.length() + 1);
                    return text.length() <= MEBI ? text : text.substring(0, MEBI);
                });
    }

    private static Arbitrary<String> blank() {
        return Arbitraries.of("", "\r\n", "\u2028", " ".repeat(MEBI), "\r\n".repeat(300), "\u001C\u000B");
    }

    /** What is named; shown by its beginning, since it may be long. */
    record Names(
            String organization,
            String endpoint,
            String table,
            String group,
            String tier,
            String account,
            String unit,
            String notice,
            String blank) {

        static Names of(List<String> names, String blank) {
            List<String> named = new ArrayList<>();
            for (String name : names) {
                String exact = name.replace('*', '+'); // no pattern
                named.add(exact.isBlank() ? exact + "x" : exact);
            }
            return new Names(
                    named.get(0),
                    named.get(1),
                    named.get(2),
                    named.get(3),
                    named.get(4),
                    named.get(5),
                    named.get(6),
                    named.get(7),
                    blank);
        }

        LimitTable limitTable(RateLimit limit) {
            return LimitTable.named(table)
                    .each(limit, endpoint)
                    .unlimited(organization + "2")
                    .otherEndpointsTogether(group, limit);
        }

        Tier tier(LimitTable table) {
            return Tier.named(tier)
                    .account(account)
                    .message(notice)
                    .table(table)
                    .build();
        }

        @Override
        public String toString() {
            StringBuilder shown = new StringBuilder();
            for (String name : List.of(organization, endpoint, table, group, tier, account, unit, notice, blank)) {
                shown.append(name.length()).append(':');
                name.chars()
                        .limit(30)
                        .forEach(unit -> shown.append(Integer.toHexString(unit)).append(' '));
            }
            return shown.toString();
        }
    }
}
