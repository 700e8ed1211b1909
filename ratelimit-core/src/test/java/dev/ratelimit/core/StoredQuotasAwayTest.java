package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.Decision;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Limiters whose store of quotas is away, is slow, or loses answers. */
class StoredQuotasAwayTest extends OneStoreTest {

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
}
