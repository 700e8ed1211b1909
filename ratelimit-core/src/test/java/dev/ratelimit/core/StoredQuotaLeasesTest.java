package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Quota;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** When leases are taken from the store and given back, and how many requests they take. */
class StoredQuotaLeasesTest extends OneStoreTest {

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
}
