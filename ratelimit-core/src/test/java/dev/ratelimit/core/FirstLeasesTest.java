package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.Tier;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualQuotaStore;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The first calls of an organization take leases while sweeps find that nothing of it is used yet. */
class FirstLeasesTest {

    private static final int AMOUNT = 400;

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("calls").allTogether(Quota.perMonth(AMOUNT)))
            .build();

    private static InMemoryRateLimiter limiter(ManualQuotaStore machine, TimeSource time) {
        return InMemoryRateLimiter.builder()
                .tier(TIER)
                .timeSource(time)
                .quotaScheduler(new ManualTime().scheduler()) // nothing is given back
                .timeout(Duration.ofSeconds(30))
                .quotas(machine)
                .build();
    }

    private static int admittedUntilRefused(InMemoryRateLimiter limiter, String organization) {
        int admitted = 0;
        while (limiter.tryAcquire(organization, "chat").isAdmitted()) {
            admitted++;
        }
        return admitted;
    }

    @Test
    void noLeaseIsLostWhereverASweepComesInBetween() {
        int readings = 0;
        for (boolean swept = true; swept; readings++) {
            InterruptedTime time = new InterruptedTime();
            AtomicInteger left = new AtomicInteger(readings);
            try (InMemoryRateLimiter limiter = limiter(new ManualQuotaStore(time), time)) {
                time.beforeNanoTime(() -> sweepAfter(left, time, limiter));
                assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
                swept = left.get() < 0;
                assertThat(admittedUntilRefused(limiter, "acme"))
                        .as("sweep before reading %d of the clock", readings)
                        .isEqualTo(AMOUNT - 1);
            }
        }
        assertThat(readings).isGreaterThan(5);
    }

    /** A call of another organization sweeps, after some readings of the clock. */
    private static void sweepAfter(AtomicInteger readings, InterruptedTime time, InMemoryRateLimiter limiter) {
        if (readings.getAndDecrement() > 0) {
            time.beforeNanoTime(() -> sweepAfter(readings, time, limiter));
        } else {
            time.advance(Duration.ofMillis(1));
            assertThat(limiter.tryAcquire("other", "chat").isAdmitted()).isTrue();
        }
    }

    @Test
    void allUnitsAreAdmittedBeforeAllThreadsOfAllMachinesAreRefused() throws Exception {
        TimeSource time = TimeSource.system();
        ManualQuotaStore store = new ManualQuotaStore(time);
        AtomicBoolean done = new AtomicBoolean();
        try (InMemoryRateLimiter one = limiter(store, time);
                InMemoryRateLimiter two = limiter(store.otherMachine(), time)) {
            CompletableFuture<Void> sweeps = CompletableFuture.runAsync(() -> {
                while (!done.get()) {
                    one.cleanUp();
                    two.cleanUp();
                }
            });
            int organizations = 500;
            int threads = 8;
            AtomicInteger turns = new AtomicInteger();
            AtomicInteger admitted = new AtomicInteger();
            Rounds.of(organizations, threads, () -> {}, () -> {
                int turn = turns.getAndIncrement();
                InMemoryRateLimiter machine = turn % 2 == 0 ? one : two;
                admitted.addAndGet(admittedUntilRefused(machine, "organization-" + turn / threads));
            });
            done.set(true);
            sweeps.get();
            assertThat(admitted).hasValue(organizations * AMOUNT);
        } finally {
            done.set(true);
        }
    }
}
