package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.StoreUnavailableException;
import dev.ratelimit.testkit.ManualQuotaStore;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several limiters with one store of quotas, which fails at times. */
class StoredQuotasOnMachinesTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final ManualTime time = new ManualTime();
    private final ManualQuotaStore store = new ManualQuotaStore(time);
    private final List<InMemoryRateLimiter> limiters = new ArrayList<>();
    private Tier tier = tier(Quota.perMonth(100));

    private static Tier tier(Quota quota) {
        return Tier.named("t")
                .table(LimitTable.named("quota").eachOtherEndpoint(quota))
                .build();
    }

    private InMemoryRateLimiterBuilder builder(ManualQuotaStore machine) {
        return InMemoryRateLimiter.builder()
                .tiers(organization -> tier)
                .timeSource(time)
                .quotaScheduler(time.scheduler())
                .timeout(Duration.ofMillis(50))
                .probeEvery(Duration.ofMillis(1))
                .quotas(machine);
    }

    private InMemoryRateLimiter build(InMemoryRateLimiterBuilder builder) {
        InMemoryRateLimiter limiter = builder.build();
        limiters.add(limiter);
        return limiter;
    }

    private InMemoryRateLimiter machine() {
        return build(builder(store.otherMachine()));
    }

    @AfterEach
    void close() {
        limiters.forEach(InMemoryRateLimiter::close);
    }

    private static boolean admits(InMemoryRateLimiter limiter) {
        return limiter.tryAcquire("acme", "chat").isAdmitted();
    }

    private static int admitted(InMemoryRateLimiter limiter, int calls) {
        int admitted = 0;
        for (int i = 0; i < calls; i++) {
            admitted += admits(limiter) ? 1 : 0;
        }
        return admitted;
    }

    private long taken() {
        return store.keys().stream().mapToLong(key -> store.sum(key).taken()).sum();
    }

    private static long used(InMemoryRateLimiter limiter) {
        return limiter.status("acme", "chat").get(0).used();
    }

    @Test
    void ofAmountsOfAHundredForEachMachineAtLeastNinetyNineInAHundredIsAdmittedBeforeTheFirstRefusal() {
        for (int machines = 1; machines <= 8; machines++) {
            tier = tier(Quota.of(Unit.CALLS, 100L * machines, QuotaPeriod.every(Duration.ofDays(machines))));
            List<InMemoryRateLimiter> all = new ArrayList<>();
            for (int i = 0; i < machines; i++) {
                all.add(machine());
            }
            int admitted = 0;
            while (admits(all.get(admitted % machines))) {
                admitted++;
            }
            assertThat(admitted).as("%d machines", machines).isBetween(99 * machines, 100 * machines);
            time.advance(SECOND.multipliedBy(2));
            for (InMemoryRateLimiter limiter : all) {
                admitted += admitted(limiter, 1_000);
            }
            assertThat(admitted).isEqualTo(100 * machines);
        }
    }

    @Test
    void whateverFailsNeverMoreThanTheAmountIsAdmitted() {
        Random random = new Random(21);
        for (int round = 0; round < 100; round++) {
            tier = tier(Quota.of(Unit.CALLS, 60, QuotaPeriod.every(Duration.ofMinutes(10))));
            time.advance(Duration.ofMinutes(10));
            List<ManualQuotaStore> stores = new ArrayList<>();
            List<InMemoryRateLimiter> machines = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                stores.add(store.otherMachine());
                machines.add(build(builder(stores.get(i))));
            }
            int admitted = 0;
            List<Reservation> open = new ArrayList<>();
            for (int step = 0; step < 150; step++) {
                int i = random.nextInt(3);
                InMemoryRateLimiter machine = machines.get(i);
                switch (random.nextInt(12)) {
                    case 0 -> stores.get(i).away();
                    case 1 -> stores.get(i).losesAnswers();
                    case 2 -> stores.get(i).repeats();
                    case 3, 4 -> stores.get(i).works();
                    case 5 -> time.advance(Duration.ofMillis(random.nextInt(1_500)));
                    case 6 -> {
                        if (random.nextInt(8) == 0) { // it crashes
                            stores.get(i).away();
                            stores.set(i, store.otherMachine());
                            machines.set(i, build(builder(stores.get(i))));
                        }
                    }
                    case 7 -> {
                        if (!open.isEmpty()
                                && open.remove(random.nextInt(open.size())).cancel()) {
                            admitted--;
                        }
                    }
                    default -> {
                        Reservation reservation = machine.reserve("acme", "chat", Usage.call());
                        if (reservation.decision().isAdmitted()) {
                            admitted++;
                            open.add(reservation);
                        }
                    }
                }
                assertThat(admitted).as("round %d, step %d", round, step).isLessThanOrEqualTo(60);
            }
            stores.forEach(ManualQuotaStore::works);
            limiters.forEach(InMemoryRateLimiter::close);
            limiters.clear();
        }
    }

    @Test
    void aLeaseWhoseAnswerIsLostIsFoundAgain() {
        InMemoryRateLimiter limiter = build(builder(store));
        store.losesAnswers();
        assertThat(admits(limiter)).isFalse();
        assertThat(store.leases()).isEqualTo(1);
        store.works();
        time.advance(SECOND);
        assertThat(admitted(limiter, 200)).isEqualTo(100);
        assertThat(taken()).isEqualTo(100);
    }

    @Test
    void whatAMachineHeldWhenItCrashedStaysCharged() {
        InMemoryRateLimiter crashed = machine();
        assertThat(admits(crashed)).isTrue();
        long held = taken();
        InMemoryRateLimiter other = machine();
        assertThat(admitted(other, 200)).isEqualTo(100 - held);
    }

    @Test
    void idleLeasesAreBackWithinTwoSecondsAndOthersAtTheClose() {
        InMemoryRateLimiter limiter = machine();
        assertThat(admitted(limiter, 3)).isEqualTo(3);
        assertThat(taken()).isGreaterThan(3);
        time.advance(SECOND.multipliedBy(2));
        assertThat(taken()).isEqualTo(3);
        assertThat(store.leases()).isZero();
        assertThat(admits(limiter)).isTrue();
        limiter.close();
        assertThat(taken()).isEqualTo(4);
        assertThat(store.leases()).isZero();
    }

    @Test
    void idleLeasesOfManyOrganizationsAreBackInAFewRequests() {
        int organizations = 300;
        InMemoryRateLimiter limiter = build(builder(store));
        for (int i = 0; i < organizations; i++) {
            assertThat(limiter.tryAcquire("organization " + i, "chat").isAdmitted())
                    .isTrue();
        }
        assertThat(store.leases()).isEqualTo(organizations);
        long before = store.requests();
        time.advance(SECOND);
        time.advance(SECOND);
        assertThat(store.leases()).isZero();
        assertThat(taken()).isEqualTo(organizations);
        assertThat(store.requests() - before).as("reports and ends").isLessThanOrEqualTo(6);
    }

    @Test
    void whoCallsMoreOftenThanEveryOneAndAHalfSecondsKeepsTheLease() {
        InMemoryRateLimiter limiter = machine();
        for (int i = 0; i < 8; i++) {
            assertThat(admits(limiter)).isTrue();
            assertThat(taken()).as("call " + i).isEqualTo(25);
            time.advance(Duration.ofMillis(1_400));
        }
    }

    /** Calls that wait for a lease would stand behind them. */
    @Test
    void atMostSixtyFourLeasesAreTakenAheadAtATime() {
        InMemoryRateLimiter limiter = build(builder(store));
        int organizations = 100;
        callEach(limiter, organizations, 1);
        long before = store.requests();
        store.holds();
        callEach(limiter, organizations, 20);
        assertThat(store.requests() - before).isEqualTo(64);
        store.works();
        callEach(limiter, organizations, 1);
        assertThat(store.requests() - before).isEqualTo(organizations);
    }

    private static void callEach(InMemoryRateLimiter limiter, int organizations, int calls) {
        for (int i = 0; i < organizations * calls; i++) {
            assertThat(limiter.tryAcquire("organization " + i % organizations, "chat")
                            .isAdmitted())
                    .isTrue();
        }
    }

    @Test
    void aSpentQuotaAsksTheStoreOnceASecond() {
        InMemoryRateLimiter limiter = build(builder(store));
        assertThat(admitted(limiter, 200)).isEqualTo(100);
        long before = store.requests();
        assertThat(admitted(limiter, 1_000)).isZero();
        assertThat(store.requests()).isEqualTo(before);
    }

    @Test
    void leasesSpareRequests() {
        tier = tier(Quota.perMonth(1_000_000));
        InMemoryRateLimiter limiter = build(builder(store));
        assertThat(admitted(limiter, 10_000)).isEqualTo(10_000);
        assertThat(store.requests()).isLessThan(5);
    }

    @Test
    void whileTheStoreIsAwayWhatIsLeasedIsServedAndAllElseIsRejectedOrAdmitted() {
        ManualQuotaStore closedStore = store.otherMachine();
        InMemoryRateLimiter closed = build(builder(closedStore));
        assertThat(admits(closed)).isTrue();
        long leased = closed.quotaStats().unusedUnits();
        closedStore.away();
        assertThat(admitted(closed, 90)).isEqualTo((int) leased);
        Decision rejected = closed.tryAcquire("acme", "chat");
        assertThat(rejected).isInstanceOf(Rejected.class);
        assertThat(((Rejected) rejected).cause()).isInstanceOf(StoreUnavailable.class);
        assertThatThrownBy(() -> closed.status("acme", "chat")).isInstanceOf(StoreUnavailableException.class);

        ManualQuotaStore openStore = store.otherMachine();
        InMemoryRateLimiter open = build(builder(openStore).failOpen());
        openStore.away();
        assertThat(admitted(open, 500)).isEqualTo(500);
        assertThat(open.quotaStats().untoldUnits()).isEqualTo(500);
        openStore.works();
        time.advance(SECOND.multipliedBy(3));
        assertThat(open.quotaStats().untoldUnits()).isZero();
        assertThat(taken()).isGreaterThanOrEqualTo(501);
    }

    /** Also what comes after a listener that throws. */
    @Test
    void listenersHearWhenTheStoreGoesAwayAndWhenItIsBack() throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        InMemoryRateLimiter limiter = build(builder(store)
                .storeListener(listener(heard, "one"))
                .storeListener(new StoreListener() {
                    @Override
                    public void unavailable(Throwable cause) {
                        throw new IllegalArgumentException(cause);
                    }

                    @Override
                    public void available() {
                        throw new IllegalArgumentException("for a test");
                    }
                })
                .storeListener(listener(heard, "two")));
        for (int outage = 0; outage < 3; outage++) {
            store.away();
            for (int i = 0; i < 3; i++) {
                assertThat(heard).as("silence that may be a stall").isEmpty();
                assertThat(limiter.tryAcquire("other" + outage, "chat").isAdmitted())
                        .isFalse();
            }
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("one: away, for a test");
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("two: away, for a test");
            store.works();
            time.advance(SECOND);
            assertThat(limiter.tryAcquire("other" + outage, "chat").isAdmitted())
                    .isTrue();
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("one: back");
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo("two: back");
        }
    }

    private static StoreListener listener(BlockingQueue<String> heard, String name) {
        return new StoreListener() {
            @Override
            public void unavailable(Throwable cause) {
                heard.add(name + ": " + String.valueOf(cause.getMessage()).replace("the store is ", ""));
            }

            @Override
            public void available() {
                heard.add(name + ": back");
            }
        };
    }

    @Test
    void limitsInMemoryRefuseWithoutTheStoreAndHoldAlsoWhileItIsAway() {
        tier = Tier.named("t")
                .table(LimitTable.named("quota").eachOtherEndpoint(Quota.perMonth(100)))
                .table(LimitTable.named("rate").eachOtherEndpoint(RateLimit.perMinute(5)))
                .build();
        InMemoryRateLimiter limiter = build(builder(store).failOpen());
        assertThat(admitted(limiter, 10)).isEqualTo(5);
        long before = store.requests();
        assertThat(admitted(limiter, 100)).isZero();
        assertThat(store.requests()).isEqualTo(before);
        store.away();
        time.advance(Duration.ofMinutes(1));
        assertThat(admitted(limiter, 100)).isEqualTo(5);
    }

    @Test
    void aCallUnderTwoQuotasIsChargedToBothOrNone() {
        tier = Tier.named("t")
                .table(LimitTable.named("calls").eachOtherEndpoint(Quota.perMonth(10)))
                .table(LimitTable.named("tokens").eachOtherEndpoint(Quota.perMonth(Unit.TOKENS, 35)))
                .build();
        InMemoryRateLimiter limiter = machine();
        Usage usage = Usage.of(Unit.TOKENS, 10);
        int admitted = 0;
        for (int i = 0; i < 20; i++) {
            admitted += limiter.tryAcquire("acme", "chat", usage).isAdmitted() ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(3);
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(3L, 30L);
        limiter.close();
        assertThat(taken()).isEqualTo(33);
    }

    @Test
    void asynchronousCallsBlockNoThreadWhileTheStoreIsSlow() {
        InMemoryRateLimiter limiter = build(builder(store).timeout(Duration.ofMinutes(1)));
        store.holds();
        List<CompletableFuture<Decision>> calls = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            calls.add(limiter.async().tryAcquire("acme", "chat").toCompletableFuture());
        }
        assertThat(calls).noneMatch(CompletableFuture::isDone);
        assertThat(store.requests()).isEqualTo(1);
        store.works();
        assertThat(calls).allMatch(call -> call.join().isAdmitted());
        assertThat(used(limiter)).isEqualTo(60);
    }

    @Test
    void aSynchronousCallWaitsNoLongerThanTheTimeout() {
        InMemoryRateLimiter limiter = build(builder(store));
        store.holds();
        Decision decision = limiter.tryAcquire("acme", "chat");
        assertThat(((Rejected) decision).cause()).isInstanceOf(StoreUnavailable.class);
        store.works();
        time.advance(SECOND);
        assertThat(admits(limiter)).isTrue();
        limiter.close();
        assertThat(taken()).isEqualTo(1);
    }

    @Test
    void whatIsUsedBeyondALeaseIsChargedLaterAndGivenBackToThePeriodOfTheCall() {
        tier = tier(Quota.of(Unit.TOKENS, 100, QuotaPeriod.day(ZoneOffset.UTC)));
        InMemoryRateLimiter limiter = machine();
        Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 10));
        Reservation other = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 50));
        assertThat(reservation.settle(Usage.of(Unit.TOKENS, 90))).isTrue();
        assertThat(used(limiter)).isEqualTo(140);
        time.advance(SECOND.multipliedBy(3));
        assertThat(taken()).isEqualTo(140);
        time.advance(Duration.ofDays(1));
        assertThat(used(limiter)).isZero();
        assertThat(other.settle(Usage.of(Unit.TOKENS, 20))).isTrue();
        time.advance(SECOND.multipliedBy(3));
        assertThat(taken()).isEqualTo(110);
    }

    @Test
    void untilReachedEachMachineMayOverrunByOneCall() {
        tier = tier(Quota.perMonth(Unit.TOKENS, 40).withOverrun(Overrun.UNTIL_REACHED));
        InMemoryRateLimiter one = machine();
        InMemoryRateLimiter two = machine();
        Usage usage = Usage.of(Unit.TOKENS, 30);
        int admitted = 0;
        for (int i = 0; i < 10; i++) {
            admitted += one.tryAcquire("acme", "chat", usage).isAdmitted() ? 1 : 0;
            admitted += two.tryAcquire("acme", "chat", usage).isAdmitted() ? 1 : 0;
        }
        assertThat(admitted).isBetween(2, 3);
        assertThat(one.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 1)).isAdmitted())
                .isFalse();
    }

    @Test
    void aGrantIsSeenByOtherMachinesASecondLater() {
        InMemoryRateLimiter one = machine();
        InMemoryRateLimiter two = machine();
        assertThat(admitted(one, 200) + admitted(two, 200)).isEqualTo(100);
        AppliedLimit quota = one.status("acme", "chat").get(0).applied();
        assertThat(one.admin().grant("acme", quota, 10).granted()).isEqualTo(10);
        time.advance(SECOND);
        assertThat(admitted(two, 50)).isEqualTo(10);
    }

    @Test
    void aResetLeavesWhatOthersHold() {
        InMemoryRateLimiter one = machine();
        InMemoryRateLimiter two = machine();
        assertThat(admitted(one, 5) + admitted(two, 5)).isEqualTo(10);
        time.advance(SECOND); // what is used is told
        long held = two.quotaStats().unusedUnits();
        one.admin().reset("acme");
        assertThat(taken()).isEqualTo(held);
        assertThat(admitted(one, 200)).isEqualTo((int) (100 - held));
        assertThat(admitted(two, (int) held)).isEqualTo((int) held);
        one.admin().forget("acme");
        assertThat(used(one)).isZero();
    }

    @Test
    void softQuotasAndShadowsNeverWait() {
        tier = Tier.named("t")
                .table(LimitTable.named("soft")
                        .eachOtherEndpoint(Quota.perMonth(3).withOverrun(Overrun.NEVER_REFUSES)))
                .table(LimitTable.named("shadow")
                        .eachOtherEndpoint(Quota.perMonth(3))
                        .asShadow())
                .build();
        InMemoryRateLimiter limiter = build(builder(store));
        store.holds();
        assertThat(admitted(limiter, 10)).isEqualTo(10);
        store.works();
        time.advance(SECOND.multipliedBy(3));
        assertThat(used(limiter)).isEqualTo(10);
    }

    @Test
    void membersHaveCountersOfTheirOwn() {
        tier = Tier.named("t")
                .table(LimitTable.named("quota").eachOtherEndpoint(Quota.perMonth(100)))
                .member("user", tier(Quota.perMonth(3)))
                .build();
        InMemoryRateLimiter limiter = machine();
        Caller user = limiter.caller("acme").member("user", "u7");
        int admitted = 0;
        for (int i = 0; i < 10; i++) {
            admitted += limiter.tryAcquire(user, "chat").isAdmitted() ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(3);
        assertThat(store.keys()).extracting(key -> key.member().isPresent()).containsExactlyInAnyOrder(true, false);
        limiter.close();
        assertThat(taken()).isEqualTo(6);
    }
}
