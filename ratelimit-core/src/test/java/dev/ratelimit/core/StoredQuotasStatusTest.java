package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.Tier;
import dev.ratelimit.testkit.ManualQuotaStore;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A status waits for an exchange that is under way, and tells what the store then shows. */
class StoredQuotasStatusTest {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("calls").eachOtherEndpoint(Quota.perMonth(100)))
            .build();

    private final ManualTime time = new ManualTime();
    private final ManualQuotaStore store = new ManualQuotaStore(time);

    private InMemoryRateLimiter machine(ManualQuotaStore machine) {
        return InMemoryRateLimiter.builder()
                .tier(TIER)
                .timeSource(time)
                .quotaScheduler(time.scheduler())
                .timeout(Duration.ofSeconds(30))
                .quotas(machine)
                .build();
    }

    private static void call(InMemoryRateLimiter machine, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(machine.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        }
    }

    @Test
    void aStatusAsksAgainAfterLeasesHaveGoneBack() {
        try (InMemoryRateLimiter limiter = machine(store)) {
            call(limiter, 3);
            store.holds();
            time.advance(Duration.ofSeconds(2));
            CompletableFuture<List<LimitStatus>> status =
                    limiter.async().status("acme", "chat").toCompletableFuture();
            try (InMemoryRateLimiter other = machine(store.otherMachine())) {
                call(other, 7);
            }
            assertThat(status).isNotDone();
            store.works();
            assertThat(status.join().get(0).used()).isEqualTo(10);
        }
    }
}
