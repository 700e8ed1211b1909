package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.testkit.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tiers that differ in amounts only, one for each organization. */
@Tag("mutants")
class OwnTierTest {

    private final ManualTime time = new ManualTime();
    private final OrganizationStore store = new OrganizationStore(
            new Clocks(time),
            new Listeners(List.of(), new ThrottledLog(time, "limits")),
            3,
            Long.MAX_VALUE,
            CapacityPolicy.REFUSE);
    private final Map<String, Tier> tiers = new HashMap<>();
    private final InMemoryRateLimiter limiter =
            InMemoryRateLimiter.builder().tiers(this::tierOf).timeSource(time).build();

    private Tier tierOf(String organization) {
        return requireNonNull(tiers.get(organization));
    }

    /** Returns a tier whose amounts depend on a number. Each of its tables is of another kind. */
    private static Tier tier(long amount) {
        return Tier.named("tier of " + amount)
                .table(LimitTable.named("calls")
                        .each(RateLimit.perMinute(amount), "chat", "embed")
                        .each(RateLimit.perMinute(2 * amount), "files/*")
                        .eachOtherEndpoint(RateLimit.perMinute(3 * amount)))
                .table(LimitTable.named("month").together("both", Quota.perMonth(10 * amount), "embed", "chat"))
                .table(LimitTable.named("shadow")
                        .allTogether(RateLimit.perHour(amount / 2))
                        .asShadow())
                .build();
    }

    /** The first tier of its shape is compiled, and others are own ones. */
    private void compileFirst() {
        tiers.put("first", tier(1_000));
        assertThat(limiter.tryAcquire("first", "chat").isAdmitted()).isTrue();
        assertThat(store.tryAcquire("first", tier(1_000), "chat", Usage.call()).isAdmitted())
                .isTrue();
    }

    private static long amount(CompiledLimit... limits) {
        return limits[0].amount;
    }

    private OrganizationState called(String name, Tier tier, String endpoint) {
        store.tryAcquire(name, tier, endpoint, Usage.call());
        return store.require(name);
    }

    private int admitted(String organization, String endpoint, int most) {
        int admitted = 0;
        while (admitted < most && limiter.tryAcquire(organization, endpoint).isAdmitted()) {
            admitted++;
        }
        return admitted;
    }

    @Test
    void eachOrganizationHasTheAmountsOfItsTier() {
        compileFirst();
        for (int i = 1; i < 50; i++) {
            tiers.put("org " + i, tier(i));
        }
        for (int i = 1; i < 50; i++) {
            String name = "org " + i;
            assertThat(admitted(name, "chat", 1_000)).isEqualTo(i);
            assertThat(admitted(name, "files/a", 1_000)).isEqualTo(2 * i);
            assertThat(admitted(name, "other", 1_000)).isEqualTo(3 * i);
            assertThat(admitted(name, "embed", 1_000)).isEqualTo(i);
        }
    }

    @Test
    void aRefusalAStatusAndAPeekTellTheAmountOfTheTier() {
        compileFirst();
        Tier tier = tier(4);
        tiers.put("acme", tier);
        assertThat(admitted("acme", "chat", 100)).isEqualTo(4);
        for (Decision decision : List.of(
                limiter.tryAcquire("acme", "chat"),
                limiter.peek(Caller.of("acme", tier), "chat", Usage.call()),
                limiter.peek(Caller.of("unseen", tier), "chat", Usage.of(Unit.CALLS, 5)))) {
            LimitReached reached = (LimitReached) ((Rejected) decision).cause();
            assertThat(reached.applied()).isEqualTo(tier.limitsFor("chat").get(0));
        }
        assertThat(limiter.status("acme", "chat"))
                .extracting(LimitStatus::applied)
                .containsExactlyElementsOf(tier.limitsFor("chat"));
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(4L, 4L, 2L);
        assertThat(limiter.status("acme"))
                .extracting(LimitStatus::applied)
                .containsExactlyElementsOf(tier.namedLimits());
        assertThat(limiter.reporting().tryAcquire("acme", "chat").limits())
                .extracting(LimitStatus::applied)
                .containsExactlyElementsOf(tier.limitsFor("chat"));
    }

    @Test
    void anotherAmountCountsFromTheNextCallOnAndWhatIsUsedStays() {
        compileFirst();
        tiers.put("acme", tier(60));
        assertThat(admitted("acme", "chat", 40)).isEqualTo(40);
        tiers.put("acme", tier(45));
        assertThat(admitted("acme", "chat", 100)).isEqualTo(5);
        tiers.put("acme", tier(30));
        assertThat(limiter.status("acme", "chat").get(0).remaining()).isZero();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        tiers.put("acme", tier(1_000));
        assertThat(limiter.status("acme", "chat").get(0).remaining()).isEqualTo(955);
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        tiers.put("acme", tier(47));
        assertThat(admitted("acme", "chat", 100)).isEqualTo(1);
    }

    @Test
    void anotherAmountOfOneEndpointCountsThoughTheOthersAreTheSame() {
        compileFirst();
        Tier tier = tier(4);
        OrganizationState acme = called("acme", tier, "chat");
        called("acme", tier(4), "embed");
        Tier other = tier.withLimits(limit -> limit.amount() == 8 ? limit.withAmount(9) : limit);
        CompiledLimit[] chat = acme.limits(tier, "chat");
        assertThat(amount(acme.limits(tier, "files/a"))).isEqualTo(8);
        assertThat(acme.limits(other, "chat")).isSameAs(chat);
        assertThat(amount(acme.limits(other, "files/a"))).isEqualTo(9);
        assertThat(amount(acme.limits(tier, "files/a"))).isEqualTo(8);
    }

    @Test
    void aTierThatIsHeldTakesNoLimitsOfAnother() {
        compileFirst();
        Tier tier = tier(4);
        Tier other = tier.withLimits(limit -> limit.amount() == 8 ? limit.withAmount(9) : limit);
        OrganizationState acme = called("acme", tier, "chat");
        for (int i = 0; i < 3; i++) {
            assertThat(amount(acme.limits(tier, "chat"))).isEqualTo(4);
        }
        assertThat(amount(acme.limits(other, "files/a"))).isEqualTo(9);
        assertThat(amount(acme.limits(tier, "files/a"))).isEqualTo(8);
        assertThat(amount(acme.limits(other, "files/a"))).isEqualTo(9);
    }

    @Test
    void anEqualTierThatIsBuiltAtEachCallTakesNothing() {
        compileFirst();
        OrganizationState acme = called("acme", tier(4), "chat");
        CompiledLimit[] chat = acme.limits(tier(4), "chat");
        CompiledLimit[] embed = acme.limits(tier(4), "embed");
        Tier built = tier(4);
        WeakReference<Tier> gone = new WeakReference<>(built);
        for (int i = 0; i < 10; i++) {
            assertThat(acme.limits(i == 0 ? built : tier(4), "chat")).isSameAs(chat);
            assertThat(acme.limits(tier(4), "embed")).isSameAs(embed);
        }
        built = tier(5);
        Garbage.assertCollected(List.of(gone), () -> {});
        assertThat(amount(acme.limits(built, "chat"))).isEqualTo(5);
    }

    @Test
    void aTierThatTheHostKeepsIsHeldAndGoesWithTheOrganization() {
        compileFirst();
        Tier[] kept = {tier(4)};
        WeakReference<Tier> held = new WeakReference<>(kept[0]);
        OrganizationState acme = called("acme", kept[0], "chat");
        for (String endpoint : List.of("chat", "chat", "embed", "files/a", "other")) {
            CompiledLimit[] limits = acme.limits(kept[0], endpoint);
            assertThat(acme.limits(kept[0], endpoint)).isSameAs(limits);
            assertThat(acme.limits(tier(4), endpoint)).isSameAs(limits);
        }
        assertThat(acme.name).isEqualTo("acme");
        kept[0] = tier(6);
        acme.limits(kept[0], "chat");
        acme.limits(kept[0], "chat");
        acme.limits(tier(7), "chat");
        assertThat(store.forget("acme")).isTrue();
        Garbage.assertCollected(List.of(held), store::sweepAll);
    }

    @Test
    void twoTiersInTurnBothStay() {
        compileFirst();
        for (Tier other :
                List.of(tier(7), tier(1_000), Tier.named("of another shape").build())) {
            Tier own = tier(4);
            OrganizationState acme = called("acme" + other.name(), own, "chat");
            for (int i = 0; i < 3; i++) {
                acme.limits(own, "chat");
            }
            CompiledLimit[] first = acme.limits(own, "chat");
            for (int i = 0; i < 3; i++) {
                acme.limits(other, "chat");
            }
            CompiledLimit[] second = acme.limits(other, "chat");
            for (int i = 0; i < 5; i++) {
                assertThat(acme.limits(own, "chat", store.tierCache)).isSameAs(first);
                assertThat(acme.limits(other, "chat", store.tierCache)).isSameAs(second);
            }
        }
    }

    @Test
    void aCommonTierIsCompiledAfterAWhile() {
        compileFirst();
        Set<CompiledLimit[]> limits = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int i = 0; i < 100; i++) {
            limits.add(called("org " + i, tier(4), "chat").limits(tier(4), "chat"));
        }
        assertThat(limits).hasSize(16);
        limits.clear();
        for (int i = 0; i < 100; i++) {
            limits.add(called("org " + i, tier(10 + i), "chat").limits(tier(10 + i), "chat"));
        }
        assertThat(limits).hasSize(100);
    }

    @Test
    void furtherEndpointsOfAnOwnTierShareTheirMeters() {
        compileFirst();
        Tier tier = tier(4);
        OrganizationState acme = called("acme", tier, "chat");
        for (int i = 0; i < 100; i++) {
            assertThat(amount(acme.limits(tier, "other " + i))).isEqualTo(12);
        }
        CompiledLimit[] shared = acme.limits(tier, "other 50");
        assertThat(acme.limits(tier, "other 51")).isSameAs(shared).isNotSameAs(acme.limits(tier, "other 1"));
        assertThat(((Scope.Endpoint) shared[0].key.scope()).isOverflow()).isTrue();
        assertThat(amount(acme.peekLimits(tier, "other 2"))).isEqualTo(12);
    }

    @Test
    void manyEndpointsOfAnOwnTierKeepTheirLimits() {
        String[] names = IntStream.range(0, 3_000).mapToObj(i -> "e" + i).toArray(String[]::new);
        for (int amount : new int[] {1_000, 7}) {
            Tier tier = Tier.named("tier")
                    .table(LimitTable.named("calls").each(RateLimit.perMinute(amount), names))
                    .build();
            OrganizationState acme = store.require("acme " + amount);
            for (int i = 0; i < 3; i++) {
                assertThat(amount(acme.limits(tier, names[i % 2]))).isEqualTo(amount);
            }
            List<CompiledLimit[]> limits = IntStream.range(0, 3_000)
                    .mapToObj(i -> acme.limits(tier, names[i]))
                    .toList();
            for (int i = 0; i < names.length; i++) {
                CompiledLimit[] known = acme.limits(tier, names[i]);
                assertThat(known[0].key.scope().name()).isEqualTo(names[i]);
                assertThat(known[0].amount).isEqualTo(amount);
                assertThat(known).isSameAs(limits.get(i));
            }
        }
    }

    @Test
    void aMemberHasTheAmountsOfItsOwnTier() {
        Tier users = Tier.named("users")
                .table(LimitTable.named("calls per user").allTogether(RateLimit.perMinute(3)))
                .build();
        Tier first = tier(1_000).withMember("user", users);
        Tier second = first.withLimits(limit -> limit.withAmount(5 * limit.amount()));
        for (int i = 0; i < 3; i++) {
            for (Tier tier : List.of(first, second)) {
                Caller caller = Caller.of("acme " + tier.hashCode(), tier).member("user", "u" + i);
                int admitted = 0;
                while (limiter.tryAcquire(caller, "chat").isAdmitted()) {
                    admitted++;
                }
                assertThat(admitted).isEqualTo(tier.equals(first) ? 3 : 15);
                assertThat(limiter.status(caller)
                                .get(limiter.status(caller).size() - 1)
                                .applied()
                                .limit()
                                .amount())
                        .isEqualTo(admitted);
            }
        }
    }

    static List<Limit> kinds() {
        return List.of(
                RateLimit.perMinute(10),
                RateLimit.perMinute(10).withPrecision(dev.ratelimit.Precision.EXACT),
                Quota.perMonth(10),
                TokenBucket.perMinute(10),
                TokenBucket.perMinute(10).withCapacity(7),
                ConcurrencyLimit.of(10, Duration.ofMinutes(1)),
                PerCallLimit.of(Unit.CALLS, 10));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void eachKindOfLimitHasItsOwnAmount(Limit limit) {
        for (Limit other : List.of(limit, limit.withAmount(20), limit.withAmount(4))) {
            Tier tier = Tier.named("tier")
                    .table(LimitTable.named("calls").each(other, "chat"))
                    .build();
            OrganizationState state = called("org " + other, tier, "chat");
            CompiledLimit[] limits = state.limits(tier, "chat");
            CompiledLimit alone = CompiledLimit.of(tier, tier.limitsFor("chat").get(0));
            assertThat(limits[0])
                    .usingRecursiveComparison()
                    .ignoringFields("reached", "key")
                    .isEqualTo(alone);
            assertThat(limits[0].key).isEqualTo(alone.key);
            assertThat(limits[0].applied()).isEqualTo(alone.applied());
            assertThat(limits[0].cause(1)).isEqualTo(alone.cause(1));
            assertThat(limits[0].cause(1_000)).isEqualTo(alone.cause(1_000));
            Tier equal = Tier.named("tier")
                    .table(LimitTable.named("calls").each(other, "chat"))
                    .build();
            assertThat(state.limits(equal, "chat")).isSameAs(limits);
        }
    }

    @Test
    void whatDiffersInMoreThanAmountsIsOfAnotherShape() {
        Tier tier = tier(4);
        List<Tier> others = List.of(
                tier.withoutTable("shadow"),
                tier.withTable(LimitTable.named("shadow").allTogether(RateLimit.perHour(2))),
                tier.withTable(LimitTable.named("month").together("two", Quota.perMonth(40), "embed", "chat")),
                tier.withTable(LimitTable.named("month").together("both", Quota.perMonth(40), "embed", "rerank")),
                tier.withTable(LimitTable.named("month").together("both", Quota.perWeek(40), "embed", "chat")),
                tier.withTable(LimitTable.named("calls").each(RateLimit.perMinute(4), "chat", "embed")),
                tier.withTable(LimitTable.named("calls")
                        .each(RateLimit.perMinute(4), "chat", "embed")
                        .each(RateLimit.perMinute(8), "file/*")
                        .eachOtherEndpoint(RateLimit.perMinute(12))),
                tier.withTable(LimitTable.named("calls")
                        .each(RateLimit.perMinute(4), "chat", "embed")
                        .unlimited("files/*")
                        .eachOtherEndpoint(RateLimit.perMinute(12))),
                tier.withTable(LimitTable.named("calls")
                        .each(RateLimit.perMinute(Unit.TOKENS, 4), "chat", "embed")
                        .each(RateLimit.perMinute(8), "files/*")
                        .eachOtherEndpoint(RateLimit.perMinute(12))),
                tier.withTable(LimitTable.named("more").everyEndpoint(RateLimit.perMinute(4))));
        TierShape shape = new TierShape(tier, "default");
        assertThat(shape.isOf(tier(5), "default")).isTrue();
        assertThat(new TierShape(tier(5), "default")).isEqualTo(shape).hasSameHashCodeAs(shape);
        assertThat(shape.isOf(tier, "other")).isFalse();
        for (Tier other : others) {
            assertThat(shape.isOf(other, "default")).as(other.toString()).isFalse();
            assertThat(new TierShape(other, "default")).isNotEqualTo(shape);
        }
    }

    @Test
    void aGrantACarryOverAndASnapshotGoByTheTierOfTheOrganization() throws IOException {
        compileFirst();
        Tier tier = tier(4);
        tiers.put("acme", tier);
        assertThat(admitted("acme", "chat", 100)).isEqualTo(4);
        AppliedLimit month = tier.limitsFor("chat").get(1);
        assertThat(limiter.admin().grant("acme", month, 5).granted()).isEqualTo(5);
        assertThat(limiter.status("acme", "embed").get(1).remaining()).isEqualTo(41);
        Tier byWeek = tier.withTable(LimitTable.named("month").together("both", Quota.perWeek(40), "embed", "chat"));
        assertThat(limiter.admin().carryOver(Caller.of("acme", byWeek), Caller.of("acme", tier)))
                .extracting(LimitStatus::used)
                .containsExactly(4L);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        limiter.snapshot(out);
        InMemoryRateLimiter restored = InMemoryRateLimiter.builder()
                .tiers(this::tierOf)
                .timeSource(time)
                .restore(new ByteArrayInputStream(out.toByteArray()));
        assertThat(restored.tryAcquire("first", "chat").isAdmitted()).isTrue();
        assertThat(restored.status("acme")).isEqualTo(limiter.status("acme"));
        assertThat(restored.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }

    @Test
    void anOwnTierTakesLittleMoreThanASharedOne() {
        compileFirst();
        Tier[] own = IntStream.range(1, 2_000).mapToObj(i -> tier(i)).toArray(Tier[]::new);
        long before = used();
        for (int call = 0; call < 3; call++) {
            for (int i = 0; i < own.length; i++) {
                limiter.tryAcquire(Caller.of("organization-" + i, own[i]), "other");
            }
        }
        long measured = used() - before;
        assertThat(measured / own.length).isLessThan(1_100);
        assertThat(limiter.stats().estimatedBytes())
                .isCloseTo(measured, org.assertj.core.data.Percentage.withPercentage(25));
    }

    private static long used() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
