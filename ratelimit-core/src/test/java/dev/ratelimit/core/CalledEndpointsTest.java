package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.testkit.ManualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CalledEndpointsTest {

    /** The most endpoints that no row names. */
    private static final int MOST = 20;

    private static final String[] NAMED =
            IntStream.range(0, 100).mapToObj(i -> "named " + i).toArray(String[]::new);

    private static final LimitTable TABLE = LimitTable.named("calls")
            .each(RateLimit.perMinute(1), NAMED)
            .each(RateLimit.perMinute(1), "chat/*")
            .together("free", RateLimit.perMinute(1_000), "free/*");

    private static final Tier TIER = Tier.named("tier").table(TABLE).build();
    private static final Tier OTHER = Tier.named("other")
            .table(TABLE)
            .table(LimitTable.named("hours").each(RateLimit.perHour(9), "embed"))
            .build();

    private final ManualTime time = new ManualTime();
    private final OrganizationStore store = new OrganizationStore(
            new Clocks(time),
            new Listeners(List.of(), new ThrottledLog(time, "limits")),
            MOST,
            Long.MAX_VALUE,
            CapacityPolicy.REFUSE);
    private final OrganizationState acme = store.require("acme");

    private boolean isAdmitted(Tier tier, String endpoint) {
        return store.tryAcquire("acme", tier, endpoint, Usage.call()).isAdmitted();
    }

    private @Nullable CalledEndpoint called(Tier tier, String endpoint) {
        return acme.called(tier, endpoint, store.tierCache);
    }

    private void assertCalled(Tier tier, String endpoint) {
        CalledEndpoint called = requireNonNull(called(tier, endpoint), endpoint);
        CompiledLimit[] limits = acme.limits(tier, endpoint);
        assertThat(called.limits).isSameAs(limits);
        assertThat(called.meter(0, limits[0])).isSameAs(acme.find(limits[0]));
        assertThat(called.state(0)).isSameAs(acme);
    }

    @Test
    void anEndpointThatAPatternMatchesIsFoundFromItsFirstCallOn() {
        assertThat(isAdmitted(TIER, "chat/a")).isTrue();
        assertCalled(TIER, "chat/a");
        assertThat(isAdmitted(TIER, "chat/a")).isFalse();
        assertThat(isAdmitted(TIER, "chat/b")).isTrue();
        assertThat(called(TIER, "chat/c")).isNull();
    }

    @Test
    void namedEndpointsAreFoundFromTheFirstAfterManyOn() {
        for (String name : NAMED) {
            assertThat(isAdmitted(TIER, name)).isTrue();
        }
        assertThat(called(TIER, NAMED[0])).isNull();
        assertCalled(TIER, NAMED[99]);
        for (String name : NAMED) {
            assertThat(isAdmitted(TIER, name)).isFalse();
        }
        List<String> found =
                Stream.of(NAMED).filter(name -> called(TIER, name) != null).toList();
        found.forEach(name -> assertCalled(TIER, name));
        assertThat(found).hasSizeGreaterThan(95);
    }

    @Test
    void endpointsWithoutMetersOfTheirOwnAreNotKept() {
        for (int i = 0; i < MOST; i++) {
            assertThat(isAdmitted(TIER, "chat/" + i)).isTrue();
        }
        assertThat(isAdmitted(TIER, "chat/further")).isTrue();
        assertThat(isAdmitted(TIER, "chat/still further")).isFalse();
        assertThat(isAdmitted(TIER, "free/a")).isTrue();
        assertThat(isAdmitted(TIER, "unlimited")).isTrue();
        for (String name : List.of("chat/further", "chat/still further", "free/a", "unlimited")) {
            assertThat(called(TIER, name)).isNull();
        }
    }

    @Test
    void anEndpointHasTheLimitsOfItsTier() {
        List<CompiledLimit[]> limits = new ArrayList<>();
        for (Tier tier : List.of(TIER, OTHER, TIER, OTHER)) {
            isAdmitted(tier, "chat/a");
            assertCalled(tier, "chat/a");
            limits.add(requireNonNull(called(tier, "chat/a")).limits);
        }
        assertThat(limits.get(1)).isNotSameAs(limits.get(0)).isSameAs(limits.get(3));
        assertThat(limits.get(2)).isSameAs(limits.get(0));
    }

    /** Returns names of one hash code. */
    private static List<String> colliding(int pairs) {
        List<String> names = List.of("chat/");
        for (int i = 0; i < pairs; i++) {
            names = names.stream()
                    .flatMap(name -> Stream.of(name + "Aa", name + "BB"))
                    .toList();
        }
        return names;
    }

    @Test
    void namesThatCollideHaveAsManyPlacesAsOthersAndTheirOwnMeters() {
        List<String> names = colliding(4);
        assertThat(names).hasSize(16);
        assertThat(names.stream().map(String::hashCode).distinct()).hasSize(1);
        for (String name : names) {
            assertThat(isAdmitted(TIER, name)).isTrue();
        }
        for (String name : names) {
            assertThat(isAdmitted(TIER, name)).isFalse();
        }
        assertThat(names.stream().filter(name -> called(TIER, name) != null)).hasSize(4);
    }

    @Test
    void anotherTierTakesThePlacesOfTheFormerOne() {
        List<CompiledTier> tiers =
                Stream.of(TIER, OTHER).map(store.tierCache::of).toList();
        Called all = new CalledEndpoints(newCalled(tiers.get(0), "chat/AaAa"));
        long before = all.estimatedBytes();
        List<String> names = new ArrayList<>(colliding(2));
        names.add("chat/a");
        for (CompiledTier tier : tiers) {
            for (String name : names) {
                assertThat(all.hasPlace(tier, name)).isTrue();
                assertThat(all.with(tier, newCalled(tier, name))).isSameAs(all);
                assertThat(requireNonNull(all.find(tier, name)).limits).isSameAs(acme.limits(tier, name));
            }
            assertThat(all.hasPlace(tier, "chat/BBAa")).isFalse();
        }
        assertThat(colliding(2)).allMatch(name -> all.find(tiers.get(0), name) == null);
        assertThat(all.estimatedBytes()).isGreaterThan(before);
    }

    @Test
    void aSingleEndpointTakesNoTable() {
        CompiledTier tier = store.tierCache.of(TIER);
        CalledEndpoint first = newCalled(tier, "chat/a");
        CalledEndpoint second = newCalled(tier, "chat/b");
        assertThat(first.with(tier, newCalled(tier, "chat/a"))).isSameAs(first);
        Called both = first.with(tier, second);
        assertThat(both.find(tier, "chat/a")).isSameAs(first);
        assertThat(both.find(tier, "chat/b")).isSameAs(second);
        assertThat(both.estimatedBytes()).isGreaterThan(first.estimatedBytes() + second.estimatedBytes());
        for (Called called : List.of(first, both)) {
            assertThat(called.find(tier, "chat/c")).isNull();
            assertThat(called.find(store.tierCache.of(OTHER), "chat/a")).isNull();
        }
    }

    private CalledEndpoint newCalled(CompiledTier tier, String name) {
        return new CalledEndpoint(acme, tier, name, acme.limits(tier, name));
    }

    @Test
    void aCallWhoseStateHasEndedIsDecidedOnANewOne() {
        for (String name : NAMED) {
            assertThat(isAdmitted(TIER, name)).isTrue();
        }
        assertCalled(TIER, NAMED[99]);
        acme.end();
        assertThat(isAdmitted(TIER, NAMED[99])).isTrue();
        assertThat(isAdmitted(TIER, NAMED[99])).isFalse();
        assertThat(store.find("acme")).isNotNull().isNotSameAs(acme);
    }

    @Test
    void aStateThatTakesThePlaceOfAnotherHasItsOwn() {
        assertThat(isAdmitted(TIER, "chat/a")).isTrue();
        OrganizationState unused = acme.unused();
        assertThat(unused.called(TIER, "chat/a", store.tierCache)).isNull();
        assertThat(store.replace(acme, unused)).isTrue();
        assertThat(isAdmitted(TIER, "chat/a")).isTrue();
        assertThat(isAdmitted(TIER, "chat/a")).isFalse();
        CompiledLimit[] limits = unused.limits(TIER, "chat/a");
        assertThat(requireNonNull(unused.called(TIER, "chat/a", store.tierCache))
                        .meter(0, limits[0]))
                .isSameAs(unused.find(limits[0]));
    }
}
