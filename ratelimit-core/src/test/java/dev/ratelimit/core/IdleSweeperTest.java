package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Organizations with more meters than a step looks at. */
class IdleSweeperTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("minutes").eachOtherEndpoint(RateLimit.perMinute(1)))
            .build();

    private static final Tier IN_FLIGHT = Tier.named("in flight")
            .table(LimitTable.named("calls").each(ConcurrencyLimit.of(1, MINUTE), "chat"))
            .build();

    private final CountedTime time = new CountedTime();
    private final OrganizationStore store = new OrganizationStore(
            new Clocks(time),
            new Listeners(List.of(), new ThrottledLog(time, "limits")),
            5_000,
            Long.MAX_VALUE,
            CapacityPolicy.REFUSE);

    private Decision call(String organization, String endpoint) {
        return store.tryAcquire(organization, TIER, endpoint, Usage.call());
    }

    private OrganizationState withMeters(int meters) {
        for (int i = 0; i < meters; i++) {
            assertThat(call("acme", "endpoint " + i).isAdmitted()).isTrue();
        }
        return store.require("acme");
    }

    /** Lets a call of nobody sweep, and returns how many steps it made. */
    private int sweep() {
        time.time.advance(Duration.ofMillis(1));
        int before = time.nanoTimes;
        store.sweeper.sweepIfDue(time.time.nanoTime());
        return time.nanoTimes - before;
    }

    @Test
    void anOrganizationOfManyMetersIsDroppedByManyCallsAFewStepsEach() {
        withMeters(2_000);
        time.time.advance(MINUTE);
        int sweeps = 0;
        while (store.find("acme") != null) {
            assertThat(sweep()).isBetween(1, 16);
            sweeps++;
        }
        assertThat(sweeps).isBetween(2_000 / (16 * 16), 4_096 / (16 * 16));
    }

    @Test
    void aCallBetweenTwoPartsOfACheckKeepsTheOrganizationWhereverItIsCharged() {
        OrganizationState acme = withMeters(2_000);
        for (int i = 0; i < 2_000; i += 97) {
            time.time.advance(MINUTE);
            sweep();
            assertThat(acme.isUnderCheck()).isTrue();
            assertThat(call("acme", "endpoint " + i).isAdmitted()).isTrue();
            assertThat(acme.isUnderCheck()).isFalse();
            for (int j = 0; j < 40; j++) {
                sweep();
            }
            assertThat(store.find("acme")).isSameAs(acme);
            assertThat(call("acme", "endpoint " + i).isAdmitted()).isFalse();
        }
    }

    @Test
    void aMeterThatIsAddedBetweenTwoPartsOfACheckKeepsTheOrganization() {
        OrganizationState acme = withMeters(1_000);
        for (int i = 0; i < 1_000; i++) {
            time.time.advance(MINUTE);
            sweep();
            assertThat(call("acme", "further " + i).isAdmitted()).isTrue();
            for (int j = 0; j < 20; j++) {
                sweep();
            }
            assertThat(store.find("acme")).isSameAs(acme);
            assertThat(call("acme", "further " + i).isAdmitted()).isFalse();
        }
    }

    @Test
    void aCleanUpLooksAtAllThoughACheckIsUnderWay() {
        withMeters(2_000);
        assertThat(call("globex", "chat").isAdmitted()).isTrue();
        time.time.advance(MINUTE);
        sweep();
        store.sweepAll();
        assertThat(store.find("acme")).isNull();
        assertThat(store.find("globex")).isNull();
    }

    @Test
    void anOrganizationThatIsForgottenWhileItIsUnderCheckIsGone() {
        OrganizationState acme = withMeters(2_000);
        time.time.advance(MINUTE);
        sweep();
        assertThat(store.forget("acme")).isTrue();
        assertThat(call("acme", "chat").isAdmitted()).isTrue();
        for (int i = 0; i < 20; i++) {
            sweep();
        }
        assertThat(store.find("acme")).isNotNull().isNotSameAs(acme);
        assertThat(call("acme", "chat").isAdmitted()).isFalse();
    }

    /**
     * The meters of the others count nothing, so that a sweep looks for one that does; each asks the wall clock, once
     * in a second.
     */
    @Test
    void aCallLooksAtAFewMetersHoweverManyOthersHave() {
        Tier tier = Tier.named("quotas")
                .table(LimitTable.named("ever").otherEndpointsTogether("all", Quota.lifetime(Unit.CALLS, 1_000_000)))
                .table(LimitTable.named("months").eachOtherEndpoint(Quota.perMonth(Unit.TOKENS, 1)))
                .build();
        for (int i = 0; i < 10; i++) {
            for (int j = 0; j < 2_000; j++) {
                store.tryAcquire("other " + i, tier, "endpoint " + j, Usage.call());
            }
        }
        for (int i = 0; i < 100; i++) {
            time.time.advance(Duration.ofSeconds(1));
            int before = time.instants;
            assertThat(call("acme", "chat").isAdmitted()).isEqualTo(i % 60 == 0);
            assertThat(time.instants - before).isLessThanOrEqualTo(16 * 16);
        }
    }

    @Test
    void anOrganizationThatCountsNothingBetweenItsCallsIsNotMadeAnewForEachOfThem() {
        Set<OrganizationState> states = Collections.newSetFromMap(new IdentityHashMap<>());
        int seconds = 10;
        for (int i = 0; i < seconds * 1_000; i++) {
            time.time.advance(Duration.ofMillis(1));
            Reservation call =
                    InMemoryReservation.reserve(store, "acme " + i % 10, IN_FLIGHT, "chat", Usage.call(), null);
            states.add(requireNonNull(store.find("acme " + i % 10)));
            assertThat(call.settle()).isTrue();
        }
        assertThat(states).hasSizeLessThanOrEqualTo(10 * (seconds + 1));
    }

    @Test
    void aRoundBeginsAtOnceWhereThereIsNoPlace() {
        OrganizationStore two = new OrganizationStore(
                new Clocks(time),
                new Listeners(List.of(), new ThrottledLog(time, "limits")),
                5_000,
                2,
                CapacityPolicy.REFUSE);
        for (int i = 0; i < 100; i++) {
            time.time.advance(Duration.ofMillis(1));
            Reservation call = InMemoryReservation.reserve(two, "name " + i, IN_FLIGHT, "chat", Usage.call(), null);
            assertThat(call.decision().isAdmitted()).isTrue();
            assertThat(call.settle()).isTrue();
        }
    }

    @Test
    void aClockThatFailsKeepsNoLaterSweepFromDroppingAnOrganization() {
        withMeters(2_000);
        time.time.advance(MINUTE);
        sweep();
        time.failing = true;
        assertThat(sweep()).isPositive();
        assertThat(store.find("acme")).isNotNull();
        time.failing = false;
        time.time.advance(Duration.ofSeconds(1));
        for (int i = 0; i < 20; i++) {
            sweep();
        }
        assertThat(store.find("acme")).isNull();
    }
}
