package dev.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Precision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Calls are under way for any time up to the margin. The vendor counts them as they arrive, and refuses none. */
class OutgoingMarginProperties {

    @Property(tries = 60)
    void aWindowIsNeverExceededAtTheVendor(
            @ForAll @IntRange(min = 1, max = 8) int amount,
            @ForAll @IntRange(min = 10, max = 1_000) int window,
            @ForAll @IntRange(min = 0, max = 1_500) int margin,
            @ForAll Random random) {
        Limit documented = new RateLimit(Unit.CALLS, amount, Duration.ofMillis(window), Precision.EXACT);

        assertThatNoneIsRefused(documented, documented, margin, random);
    }

    /** Its burst is less by what flows back in the time of the margin. */
    @Property(tries = 60)
    void aBucketWithASmallerBurstIsNeverExceededAtTheVendor(
            @ForAll @IntRange(min = 1, max = 8) int amount,
            @ForAll @IntRange(min = 10, max = 1_000) int per,
            @ForAll @IntRange(min = 1, max = 20) int burst,
            @ForAll @IntRange(min = 0, max = 1_500) int margin,
            @ForAll Random random) {
        TokenBucket ours =
                TokenBucket.of(Unit.CALLS, amount, Duration.ofMillis(per)).withCapacity(burst);
        int flowsBack = (amount * margin + per - 1) / per;

        assertThatNoneIsRefused(ours, ours.withCapacity(burst + flowsBack), margin, random);
    }

    private static void assertThatNoneIsRefused(Limit ours, Limit vendors, int margin, Random random) {
        ManualTime time = new ManualTime();
        OutgoingLimiter outgoing = OutgoingLimiter.of(limiter(ours, time)).withMargin(Duration.ofMillis(margin));
        List<Long> arrivals = new ArrayList<>();
        long millis = 0;
        for (int i = 0; i < 200; i++) {
            if (outgoing.tryAcquire("us", "chat").isAdmitted()) {
                arrivals.add(millis + (random.nextBoolean() ? margin : random.nextInt(margin + 1)));
            }
            int pause = random.nextInt(random.nextBoolean() ? 2 : 300);
            time.advance(Duration.ofMillis(pause));
            millis += pause;
        }
        Collections.sort(arrivals);
        ManualTime vendorsTime = new ManualTime();
        RateLimiter vendor = limiter(vendors, vendorsTime);
        long now = 0;
        for (long arrival : arrivals) {
            vendorsTime.advance(Duration.ofMillis(arrival - now));
            now = arrival;
            assertThat(vendor.tryAcquire("us", "chat").isAdmitted())
                    .as(arrivals::toString)
                    .isTrue();
        }
        assertThat(arrivals).isNotEmpty();
    }

    private static RateLimiter limiter(Limit limit, ManualTime time) {
        Tier tier = Tier.named("vendor")
                .table(LimitTable.named("t").each(limit, "chat"))
                .build();
        return new ReferenceRateLimiter(organization -> tier, time);
    }
}
