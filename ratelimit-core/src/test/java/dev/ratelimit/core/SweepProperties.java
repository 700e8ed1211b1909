package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Histories of calls that sweep as they go: of organizations with more meters than a step looks at, whose windows are
 * so short that each is idle again and again. Nothing that counts is dropped, so the limiter answers as the reference
 * does.
 */
class SweepProperties {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("milliseconds")
                    .eachOtherEndpoint(RateLimit.of(Unit.CALLS, 1, Duration.ofMillis(20))))
            .table(LimitTable.named("ever").each(Quota.lifetime(Unit.CALLS, 1), "endpoint 7"))
            .build();

    @Property(tries = 50)
    void noChargeThatCountsIsDroppedThoughOrganizationsAreLookedAtInParts(@ForAll Random random) {
        ManualTime time = new ManualTime();
        InMemoryRateLimiter limiter =
                InMemoryRateLimiter.builder().tier(TIER).timeSource(time).build();
        RateLimiter reference = new ReferenceRateLimiter(organization -> TIER, time);
        int endpoints = 1 << random.nextInt(10);
        int calling = 0;
        for (int i = 0; i < 2_000; i++) {
            time.advanceNanos(random.nextInt(random.nextInt(20) == 0 ? 30_000_000 : 1_500_000));
            calling = random.nextInt(100) == 0 ? random.nextInt(4) : calling;
            String organization = "organization " + (random.nextInt(30) == 0 ? random.nextInt(4) : calling);
            String endpoint = "endpoint " + (random.nextInt(5_000) == 0 ? 7 : 8 + random.nextInt(endpoints));
            assertThat(limiter.tryAcquire(organization, endpoint))
                    .isEqualTo(reference.tryAcquire(organization, endpoint));
        }
    }
}
