package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Overrun;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.greenbytes.http.sfv.IntegerItem;
import org.greenbytes.http.sfv.ListElement;
import org.greenbytes.http.sfv.Parser;
import org.greenbytes.http.sfv.StringItem;

/** Of all kinds of limits, under any names and with any numbers: what is written can be read, and is bounded. */
class FieldProperties {

    private static final long MOST = 1L << 53;
    private static final Instant NOW = Instant.parse("2026-11-29T10:00:00Z");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration CAP = Duration.ofDays(366);

    /** RFC 3339 has years of four digits. */
    private static final Duration UNTIL_LAST = Duration.between(NOW, Instant.parse("9999-12-31T23:59:59Z"));

    @Property(tries = 400)
    void everyFieldOfTheDraftIsReadBack(@ForAll("decisions") Decision decision) {
        Map<String, String> fields = written(decision, Dialect.IETF);

        List<ListElement<?>> policies = read(fields.getOrDefault("RateLimit-Policy", ""));
        List<ListElement<?>> states = read(fields.getOrDefault("RateLimit", ""));
        assertThat(policies).hasSizeLessThanOrEqualTo(4);
        assertThat(states.size()).isLessThanOrEqualTo(policies.size());
        Map<Object, ListElement<?>> byName = new HashMap<>();
        for (ListElement<?> policy : policies) {
            assertThat(policy).isInstanceOf(StringItem.class);
            assertThat((String) policy.get()).hasSizeLessThanOrEqualTo(64);
            assertThat(byName.put(policy.get(), policy)).isNull();
            assertThat(number(policy, "q")).isNotNegative();
            assertThat(policy.getParams().keySet()).isSubsetOf("q", "w", "qu", "ratelimit-per-call");
        }
        for (ListElement<?> state : states) {
            assertThat(byName).containsKey(state.get());
            assertThat(number(state, "r")).isBetween(0L, number(requireNonNull(byName.get(state.get())), "q"));
            assertThat(state.getParams().keySet()).isSubsetOf("r", "t");
            if (state.getParams().containsKey("t") && fields.containsKey("Retry-After")) {
                assertThat(number(state, "t")).isLessThanOrEqualTo(Long.parseLong(fields.get("Retry-After")));
            }
        }
    }

    @Property(tries = 400)
    void everyFieldIsBoundedAndOfPrintableAscii(@ForAll("decisions") Decision decision) {
        Map<String, String> fields =
                written(decision, Dialect.IETF, Dialect.X_RATELIMIT, Dialect.OPENAI, Dialect.ANTHROPIC);

        assertThat(fields).hasSizeLessThanOrEqualTo(2 + 2 + 3 + 6 + 12);
        fields.forEach((name, value) -> {
            assertThat(name).matches("[A-Za-z-]{1,64}");
            assertThat(value).matches("[ -~]{1,1024}");
            assertThat(value.replaceAll("\"[^\"]*\"", "")).doesNotContainPattern("\\d{16}");
        });
    }

    /** By the parser of the client: of what is used up, the longest wait. */
    @Property(tries = 400)
    void everyDialectIsReadBackByTheClient(@ForAll("decisions") Decision decision) {
        List<ToldLimit> told = ToldLimit.of(decision, Usage.call());
        List<ToldLimit> tightest =
                told.stream().filter(ToldLimit::isCounted).limit(1).toList();

        Map<String, String> ietf = written(decision, Dialect.IETF);
        Optional<Duration> longest = read(ietf.getOrDefault("RateLimit", "")).stream()
                .filter(state -> number(state, "r") == 0 && state.getParams().containsKey("t"))
                .map(state -> Duration.ofSeconds(number(state, "t")))
                .max(Duration::compareTo);
        assertThat(waitIn(ietf)).isEqualTo(longest.map(FieldProperties::capped));
        assertThat(waitIn(written(decision, Dialect.X_RATELIMIT)))
                .isEqualTo(longest(tightest, SECOND, Duration.ofSeconds(999_999_999)));
        assertThat(waitIn(written(decision, Dialect.X_RATELIMIT_EPOCH)))
                .isEqualTo(longest(tightest, SECOND, UNTIL_LAST));
        assertThat(waitIn(written(decision, Dialect.OPENAI)))
                .isEqualTo(longest(tightestOf(told, "calls", "tokens"), Duration.ofMillis(1), CAP));
        assertThat(waitIn(written(decision, Dialect.ANTHROPIC)))
                .isEqualTo(longest(
                        tightestOf(told, "calls", "tokens", "input-tokens", "output-tokens"), SECOND, UNTIL_LAST));
    }

    /** Returns the first limit of each unit of which time brings units back, as the dialects of vendors tell it. */
    private static List<ToldLimit> tightestOf(List<ToldLimit> told, String... units) {
        return Arrays.stream(units)
                .flatMap(unit -> told.stream()
                        .filter(each ->
                                each.flowsBack() && each.limit().unit().name().equals(unit))
                        .limit(1))
                .toList();
    }

    private static Optional<Duration> longest(List<ToldLimit> told, Duration step, Duration most) {
        return told.stream()
                .filter(each -> each.flowsBack() && each.status().remaining() == 0)
                .flatMap(each -> each.status().resetAfter().stream())
                .map(reset -> roundedUp(reset, step))
                .map(reset -> capped(reset.compareTo(most) > 0 ? most : reset))
                .max(Duration::compareTo);
    }

    private static Duration roundedUp(Duration wait, Duration step) {
        long steps = wait.dividedBy(step);
        return step.multipliedBy(step.multipliedBy(steps).equals(wait) ? steps : steps + 1);
    }

    private static Duration capped(Duration wait) {
        return wait.compareTo(CAP) > 0 ? CAP : wait;
    }

    /** Returns the wait that the client reads of the limits, whatever it is told to do. */
    private static Optional<Duration> waitIn(Map<String, String> fields) {
        Map<String, List<String>> limits = new LinkedHashMap<>();
        fields.forEach((name, value) -> limits.put(name, List.of(value)));
        limits.keySet().removeAll(List.of("Retry-After", "retry-after-ms", "x-should-retry"));
        return StatedWait.of(200, limits, NOW, CAP);
    }

    /** By what the fields of a vendor mean: an amount, what remains of it, never more. */
    @Property(tries = 200)
    void theNumbersOfVendorsAreThoseOfALimit(@ForAll("decisions") Decision decision) {
        Map<String, String> fields = written(decision, Dialect.X_RATELIMIT, Dialect.OPENAI, Dialect.ANTHROPIC);
        fields.forEach((name, value) -> {
            if (name.toLowerCase(Locale.ROOT).contains("-remaining")) {
                String limit = name.replace("remaining", "limit").replace("Remaining", "Limit");
                assertThat(fields).containsKey(limit);
                assertThat(Long.parseLong(value)).isBetween(0L, Long.parseLong(fields.getOrDefault(limit, "")));
                assertThat(decision.limits())
                        .anyMatch(status -> Math.min(status.remaining(), Numbers.MAX) == Long.parseLong(value));
            }
        });
    }

    /** At a megabyte, whatever is repeated in it. */
    @Property(tries = 3)
    void namesOfAMegabyteStayDifferent(@ForAll("names") String part) {
        String huge = (part + "x").repeat((1 << 20) / (part.length() + 1));
        Limit limit = RateLimit.perMinute(1);
        Set<String> names = new HashSet<>();
        for (Scope scope : List.of(new Scope.EachOtherEndpoint(), new Scope.Endpoint("chat"), new Scope.Group("all"))) {
            names.add(PolicyName.of(AppliedLimit.of(huge, scope, limit)));
            names.add(PolicyName.of(AppliedLimit.of(huge + "y", scope, limit)));
        }
        names.add(PolicyName.of(AppliedLimit.of("t", new Scope.Group(huge), limit)));
        names.add(PolicyName.of(AppliedLimit.of("t", new Scope.Endpoint(huge), limit)));

        assertThat(names).hasSize(8).allMatch(name -> name.matches("[ -~]{1,64}"));
    }

    @Property(tries = 400)
    void differentLimitsNeverHaveOneName(
            @ForAll("names") String table,
            @ForAll("names") String other,
            @ForAll("scopes") Scope a,
            @ForAll("scopes") Scope b) {
        Limit limit = RateLimit.perMinute(1);
        List<AppliedLimit> limits = List.of(
                AppliedLimit.of(table, a, limit),
                AppliedLimit.of(table, b, limit),
                AppliedLimit.of(other, a, limit),
                AppliedLimit.of(other, b, limit),
                AppliedLimit.of(table + "/" + a.name(), b, limit),
                AppliedLimit.of(table, new Scope.Endpoint("[" + a.name() + "]"), limit),
                AppliedLimit.of(table, new Scope.Endpoint(a.name() + "/" + b.name()), limit),
                AppliedLimit.of(table, new Scope.EachOtherEndpoint(), limit));

        Map<String, AppliedLimit> byName = new HashMap<>();
        for (AppliedLimit each : limits) {
            AppliedLimit earlier = byName.put(PolicyName.of(each), each);
            assertThat(earlier == null || earlier.equals(each))
                    .as(each.toString())
                    .isTrue();
        }
    }

    @Property(tries = 200)
    void aProblemIsJsonWithAllItsNames(@ForAll("decisions") Decision decision) throws Exception {
        if (decision instanceof Rejected no) {
            byte[] body = HttpProblems.standard().of(no).body();

            Map<String, Object> read = Json.read(body);
            assertThat(read)
                    .containsEntry("detail", no.message())
                    .containsEntry("status", (long) no.suggestedStatus())
                    .containsKeys("type", "title", "violated-policies");
            assertThat(((List<?>) read.get("violated-policies"))).isNotEmpty();
            assertThat(body.length).isLessThan(16_384);
        }
        assertThat(Json.read(UsageJson.of(decision.limits(), NOW)).get("limits"))
                .asInstanceOf(InstanceOfAssertFactories.LIST)
                .hasSameSizeAs(decision.limits());
    }

    private static Map<String, String> written(Decision decision, Dialect... dialects) {
        ManualTime time = new ManualTime(NOW, 0);
        return Given.fields(RateLimitFields.of(dialects).withTimeSource(time), decision, Usage.call());
    }

    private static List<ListElement<?>> read(String field) {
        return field.isEmpty() ? List.of() : Parser.parseList(field).get();
    }

    private static long number(ListElement<?> item, String parameter) {
        return requireNonNull((IntegerItem) item.getParams().get(parameter)).getAsLong();
    }

    @Provide
    Arbitrary<Decision> decisions() {
        return statuses()
                .list()
                .ofMinSize(1)
                .ofMaxSize(20)
                .uniqueElements(status ->
                        List.of(status.applied().table(), status.applied().scope()))
                .map(List::copyOf)
                .flatMap(FieldProperties::deciding);
    }

    /** An admission, or a rejection by one of the limits with any wait, or with none. */
    private static Arbitrary<Decision> deciding(List<LimitStatus> statuses) {
        Arbitrary<LimitStatus> refusing = Arbitraries.of(statuses);
        Arbitrary<Long> wait = Arbitraries.longs().between(1, Long.MAX_VALUE);
        Arbitrary<Decision> rejected = Combinators.combine(refusing, wait, wait)
                .as((status, most, certain) -> Rejected.temporaryAtMost(
                                new LimitReached(status.applied()), "", most, Math.min(most, certain))
                        .withLimits(statuses));
        return Arbitraries.oneOf(
                Arbitraries.just(Decision.admitted().withLimits(statuses)),
                rejected,
                refusing.map(status -> Rejected.permanent(new LimitReached(status.applied(), true), "notice")
                        .withLimits(statuses)));
    }

    @Provide
    Arbitrary<LimitStatus> statuses() {
        Arbitrary<AppliedLimit> applied = Combinators.combine(
                        names(), scopes(), kinds(), Arbitraries.of(false, false, false, true))
                .as(AppliedLimit::of);
        Arbitrary<Optional<Duration>> waits = Arbitraries.longs()
                .between(0, Long.MAX_VALUE)
                .map(Duration::ofNanos)
                .optional();
        return Combinators.combine(applied, amounts(), Arbitraries.of(-1, 0, 1), amounts(), waits, waits)
                .as((limit, used, close, granted, next, reset) -> {
                    // Half of the limits are used up, or nearly so.
                    long most = limit.limit().most();
                    long units = used % 2 == 0 ? used : Math.max(0, most + close);
                    return LimitStatus.of(limit, units, limit.limit() instanceof Quota ? granted : 0, next, reset);
                });
    }

    @Provide
    Arbitrary<String> names() {
        Arbitrary<Character> awkward = Arbitraries.of(
                'a', ' ', '/', '%', '"', '\\', '[', ']', '~', '\0', '\r', '\n', '\u007f', 'é', '\ud800', '\udc00',
                '\u2028');
        return Arbitraries.oneOf(
                awkward.list().ofMinSize(1).ofMaxSize(80).map(FieldProperties::text),
                Arbitraries.strings().ofMinLength(1).ofMaxLength(40),
                Arbitraries.of(
                        "calls per minute", "", " ", "é".repeat(300), "x".repeat(63), "x".repeat(64), "x".repeat(65)));
    }

    private static String text(List<Character> characters) {
        StringBuilder text = new StringBuilder();
        characters.forEach(text::append);
        return text.toString();
    }

    @Provide
    Arbitrary<Scope> scopes() {
        return Arbitraries.oneOf(
                names().map(Scope.Endpoint::new),
                Arbitraries.just(new Scope.Endpoint("")),
                names().filter(name -> !name.isBlank()).map(Scope.Group::new));
    }

    private static Arbitrary<Long> amounts() {
        return Arbitraries.oneOf(
                Arbitraries.longs().between(0, 20), Arbitraries.longs().between(0, MOST));
    }

    private static Arbitrary<Limit> kinds() {
        Arbitrary<Unit> units = Arbitraries.oneOf(
                Arbitraries.of(
                        Unit.CALLS, Unit.TOKENS, Unit.NANO_USD, new Unit("content-bytes"), new Unit("input-tokens")),
                Arbitraries.strings()
                        .ofMinLength(1)
                        .ofMaxLength(256)
                        .filter(name -> !name.isBlank())
                        .map(Unit::new));
        Arbitrary<Duration> spans =
                Arbitraries.longs().between(1_000_000, 1L << 60).map(Duration::ofNanos);
        Arbitrary<QuotaPeriod> periods = Arbitraries.oneOf(
                spans.map(QuotaPeriod::every),
                Arbitraries.of(
                        QuotaPeriod.day(ZoneOffset.UTC), QuotaPeriod.month(ZoneOffset.UTC), QuotaPeriod.lifetime()));
        return Combinators.combine(units, amounts(), spans, periods, Arbitraries.of(Overrun.values()))
                .flatAs((unit, amount, span, period, overrun) -> Arbitraries.of(
                        RateLimit.of(unit, amount, span),
                        new Quota(unit, amount, period, overrun),
                        TokenBucket.of(unit, amount, span),
                        TokenBucket.of(unit, 0, span).withCapacity(amount),
                        ConcurrencyLimit.of(unit, amount, span),
                        PerCallLimit.of(unit, amount)));
    }
}
