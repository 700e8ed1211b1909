package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.testkit.ManualTime;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mutants")
class TierCacheTest {

    private final ManualTime time = new ManualTime();
    private final OrganizationStore store = new OrganizationStore(
            new Clocks(time),
            new Listeners(List.of(), new ThrottledLog(time, "limits")),
            10,
            Long.MAX_VALUE,
            CapacityPolicy.REFUSE);
    private final TierCache tierCache = store.tierCache;

    private static Tier tier(String name) {
        return Tier.named(name)
                .table(LimitTable.named("calls").eachOtherEndpoint(RateLimit.perMinute(10)))
                .build();
    }

    @Test
    void equalTiersHaveOnePlanThoughOthersComeBetween() {
        CompiledTier compiled = tierCache.of(tier("a"));
        assertThat(tierCache.of(tier("b"))).isNotSameAs(compiled);
        assertThat(tierCache.of(tier("a"))).isSameAs(compiled);
    }

    @Test
    void aPlanThatAnOrganizationHoldsOutlastsAnyNumberOfOthers() {
        OrganizationState acme = store.require("acme");
        acme.limits(tier("a"), "chat", tierCache);
        WeakReference<CompiledTier> compiled = new WeakReference<>(tierCache.of(tier("a")));
        for (int i = 0; i < 5_000; i++) {
            tierCache.of(tier("other " + i));
        }
        System.gc();
        tierCache.elect();
        tierCache.removeCollected(Integer.MAX_VALUE);
        assertThat(tierCache.of(tier("a"))).isNotNull().isSameAs(compiled.get());
        assertThat(store.find("acme")).isSameAs(acme);
    }

    @Test
    void anOrganizationHoldsTheUsualPlanToo() {
        Tier usual = tier("usual");
        OrganizationState second = store.require("second");
        OrganizationState[] first = {store.require("first")};
        CompiledLimit[] limits = first[0].limits(usual, "chat", tierCache);
        WeakReference<CompiledTier> compiled = new WeakReference<>(tierCache.of(usual));
        assertThat(second.limits(usual, "embed", tierCache)[0].key.table()).isEqualTo(limits[0].key.table());
        assertThat(store.forget("first")).isTrue();
        first[0] = second;
        store.sweepAll();
        System.gc();
        assertThat(tierCache.of(tier("usual"))).isNotNull().isSameAs(compiled.get());
        assertThat(second.name).isEqualTo("second");
    }

    @Test
    void theUsualPlanIsThatOfMostOrganizationsAfterEachRound() {
        Tier rare = tier("rare");
        Tier common = tier("common").withTable(LimitTable.named("day").allTogether(RateLimit.perDay(10)));
        List<Tier> tiers = List.of(rare, common, common, rare, common);
        for (int i = 0; i < tiers.size(); i++) {
            assertThat(store.tryAcquire("organization " + i, tiers.get(i), "chat", Usage.call())
                            .isAdmitted())
                    .isTrue();
        }
        for (int round = 0; round < 3; round++) {
            store.sweepAll();
            assertThat(tierCache.usual(common)).isSameAs(tierCache.of(common));
            assertThat(tierCache.usual(rare)).isNull();
        }
    }

    @Test
    void noPlanIsUsualWhenNoOrganizationIsLeft() {
        Tier tier = tier("a");
        assertThat(store.tryAcquire("acme", tier, "chat", Usage.call()).isAdmitted())
                .isTrue();
        store.sweepAll();
        assertThat(tierCache.usual(tier)).isNotNull();
        time.advance(Duration.ofMinutes(2));
        store.sweepAll();
        assertThat(store.find("acme")).isNull();
        assertThat(tierCache.usual(tier)).isNull();
    }

    @Test
    void aTierGoesWithTheLastOrganizationThatHoldsItsPlan() {
        Tier[] tier = {tier("a").withTable(LimitTable.named("day").allTogether(RateLimit.perDay(10)))};
        OrganizationState acme = store.require("acme");
        assertThat(store.tryAcquire("acme", tier[0], "chat", Usage.call()).isAdmitted())
                .isTrue();
        WeakReference<Tier> gone = new WeakReference<>(tier[0]);
        tier[0] = tier("b");
        assertThat(store.tryAcquire("acme", tier[0], "chat", Usage.call()).isAdmitted())
                .isTrue();
        Garbage.assertCollected(List.of(gone), store::sweepAll);
        assertThat(store.find("acme")).isSameAs(acme);
    }
}
