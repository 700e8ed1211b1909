package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OrganizationStoreStressTest {

    private static final int MOST_SPINS = 2_000;

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("calls").eachOtherEndpoint(RateLimit.perHour(10)))
            .build();

    private InMemoryRateLimiter limiter = limiter();

    private static InMemoryRateLimiter limiter() {
        return InMemoryRateLimiter.builder()
                .tier(TIER)
                .maxOrganizations(1, CapacityPolicy.REFUSE)
                .build();
    }

    @Test
    void anOrganizationFindsItsPlaceAgainWhileItIsDropped() throws Exception {
        InMemoryRateLimiter one = InMemoryRateLimiter.builder()
                .tier(Tier.named("unlimited").build())
                .maxOrganizations(1, CapacityPolicy.REFUSE)
                .build();
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<?> cleanUps = threads.submit(() -> {
                while (!done.get()) {
                    one.cleanUp();
                }
            });
            Future<Integer> refused = threads.submit(() -> {
                int calls = 0;
                for (int i = 0; i < 3_000_000; i++) {
                    calls += one.tryAcquire("acme", "chat").isAdmitted() ? 0 : 1;
                }
                return calls;
            });
            assertThat(refused.get()).isZero();
            done.set(true);
            cleanUps.get();
        } finally {
            done.set(true);
            threads.shutdown();
        }
    }

    /**
     * There is one place, and only one organization that takes it: so there is always room, whoever adds it or drops it
     * meanwhile.
     */
    @Test
    void twoCallersOfAnOrganizationFindItsPlaceWhileItIsDropped() throws Exception {
        InMemoryRateLimiter one = InMemoryRateLimiter.builder()
                .tier(Tier.named("unlimited").build())
                .maxOrganizations(1, CapacityPolicy.REFUSE)
                .build();
        AtomicInteger refused = new AtomicInteger();
        AtomicInteger turns = new AtomicInteger();
        Rounds.of(20, 3, () -> turns.set(0), () -> {
            boolean cleans = turns.getAndIncrement() == 0;
            for (int i = 0; i < 20_000; i++) {
                if (cleans) {
                    one.cleanUp();
                } else if (!one.tryAcquire("acme", "chat").isAdmitted()) {
                    refused.incrementAndGet();
                }
            }
        });
        assertThat(refused.get()).isZero();
    }

    /**
     * Each round has a limiter of its own, and both threads go on from a spin, so that they come within nanoseconds.
     */
    @Test
    void twoFirstCallsOfTheLastOrganizationThatFindsAPlaceAreBothCounted() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        Rounds.of(10_000, 2, () -> limiter = limiter(), () -> {
            int call = calls.incrementAndGet();
            for (int spins = 0; calls.get() < call + call % 2 && spins < MOST_SPINS; spins++) {
                Thread.onSpinWait(); // not for ever: the other thread may need this core
            }
            if (!limiter.tryAcquire("acme", "chat").isAdmitted()) {
                refused.incrementAndGet();
            }
        });
        assertThat(refused.get()).isZero();
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(2);
    }
}
