package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DeciderTest {

    private final InterruptedTime time = new InterruptedTime();
    private final InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
            .tier(Tier.named("tier")
                    .table(LimitTable.named("months").eachOther(Quota.perMonth(100)))
                    .table(LimitTable.named("hours").eachOther(RateLimit.perHour(2)))
                    .table(LimitTable.named("minutes").eachOther(RateLimit.perMinute(10)))
                    .build())
            .timeSource(time)
            .build();

    @Test
    void aCallThatLosesTheLastUnitAfterItLookedGivesBackWhatItCharged() {
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        time.advance(Duration.ofSeconds(1));
        // The month, which is looked at last, reads the wall clock: by then the hour was found to have room.
        time.beforeInstant(() ->
                assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue());
        assertThat(limiter.tryAcquire("acme", "chat"))
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected.message()).contains("hour"));
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(2L, 2L, 2L);
    }
}
