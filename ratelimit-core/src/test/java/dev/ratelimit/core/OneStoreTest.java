package dev.ratelimit.core;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.Tier;
import dev.ratelimit.testkit.ManualQuotaStore;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** Several limiters with one store of quotas, which fails where a test says so. */
abstract class OneStoreTest {

    static final Duration SECOND = Duration.ofSeconds(1);

    final ManualTime time = new ManualTime();
    final ManualQuotaStore store = new ManualQuotaStore(time);
    final List<InMemoryRateLimiter> limiters = new ArrayList<>();
    Tier tier = tier(Quota.perMonth(100));

    static Tier tier(Quota quota) {
        return Tier.named("t")
                .table(LimitTable.named("quota").eachOtherEndpoint(quota))
                .build();
    }

    InMemoryRateLimiterBuilder builder(ManualQuotaStore machine) {
        return InMemoryRateLimiter.builder()
                .tiers(organization -> tier)
                .timeSource(time)
                .quotaScheduler(time.scheduler())
                .timeout(Duration.ofMillis(50))
                .probeEvery(Duration.ofMillis(1))
                .quotas(machine);
    }

    InMemoryRateLimiter build(InMemoryRateLimiterBuilder builder) {
        InMemoryRateLimiter limiter = builder.build();
        limiters.add(limiter);
        return limiter;
    }

    InMemoryRateLimiter machine() {
        return build(builder(store.otherMachine()));
    }

    @AfterEach
    void close() {
        limiters.forEach(InMemoryRateLimiter::close);
    }

    static boolean admits(InMemoryRateLimiter limiter) {
        return limiter.tryAcquire("acme", "chat").isAdmitted();
    }

    static int admitted(InMemoryRateLimiter limiter, int calls) {
        int admitted = 0;
        for (int i = 0; i < calls; i++) {
            admitted += admits(limiter) ? 1 : 0;
        }
        return admitted;
    }

    long taken() {
        return store.keys().stream().mapToLong(key -> store.sum(key).taken()).sum();
    }

    static long used(InMemoryRateLimiter limiter) {
        return limiter.status("acme", "chat").get(0).used();
    }
}
