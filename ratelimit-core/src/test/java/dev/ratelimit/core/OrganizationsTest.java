package dev.ratelimit.core;

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
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When the state of an organization is dropped, and what comes after. */
class OrganizationsTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Listeners NONE = new Listeners(List.of(), TimeSource.system());

    private final ManualTime time = new ManualTime(Instant.parse("2025-01-31T00:00:00Z"), -7);
    private final Organizations organizations = new Organizations(new Clocks(time), NONE, 2, 3, AtCapacity.REFUSE);

    private Organization called(String name, Limit limit) {
        Organization organization = organizations.require(name);
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("table").eachOther(limit))
                .build();
        assertThat(organizations.decider.tryAcquire(organization, tier, "chat", Usage.call()))
                .isEqualTo(Decision.admitted());
        assertThat(organization.keep()).isTrue();
        return organization;
    }

    @Test
    void anOrganizationIsDroppedWhenItsLastChargeHasLeftItsLastWindow() {
        Organization acme = called("acme", RateLimit.perMinute(5));
        time.advance(MINUTE.minusNanos(1));
        organizations.lookAtAll();
        assertThat(organizations.known("acme")).isSameAs(acme);
        time.advanceNanos(1);
        organizations.lookAtAll();
        assertThat(organizations.known("acme")).isNull();
        assertThat(acme.keep()).isFalse();
        assertThat(acme.beginCheck()).isFalse();
        assertThat(organizations.require("acme")).isNotSameAs(acme);
    }

    @Test
    void allThatAreIdleAreDroppedWhereverTheyStandAmongOthers() {
        for (int i = 0; i < 9; i++) {
            called("acme " + i, i % 3 == 1 ? RateLimit.perHour(5) : RateLimit.perMinute(5));
        }
        time.advance(MINUTE);
        organizations.lookAtAll();
        for (int i = 0; i < 9; i++) {
            assertThat(organizations.known("acme " + i) != null).isEqualTo(i % 3 == 1);
        }
    }

    @Test
    void aQuotaKeepsAnOrganizationUntilItsPeriodIsOver() {
        Organization acme = called("acme", Quota.perMonth(5));
        time.advance(Duration.ofHours(24).minusNanos(1));
        organizations.lookAtAll();
        assertThat(organizations.known("acme")).isSameAs(acme);
        time.advanceNanos(1);
        organizations.lookAtAll();
        assertThat(organizations.known("acme")).isNull();
    }

    @Test
    void aLifetimeQuotaKeepsAnOrganizationForGoodUnlessNothingOfItIsUsed() {
        Organization acme = called("acme", Quota.lifetime(Unit.CALLS, 5));
        called("other", Quota.lifetime(Unit.TOKENS, 5));
        time.advance(Duration.ofDays(10_000));
        organizations.lookAtAll();
        assertThat(organizations.known("acme")).isSameAs(acme);
        assertThat(organizations.known("other")).isNull();
    }

    @Test
    void marksThatAllWasGivenBackUnderKeepAnOrganization() {
        Organization acme = organizations.require("acme");
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("table").eachOther(RateLimit.perMinute(5)))
                .build();
        assertThat(organizations
                        .decider
                        .reserve(acme, tier, "chat", Usage.call())
                        .cancel())
                .isTrue();
        organizations.lookAtAll();
        assertThat(organizations.known("acme")).isSameAs(acme);
    }

    @Test
    void aCallDuringACheckKeepsTheStateAndTheCheckDropsNothing() {
        Organization acme = called("acme", RateLimit.perMinute(5));
        time.advance(MINUTE);
        assertThat(acme.beginCheck()).isTrue();
        called("acme", RateLimit.perMinute(5));
        assertThat(acme.endCheck(true)).isFalse();
        assertThat(acme.keep()).isTrue();
        organizations.lookAtAll();
        assertThat(organizations.known("acme")).isSameAs(acme);
    }

    @Test
    void aDecisionThatFindsACheckUnderWayHoldsAndTheCheckDropsNothing() {
        Organization acme = called("acme", RateLimit.perMinute(5));
        assertThat(acme.beginCheck()).isTrue();
        assertThat(acme.keep()).isTrue();
        assertThat(acme.endCheck(true)).isFalse();
        assertThat(acme.keep()).isTrue();
    }

    @Test
    void newOrganizationsHaveTheIdleOnesDropped() {
        Organizations unbounded = new Organizations(new Clocks(time), NONE, 0, Long.MAX_VALUE, AtCapacity.REFUSE);
        for (int i = 0; i < 100; i++) {
            unbounded.require("idle " + i);
        }
        for (int i = 0; i < 50; i++) {
            unbounded.require("later " + i);
        }
        int known = 0;
        for (int i = 0; i < 100; i++) {
            known += unbounded.known("idle " + i) == null ? 0 : 1;
        }
        assertThat(known).isZero();
    }

    @Test
    void callsHaveTheIdleOnesDroppedInTime() {
        Organization acme = called("acme", Quota.lifetime(Unit.CALLS, 1_000));
        organizations.require("idle");
        for (int i = 0; i < 3; i++) {
            time.advance(Duration.ofMillis(1));
            called("acme", Quota.lifetime(Unit.CALLS, 1_000));
        }
        assertThat(organizations.known("idle")).isNull();
        assertThat(organizations.known("acme")).isSameAs(acme);
    }

    @Test
    void thereAreNoMoreThanThereMayBeAndAnIdleOneMakesRoom() {
        called("a", RateLimit.perMinute(5));
        called("b", RateLimit.perHour(5));
        called("c", RateLimit.perHour(5));
        assertThat(organizations.get("d")).isNull();
        assertThat(organizations.get("a")).isNotNull();
        time.advance(MINUTE);
        assertThat(organizations.get("d")).isNotNull();
        assertThat(organizations.known("a")).isNull();
        assertThat(organizations.known("b")).isNotNull();
    }

    @Test
    void oneThatFindsNoPlaceGetsThatOfAnIdleOneAmongMany() {
        Organizations twenty = new Organizations(new Clocks(time), NONE, 0, 20, AtCapacity.REFUSE);
        Tier hourly = Tier.named("tier")
                .table(LimitTable.named("table").eachOther(RateLimit.perHour(5)))
                .build();
        for (int i = 0; i < 20; i++) {
            assertThat(twenty.tryAcquire("busy " + i, hourly, "chat", Usage.call())
                            .isAdmitted())
                    .isTrue();
        }
        for (int i = 0; i < 20; i++) {
            assertThat(twenty.get("further " + i)).isNull();
            assertThat(twenty.forget("busy " + i)).isTrue();
            assertThat(twenty.get("idle")).isNotNull();
            assertThat(twenty.tryAcquire("busy " + i, hourly, "chat", Usage.call())
                            .isAdmitted())
                    .isTrue();
        }
    }

    @Test
    void aReservationThatOutlivesItsOrganizationChargesTheNewStateAndGivesNothingBack() {
        RateLimit limit = RateLimit.of(Unit.TOKENS, 100, MINUTE);
        Quota quota = Quota.perMonth(Unit.CHARACTERS, 100);
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("tokens").eachOther(limit))
                .table(LimitTable.named("characters").eachOther(quota))
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
        assertThat(streamed.add(Usage.of(Unit.TOKENS, 40))).isEqualTo(Decision.admitted());
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
                        .table(LimitTable.named("calls").eachOther(RateLimit.perMinute(1)))
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
                .table(LimitTable.named("calls").eachOther(limit))
                .build();
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(other)
                .maxUnlistedEndpoints(2)
                .timeSource(time)
                .build();
        assertThat(limiter.tryAcquire(new Caller("acme", naming), "chat", Usage.of(Unit.CALLS, 3))
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
                .extracting(status -> status.limit().scope().name() + ": " + status.used())
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
        InMemoryRateLimiter refusing = full(AtCapacity.REFUSE);
        assertThat(refusing.tryAcquire("further", "chat"))
                .isEqualTo(Rejected.forGood(new CapacityReached(1), ""))
                .isEqualTo(refusing.peek("further", "chat", Usage.call()))
                .isEqualTo(refusing.reserve("further", "chat", Usage.call()).decision());
        assertThat(refusing.tryAcquire("acme", "chat").isAdmitted()).isTrue();

        InMemoryRateLimiter unmetered = full(AtCapacity.ADMIT_UNMETERED);
        for (int i = 0; i < 10; i++) {
            assertThat(unmetered.tryAcquire("further", "chat").isAdmitted()).isTrue();
            Reservation reservation = unmetered.reserve("further", "chat", Usage.call());
            assertThat(reservation.add(Usage.of(Unit.CALLS, 9)).isAdmitted()).isTrue();
            assertThat(reservation.settle(Usage.call())).isTrue();
        }
        assertThat(unmetered.status("further", "chat"))
                .extracting(LimitStatus::used)
                .containsExactly(0L);
    }

    private InMemoryRateLimiter full(AtCapacity atCapacity) {
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls").eachOther(RateLimit.perMinute(2)))
                        .build())
                .maxOrganizations(1, atCapacity)
                .timeSource(time)
                .build();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        return limiter;
    }

    @Test
    void aPeekAtCapacityFindsThePlaceThatACallWouldFind() {
        InMemoryRateLimiter limiter = full(AtCapacity.REFUSE);
        time.advance(MINUTE);
        assertThat(limiter.peek("further", "chat", Usage.call())).isEqualTo(Decision.admitted());
        assertThat(limiter.tryAcquire("further", "chat")).isEqualTo(Decision.admitted());
    }

    @Test
    void toAskForAStatusKeepsNothing() {
        InMemoryRateLimiter limiter = full(AtCapacity.REFUSE);
        assertThat(limiter.status("further", "chat"))
                .extracting(LimitStatus::remaining)
                .containsExactly(2L);
        time.advance(MINUTE);
        assertThat(limiter.tryAcquire("third", "chat").isAdmitted()).isTrue();
    }
}
