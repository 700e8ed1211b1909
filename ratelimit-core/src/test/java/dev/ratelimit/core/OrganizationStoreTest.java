package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.CapacityReached;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** When the state of an organization is dropped, and what comes after. */
@Tag("mutants")
class OrganizationStoreTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Listeners NONE = new Listeners(List.of(), new ThrottledLog(TimeSource.system(), "limits"));

    private final ManualTime time = new ManualTime(Instant.parse("2025-01-31T00:00:00Z"), -7);
    private final OrganizationStore store = new OrganizationStore(new Clocks(time), NONE, 2, 3, CapacityPolicy.REFUSE);

    private OrganizationState called(String name, Limit limit) {
        return called(store, name, limit);
    }

    private static OrganizationState called(OrganizationStore store, String name, Limit limit) {
        OrganizationState organization = store.require(name);
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("table").eachOtherEndpoint(limit))
                .build();
        assertThat(store.decider.tryAcquire(organization, tier, "chat", Usage.call()))
                .isEqualTo(Decision.admitted());
        assertThat(organization.confirmLive()).isTrue();
        return organization;
    }

    @Test
    void anOrganizationIsDroppedWhenItsLastChargeHasLeftItsLastWindow() {
        OrganizationState acme = called("acme", RateLimit.perMinute(5));
        time.advance(MINUTE.minusNanos(1));
        store.sweepAll();
        assertThat(store.find("acme")).isSameAs(acme);
        time.advanceNanos(1);
        store.sweepAll();
        assertThat(store.find("acme")).isNull();
        assertThat(acme.confirmLive()).isFalse();
        assertThat(acme.beginCheck()).isFalse();
        assertThat(store.require("acme")).isNotSameAs(acme);
    }

    @Test
    void allThatAreIdleAreDroppedWhereverTheyStandAmongOthers() {
        for (int i = 0; i < 9; i++) {
            called("acme " + i, i % 3 == 1 ? RateLimit.perHour(5) : RateLimit.perMinute(5));
        }
        time.advance(MINUTE);
        store.sweepAll();
        for (int i = 0; i < 9; i++) {
            assertThat(store.find("acme " + i) != null).isEqualTo(i % 3 == 1);
        }
    }

    @Test
    void aQuotaKeepsAnOrganizationUntilItsPeriodIsOver() {
        OrganizationState acme = called("acme", Quota.perMonth(5));
        time.advance(Duration.ofHours(24).minusNanos(1));
        store.sweepAll();
        assertThat(store.find("acme")).isSameAs(acme);
        time.advanceNanos(1);
        store.sweepAll();
        assertThat(store.find("acme")).isNull();
    }

    @Test
    void aLifetimeQuotaKeepsAnOrganizationForGoodUnlessNothingOfItIsUsed() {
        OrganizationState acme = called("acme", Quota.lifetime(Unit.CALLS, 5));
        called("other", Quota.lifetime(Unit.TOKENS, 5));
        time.advance(Duration.ofDays(10_000));
        store.sweepAll();
        assertThat(store.find("acme")).isSameAs(acme);
        assertThat(store.find("other")).isNull();
    }

    @Test
    void marksThatAllWasGivenBackUnderKeepAnOrganization() {
        OrganizationState acme = store.require("acme");
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("table").eachOtherEndpoint(RateLimit.perMinute(5)))
                .build();
        assertThat(requireNonNull(InMemoryReservation.reserve(store, acme, tier, "chat", Usage.call(), null))
                        .cancel())
                .isTrue();
        store.sweepAll();
        assertThat(store.find("acme")).isSameAs(acme);
    }

    @Test
    void aCallDuringACheckKeepsTheStateAndTheCheckDropsNothing() {
        OrganizationState acme = called("acme", RateLimit.perMinute(5));
        time.advance(MINUTE);
        assertThat(acme.beginCheck()).isTrue();
        called("acme", RateLimit.perMinute(5));
        assertThat(acme.endCheck(true)).isFalse();
        assertThat(acme.confirmLive()).isTrue();
        store.sweepAll();
        assertThat(store.find("acme")).isSameAs(acme);
    }

    @Test
    void aDecisionThatFindsACheckUnderWayHoldsAndTheCheckDropsNothing() {
        OrganizationState acme = called("acme", RateLimit.perMinute(5));
        assertThat(acme.beginCheck()).isTrue();
        assertThat(acme.confirmLive()).isTrue();
        assertThat(acme.endCheck(true)).isFalse();
        assertThat(acme.confirmLive()).isTrue();
    }

    @Test
    void anOrganizationThatCannotBeCheckedKeepsNoOtherFromBeingDroppedAndNoCallFromItsDecision() {
        FailingTime failing = new FailingTime(time);
        FailureLog log = new FailureLog();
        OrganizationStore several = new OrganizationStore(
                new Clocks(failing),
                new Listeners(List.of(), new ThrottledLog(time, () -> log)),
                2,
                9,
                CapacityPolicy.REFUSE);
        called(several, "idle before", RateLimit.perMinute(5));
        called(several, "bad", Quota.perMonth(5));
        called(several, "idle after", RateLimit.perMinute(5));
        time.advance(MINUTE);
        failing.failWall(true);
        OrganizationState acme = called(several, "acme", RateLimit.perMinute(5));
        called(several, "acme", RateLimit.perMinute(5));
        several.sweepAll();
        assertThat(several.find("idle before")).isNull();
        assertThat(several.find("idle after")).isNull();
        assertThat(several.find("bad")).isNotNull();
        assertThat(several.find("acme")).isSameAs(acme);
        assertThat(log.messages)
                .containsExactly("WARNING An organization could not be checked for being idle, suppressed=0");
        assertThat(log.thrown).hasOnlyElementsOfType(FailingTime.Failure.class);
        failing.failWall(false);
        time.advance(Duration.ofDays(40));
        several.sweepAll();
        assertThat(several.find("bad")).isNull();
    }

    @Test
    void newOrganizationsHaveTheIdleOnesDropped() {
        OrganizationStore unbounded =
                new OrganizationStore(new Clocks(time), NONE, 0, Long.MAX_VALUE, CapacityPolicy.REFUSE);
        for (int i = 0; i < 100; i++) {
            unbounded.require("idle " + i);
        }
        time.advance(Duration.ofSeconds(1));
        for (int i = 0; i < 50; i++) {
            unbounded.require("later " + i);
        }
        int known = 0;
        for (int i = 0; i < 100; i++) {
            known += unbounded.find("idle " + i) == null ? 0 : 1;
        }
        assertThat(known).isZero();
    }

    @Test
    void callsHaveTheIdleOnesDroppedInTime() {
        OrganizationState acme = called("acme", Quota.lifetime(Unit.CALLS, 1_000));
        store.require("idle");
        time.advance(Duration.ofSeconds(1));
        for (int i = 0; i < 3; i++) {
            time.advance(Duration.ofMillis(1));
            called("acme", Quota.lifetime(Unit.CALLS, 1_000));
        }
        assertThat(store.find("idle")).isNull();
        assertThat(store.find("acme")).isSameAs(acme);
    }

    @Test
    void thereAreNoMoreThanThereMayBeAndAnIdleOneMakesRoom() {
        called("a", RateLimit.perMinute(5));
        called("b", RateLimit.perHour(5));
        called("c", RateLimit.perHour(5));
        assertThat(store.get("d")).isNull();
        assertThat(store.get("a")).isNotNull();
        time.advance(MINUTE);
        assertThat(store.get("d")).isNotNull();
        assertThat(store.find("a")).isNull();
        assertThat(store.find("b")).isNotNull();
    }

    @Test
    void aReservationThatOutlivesItsOrganizationChargesTheNewStateAndGivesNothingBack() {
        RateLimit limit = RateLimit.of(Unit.TOKENS, 100, MINUTE);
        Quota quota = Quota.perMonth(Unit.CHARACTERS, 100);
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("tokens").eachOtherEndpoint(limit))
                .table(LimitTable.named("characters").eachOtherEndpoint(quota))
                .build();
        InMemoryRateLimiter limiter =
                InMemoryRateLimiter.builder().tier(tier).timeSource(time).build();
        Reservation less = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 50));
        Reservation more = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 10));
        Reservation streamed = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 10));
        time.advance(MINUTE);
        limiter.cleanUp();
        assertThat(less.settle(Usage.of(Unit.TOKENS, 1))).isTrue();
        assertThat(used(limiter)).containsExactly(0L, 0L);
        assertThat(more.settle(Usage.of(Unit.TOKENS, 30).and(Unit.CHARACTERS, 7)))
                .isTrue();
        assertThat(used(limiter)).containsExactly(20L, 7L);
        assertThat(streamed.use(Usage.of(Unit.TOKENS, 50))).isEqualTo(Decision.admitted());
        assertThat(used(limiter)).containsExactly(60L, 7L);
        assertThat(streamed.settle(Usage.of(Unit.TOKENS, 25))).isTrue();
        assertThat(used(limiter)).containsExactly(45L, 7L);
        time.advance(MINUTE);
        limiter.cleanUp();
        assertThat(used(limiter)).containsExactly(0L, 7L);
    }

    private static Iterable<Long> used(InMemoryRateLimiter limiter) {
        return limiter.status("acme", "chat").stream().map(LimitStatus::used).toList();
    }

    @Test
    void furtherEndpointsShareOneSetOfMetersUntilTheOrganizationIsIdle() {
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls").eachOtherEndpoint(RateLimit.perMinute(1)))
                        .build())
                .maxUnlistedEndpoints(2)
                .timeSource(time)
                .build();
        assertThat(limiter.tryAcquire("acme", "a").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "b").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "c").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "d"))
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected.message()).contains("(further endpoints)"));
        assertThat(limiter.tryAcquire("acme", "b").isAdmitted()).isFalse();
        assertThat(limiter.tryAcquire("other", "d").isAdmitted()).isTrue();
        time.advance(MINUTE);
        limiter.cleanUp();
        assertThat(limiter.tryAcquire("acme", "c").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "d").isAdmitted()).isTrue();
    }

    @Test
    void anOverviewNamesAnotherTiersEndpointsAsThisOneMetersThem() {
        RateLimit limit = RateLimit.perMinute(5);
        Tier naming = Tier.named("naming")
                .table(LimitTable.named("calls").each(limit, "chat"))
                .build();
        Tier other = Tier.named("other")
                .table(LimitTable.named("calls").eachOtherEndpoint(limit))
                .build();
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(other)
                .maxUnlistedEndpoints(2)
                .timeSource(time)
                .build();
        assertThat(limiter.tryAcquire(Caller.of("acme", naming), "chat", Usage.of(Unit.CALLS, 3))
                        .isAdmitted())
                .isTrue();
        assertOverview(limiter, "chat: 3");
        assertThat(limiter.tryAcquire("acme", "embed").isAdmitted()).isTrue();
        assertOverview(limiter, "chat: 3", "embed: 1");
        assertThat(limiter.tryAcquire("acme", "rerank", Usage.of(Unit.CALLS, 2)).isAdmitted())
                .isTrue();
        assertThat(limiter.tryAcquire("acme", "classify", Usage.of(Unit.CALLS, 4))
                        .isAdmitted())
                .isTrue();
        assertOverview(limiter, "(further endpoints): 4", "embed: 1", "rerank: 2");
    }

    private static void assertOverview(InMemoryRateLimiter limiter, String... lines) {
        assertThat(limiter.status("acme"))
                .extracting(status -> status.applied().scope().name() + ": " + status.used())
                .containsExactly(lines);
    }

    @Test
    void namedEndpointsHaveTheirOwnMetersHoweverFewOthersMay() {
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls").each(RateLimit.perMinute(1), "chat", "embed"))
                        .build())
                .maxUnlistedEndpoints(0)
                .timeSource(time)
                .build();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "embed").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }

    @Test
    void atCapacityTheHostChoosesWhetherCallsOfFurtherOrganizationsAreRefusedOrNotCounted() {
        InMemoryRateLimiter refusing = full(CapacityPolicy.REFUSE);
        assertThat(refusing.tryAcquire("further", "chat"))
                .isEqualTo(Rejected.permanent(new CapacityReached(1), ""))
                .isEqualTo(refusing.peek("further", "chat", Usage.call()))
                .isEqualTo(refusing.reserve("further", "chat", Usage.call()).decision());
        assertThat(refusing.tryAcquire("acme", "chat").isAdmitted()).isTrue();

        InMemoryRateLimiter unmetered = full(CapacityPolicy.ADMIT_UNMETERED);
        for (int i = 0; i < 10; i++) {
            assertThat(unmetered.tryAcquire("further", "chat").isAdmitted()).isTrue();
            Reservation reservation = unmetered.reserve("further", "chat", Usage.call());
            assertThat(reservation.use(Usage.of(Unit.CALLS, 9)).isAdmitted()).isTrue();
            assertThat(reservation.settle(Usage.call())).isTrue();
        }
        assertThat(unmetered.status("further", "chat"))
                .extracting(LimitStatus::used)
                .containsExactly(0L);
    }

    private InMemoryRateLimiter full(CapacityPolicy capacityPolicy) {
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls").eachOtherEndpoint(RateLimit.perMinute(2)))
                        .build())
                .maxOrganizations(1, capacityPolicy)
                .timeSource(time)
                .build();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        return limiter;
    }

    @Test
    void aPeekAtCapacityFindsThePlaceThatACallWouldFind() {
        InMemoryRateLimiter limiter = full(CapacityPolicy.REFUSE);
        time.advance(MINUTE);
        assertThat(limiter.peek("further", "chat", Usage.call())).isEqualTo(Decision.admitted());
        assertThat(limiter.tryAcquire("further", "chat")).isEqualTo(Decision.admitted());
    }

    @Test
    void toAskForAStatusKeepsNothing() {
        InMemoryRateLimiter limiter = full(CapacityPolicy.REFUSE);
        assertThat(limiter.status("further", "chat"))
                .extracting(LimitStatus::remaining)
                .containsExactly(2L);
        time.advance(MINUTE);
        assertThat(limiter.tryAcquire("third", "chat").isAdmitted()).isTrue();
    }
}
