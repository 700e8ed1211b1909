package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.testkit.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which of the endpoints that no table names have meters of their own. */
class UnlistedEndpointsTest {

    private static final LimitTable EACH = LimitTable.named("calls").eachOtherEndpoint(RateLimit.perMinute(1));
    private static final Tier TIER = Tier.named("tier").table(EACH).build();

    private static final String OVERFLOW = "(further endpoints)";

    private final ManualTime time = new ManualTime();

    private InMemoryRateLimiter limiter(int most) {
        return builder(most).build();
    }

    private InMemoryRateLimiterBuilder builder(int most) {
        return InMemoryRateLimiter.builder()
                .tier(TIER)
                .maxUnlistedEndpoints(most)
                .timeSource(time);
    }

    private static String meteredBy(InMemoryRateLimiter limiter, String endpoint) {
        List<LimitStatus> status = limiter.status("acme", endpoint);
        return status.get(0).applied().scope().name();
    }

    @Test
    void toPeekOrToAskForAStatusTakesUpNoNameAndMakesNoMeter() {
        InMemoryRateLimiter limiter = limiter(2);
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        for (String endpoint : List.of("a", "b", "c")) {
            assertThat(limiter.peek("acme", endpoint, Usage.call()).isAdmitted())
                    .isTrue();
            assertThat(meteredBy(limiter, endpoint)).isEqualTo(endpoint);
        }
        assertThat(limiter.stats().meters()).isEqualTo(1);
        assertThat(limiter.tryAcquire("acme", "embed").isAdmitted()).isTrue();
        assertThat(meteredBy(limiter, "embed")).isEqualTo("embed");
        assertThat(limiter.tryAcquire("acme", "rerank").isAdmitted()).isTrue();
        assertThat(limiter.peek("acme", "a", Usage.call()).isAdmitted()).isFalse();
        assertThat(meteredBy(limiter, "a")).isEqualTo(OVERFLOW);
    }

    @Test
    void aMeterThatIsNotThereAnswersAPeekAsItAnswersACall() {
        LimitTable none = LimitTable.named("none").eachOtherEndpoint(Quota.perMonth(0));
        InMemoryRateLimiter limiter = limiter(5);
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        for (Tier tier : List.of(TIER.withTable(none), TIER.withTable(none.asShadow()))) {
            Caller caller = Caller.of("acme", tier);
            Decision peeked = limiter.peek(caller, "embed", Usage.call());
            assertThat(peeked).isNotEqualTo(Decision.admitted());
            assertThat(limiter.tryAcquire(caller, "embed")).isEqualTo(peeked);
        }
    }

    @Test
    void whereNoneMayHaveItsOwnAStatusNamesWhatACallWouldBeMeteredBy() {
        InMemoryRateLimiter limiter = limiter(0);
        assertThat(meteredBy(limiter, "chat")).isEqualTo(OVERFLOW);
    }

    @Test
    void endpointsThatAllShareTheirLimitsTakeNoPlaceOfThoseWithMetersOfTheirOwn() {
        LimitTable together = LimitTable.named("months").otherEndpointsTogether("all", Quota.perMonth(3));
        InMemoryRateLimiter limiter = limiter(1);
        Caller sharing = Caller.of("acme", Tier.named("sharing").table(together).build());
        assertThat(limiter.tryAcquire(sharing, "a").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(sharing, "b").isAdmitted()).isTrue();
        Caller both = Caller.of("acme", TIER.withTable(together));
        assertThat(limiter.tryAcquire(both, "c").isAdmitted()).isTrue();
        assertThat(meteredBy(limiter, "c")).isEqualTo("c");
        assertThat(meteredBy(limiter, "d")).isEqualTo(OVERFLOW);
        assertThat(limiter.tryAcquire(sharing, "d").isAdmitted()).isFalse();
    }

    private static Caller ofATierThatNamesTheOverflowRow() {
        LimitTable named = LimitTable.named("calls")
                .together("all", RateLimit.perMinute(100), OVERFLOW)
                .eachOtherEndpoint(RateLimit.perMinute(1));
        return Caller.of("acme", Tier.named("odd").table(named).build());
    }

    @Test
    void anEndpointThatIsCalledLikeTheFurtherOnesHidesNoLimitOfTheOthers() {
        Caller caller = ofATierThatNamesTheOverflowRow();
        InMemoryRateLimiter limiter = limiter(5);
        assertThat(limiter.tryAcquire(caller, "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(caller, "chat").isAdmitted()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void beyondTheBoundRefusalsAndStatusesNameTheOverflowRow(int most) throws IOException {
        InMemoryRateLimiter limiter = limiter(most);
        for (int i = 0; i < most; i++) {
            assertThat(limiter.tryAcquire("acme", "own " + i).isAdmitted()).isTrue();
        }
        assertThat(overview(limiter)).hasSize(most).doesNotContain(OVERFLOW);
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        for (InMemoryRateLimiter each : List.of(limiter, restored(limiter, most), restored(limiter, most + 5))) {
            assertThat(overview(each)).hasSize(most + 1).contains(OVERFLOW).doesNotContain("chat", "embed");
            for (String further : List.of("chat", "embed", "rerank".repeat(100))) {
                assertThat(each.status("acme", further))
                        .singleElement()
                        .isEqualTo(each.status("acme", OVERFLOW).get(0))
                        .returns(1L, LimitStatus::used)
                        .returns(
                                Scope.Endpoint.OVERFLOW,
                                status -> status.applied().scope());
                assertRefusedBy(each.peek("acme", further, Usage.call()), OVERFLOW);
                assertRefusedBy(each.tryAcquire("acme", further), OVERFLOW);
                assertRefusedBy(each.bind("acme", further).tryAcquire(), OVERFLOW);
                assertRefusedBy(each.reserve("acme", further, Usage.call()).decision(), OVERFLOW);
            }
            for (int i = 0; i < most; i++) {
                assertRefusedBy(each.tryAcquire("acme", "own " + i), "own " + i);
            }
        }
    }

    private static void assertRefusedBy(Decision decision, String endpoint) {
        assertThat(decision)
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected.cause())
                                .isInstanceOfSatisfying(
                                        LimitReached.class,
                                        reached -> assertThat(reached.applied().scope())
                                                .isEqualTo(new Scope.Endpoint(endpoint))));
    }

    private static List<String> overview(InMemoryRateLimiter limiter) {
        return limiter.status("acme").stream()
                .map(status -> status.applied().scope().name())
                .toList();
    }

    private InMemoryRateLimiter restored(InMemoryRateLimiter limiter, int most) throws IOException {
        ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
        limiter.snapshot(snapshot);
        return builder(most).restore(new ByteArrayInputStream(snapshot.toByteArray()));
    }

    @Test
    void theOverflowRowIsInNoOverviewBeforeItIsCharged() {
        InMemoryRateLimiter limiter = limiter(0);
        assertThat(limiter.status("acme")).isEmpty();
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 0)).isAdmitted())
                .isTrue();
        assertThat(limiter.status("acme")).isEmpty();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(overview(limiter)).containsExactly(OVERFLOW);
        time.advance(Duration.ofMinutes(1));
        assertThat(limiter.status("acme")).isEmpty();
    }

    @Test
    void anEndpointThatIsCalledLikeTheOverflowRowTakesNoPlaceAndSharesItsMeters() {
        InMemoryRateLimiter limiter = limiter(1);
        assertThat(limiter.tryAcquire("acme", OVERFLOW).isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertRefusedBy(limiter.tryAcquire("acme", "embed"), OVERFLOW);
    }

    @Test
    void anEndpointThatATableCallsLikeTheOverflowRowHidesNoLimitOfTheFurtherOnes() {
        Caller caller = ofATierThatNamesTheOverflowRow();
        InMemoryRateLimiter limiter = limiter(0);
        assertThat(limiter.tryAcquire(caller, "chat").isAdmitted()).isTrue();
        assertRefusedBy(limiter.tryAcquire(caller, "embed"), OVERFLOW);
        assertThat(limiter.tryAcquire(caller, OVERFLOW, Usage.of(Unit.CALLS, 100))
                        .isAdmitted())
                .isTrue();
    }

    @Test
    void longNamesAreMeteredOneByOneAndNamedByTheirDigests() {
        InMemoryRateLimiter limiter = limiter(2);
        String one = "x".repeat(10_000) + 1;
        String two = "x".repeat(10_000) + 2;
        assertThat(limiter.tryAcquire("acme", one).isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", two).isAdmitted()).isTrue();
        assertRefusedBy(limiter.tryAcquire("acme", one), one);
        assertRefusedBy(limiter.tryAcquire("acme", new Scope.Endpoint(two).name()), two);
        assertThat(overview(limiter))
                .containsExactlyInAnyOrder(new Scope.Endpoint(one).name(), new Scope.Endpoint(two).name());
        assertThat(limiter.tryAcquire("acme", "x".repeat(10_000) + 3).isAdmitted())
                .isTrue();
        assertRefusedBy(limiter.tryAcquire("acme", "x".repeat(10_000) + 4), OVERFLOW);
    }

    @Test
    void aLongNameThatATableNamesIsInAnOverviewOnceAndMayBeGranted() {
        String name = "x".repeat(300);
        Quota quota = Quota.perMonth(1);
        Caller caller = Caller.of(
                "acme",
                Tier.named("long")
                        .table(LimitTable.named("calls").each(quota, name).eachOtherEndpoint(Quota.perMonth(9)))
                        .build());
        InMemoryRateLimiter limiter = limiter(2);
        assertThat(limiter.tryAcquire(caller, name).isAdmitted()).isTrue();
        assertThat(limiter.status(caller)).hasSize(1);
        AppliedLimit limit = limiter.status(caller).get(0).applied();
        assertThat(limiter.admin().grant(caller, limit, 5).remaining()).isEqualTo(5);
        assertThat(limiter.tryAcquire(caller, name).isAdmitted()).isTrue();
    }

    @Test
    void whatIsReadyForACallStaysSoHoweverManyNamesOthersCall() {
        OrganizationStore store = store(1_000);
        List<CompiledLimit[]> limits = limitsOf(store, "acme");
        for (int i = 0; i < 100; i++) {
            for (int j = 0; j < 1_000; j++) {
                store.tryAcquire("other " + i, TIER, "name " + i + " " + j, Usage.call());
            }
        }
        System.gc();
        assertSame(limitsOf(store, "acme"), limits);
        assertSame(limitsOf(store, "globex"), limits);
    }

    private OrganizationStore store(int most) {
        return new OrganizationStore(
                new Clocks(time),
                new Listeners(List.of(), new ThrottledLog(time, "limits")),
                most,
                Long.MAX_VALUE,
                CapacityPolicy.REFUSE);
    }

    /** Returns what an organization decides by at each of a thousand endpoints. */
    private static List<CompiledLimit[]> limitsOf(OrganizationStore store, String name) {
        List<CompiledLimit[]> limits = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            store.tryAcquire(name, TIER, "endpoint " + i, Usage.call());
            OrganizationState organization = store.require(name);
            limits.add(organization.limits(TIER, "endpoint " + i));
        }
        return limits;
    }

    private static void assertSame(List<CompiledLimit[]> limits, List<CompiledLimit[]> others) {
        assertThat(limits).usingElementComparator((a, b) -> a == b ? 0 : 1).containsExactlyElementsOf(others);
    }

    @Test
    void anEndpointIsReadyUnderTheLastTwoTiersThatItWasCalledUnder() {
        OrganizationStore store = store(1);
        OrganizationState acme = store.require("acme");
        List<CompiledTier> tierCache = Stream.of("a", "b", "c")
                .map(name -> store.tierCache.of(Tier.named(name).table(EACH).build()))
                .toList();
        CompiledLimit[] first = acme.limits(tierCache.get(0), "chat");
        CompiledLimit[] second = acme.limits(tierCache.get(1), "chat");
        System.gc();
        for (int i = 0; i < 3; i++) {
            assertThat(acme.limits(tierCache.get(0), "chat")).isSameAs(first);
            assertThat(acme.peekLimits(tierCache.get(1), "chat"))
                    .isSameAs(second)
                    .isNotSameAs(first);
        }
        CompiledLimit[] third = acme.peekLimits(tierCache.get(2), "chat");
        System.gc();
        assertThat(acme.limits(tierCache.get(2), "chat")).isSameAs(third);
        assertThat(acme.limits(tierCache.get(1), "chat")).isSameAs(second);
        for (CompiledTier compiled : tierCache) {
            assertThat(acme.limits(compiled, "embed")).isSameAs(compiled.overflow("embed").limits);
            assertThat(acme.limits(compiled, "chat")[0].key).isEqualTo(first[0].key);
        }
    }

    @Test
    void anEqualTierThatIsBuiltAnewTakesNoMoreMemory() {
        OrganizationStore store = store(10);
        OrganizationState acme = store.require("acme");
        CompiledLimit[] limits = acme.limits(TIER, "chat");
        for (int i = 0; i < 10; i++) {
            Tier equal = Tier.named("tier").table(EACH).build();
            assertThat(acme.limits(equal, "chat")).isSameAs(limits);
        }
    }

    private static final Tier PATTERNS = Tier.named("patterns")
            .table(LimitTable.named("calls")
                    .each(RateLimit.perMinute(1), "chat/*")
                    .together("free models", RateLimit.perMinute(9), "*:trial")
                    .eachOtherEndpoint(RateLimit.perMinute(3)))
            .table(LimitTable.named("images").each(RateLimit.perMinute(1), "img/*", "*/img"))
            .build();

    @Test
    void theOverflowsOfRowsWithPatternsAreRestored() throws IOException {
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(PATTERNS)
                .maxUnlistedEndpoints(1)
                .timeSource(time)
                .build();
        for (String endpoint : List.of("chat/a", "chat/b", "x:trial", "embed", "embed/img")) {
            assertThat(limiter.tryAcquire("acme", endpoint).isAdmitted()).isTrue();
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        limiter.snapshot(out);
        InMemoryRateLimiter restored = InMemoryRateLimiter.builder()
                .tier(PATTERNS)
                .maxUnlistedEndpoints(7)
                .timeSource(time)
                .restore(new ByteArrayInputStream(out.toByteArray()));
        for (InMemoryRateLimiter each : List.of(limiter, restored)) {
            assertThat(overview(each))
                    .containsExactly(
                            "free models",
                            "(further endpoints of */img, img/*)",
                            "(further endpoints of chat/*)",
                            "(further endpoints)",
                            "chat/a");
            assertRefusedBy(each.tryAcquire("acme", "chat/a"), "chat/a");
            assertRefusedBy(each.tryAcquire("acme", "chat/c"), "(further endpoints of chat/*)");
            assertRefusedBy(each.tryAcquire("acme", "(further endpoints of chat/*)"), "(further endpoints of chat/*)");
            assertRefusedBy(each.tryAcquire("acme", "img/c"), "(further endpoints of */img, img/*)");
        }
    }

    @Test
    void endpointsOfTheSameRowsHaveOneOverflow() {
        CompiledTier compiled = new CompiledTier(PATTERNS, PATTERNS.account(), new WeakValues.Collected());
        CompiledTier.Overflow chat = compiled.overflow("chat/a");
        assertThat(compiled.overflow("chat/")).isSameAs(chat);
        assertThat(compiled.overflow("chat/img")).isNotSameAs(chat);
        assertThat(compiled.overflow("chat/img").limits).hasSize(2);
        assertThat(compiled.overflow("a:trial").isShared).isTrue();
        assertThat(compiled.overflow("chat").limits).hasSize(1).isNotEqualTo(chat.limits);
    }

    @Test
    void aNameThatAPatternMatchesIsForgottenWithItsOrganization() {
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(PATTERNS)
                .maxUnlistedEndpoints(1)
                .timeSource(time)
                .build();
        assertThat(limiter.peek("acme", "chat/x", Usage.call()).isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat/a").isAdmitted()).isTrue();
        assertThat(meteredBy(limiter, "chat/b")).isEqualTo("(further endpoints of chat/*)");
        time.advance(Duration.ofMinutes(2));
        limiter.cleanUp();
        assertThat(limiter.tryAcquire("acme", "chat/b").isAdmitted()).isTrue();
        assertThat(meteredBy(limiter, "chat/b")).isEqualTo("chat/b");
    }
}
