package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import dev.ratelimit.Caller;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds {@link LimiterStats#estimatedBytes} against the heap. */
class EstimatedBytesTest {

    private final ManualTime time = new ManualTime();

    private InMemoryRateLimiter limiterOf(LimitTable table) {
        return InMemoryRateLimiter.builder()
                .tier(Tier.named("tier").table(table).build())
                .timeSource(time)
                .build();
    }

    @ParameterizedTest
    @CsvSource({"1, 1, false", "1, 5, false", "3, 1, false", "10, 1, false", "1, 1, true", "3, 1, true"})
    void theEstimateIsNearWhatIsMeasured(int endpoints, int calls, boolean unlisted) {
        assertEstimateIsNear(RateLimit.perMinute(1_000), endpoints, calls, unlisted);
        assertEstimateIsNear(Quota.perMonth(1_000), endpoints, calls, unlisted);
    }

    private void assertEstimateIsNear(Limit limit, int endpoints, int calls, boolean unlisted) {
        String[] names = new String[endpoints];
        for (int i = 0; i < endpoints; i++) {
            names[i] = "endpoint " + i;
        }
        LimitTable table = LimitTable.named("table");
        InMemoryRateLimiter limiter = limiterOf(unlisted ? table.eachOtherEndpoint(limit) : table.each(limit, names));
        long before = used();
        for (int call = 0; call < calls; call++) {
            for (int i = 0; i < 5_000; i++) {
                for (String name : names) {
                    limiter.tryAcquire("organization-%06d".formatted(i), name);
                }
            }
            time.advance(Duration.ofSeconds(1));
        }
        long measured = used() - before;
        assertThat(limiter.stats().estimatedBytes()).isCloseTo(measured, withPercentage(25));
        assertThat(limiter.stats().organizations()).isEqualTo(5_000);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10})
    void theEstimateIsNearWhereEachOrganizationCallsEndpointsThatNoOtherDoes(int endpoints) {
        InMemoryRateLimiter limiter =
                limiterOf(LimitTable.named("table").eachOtherEndpoint(RateLimit.perMinute(1_000)));
        long before = used();
        for (int i = 0; i < 5_000; i++) {
            String organization = "organization-%06d".formatted(i);
            for (int j = 0; j < endpoints; j++) {
                limiter.tryAcquire(organization, "endpoint-%06d-%d".formatted(i, j));
            }
        }
        long measured = used() - before;
        assertThat(limiter.stats().estimatedBytes()).isCloseTo(measured, withPercentage(25));
    }

    @Test
    void theEstimateIsNearUnderSeveralTiers() {
        String[] names = new String[20];
        for (int i = 0; i < names.length; i++) {
            names[i] = "endpoint " + i;
        }
        RateLimit limit = RateLimit.perMinute(1_000);
        LimitTable table = LimitTable.named("table").each(limit, names).eachOtherEndpoint(limit);
        InMemoryRateLimiter limiter = limiterOf(table);
        List<Tier> tiers = Stream.of("a", "b", "c", "d")
                .map(name -> Tier.named(name).table(table).build())
                .toList();
        long before = used();
        for (int i = 0; i < 5_000; i++) {
            String organization = "organization-%06d".formatted(i);
            for (Tier tier : tiers) {
                limiter.tryAcquire(Caller.of(organization, tier), names[0]);
                limiter.tryAcquire(Caller.of(organization, tier), "unlisted");
            }
        }
        long measured = used() - before;
        assertThat(limiter.stats().estimatedBytes()).isCloseTo(measured, withPercentage(25));
    }

    private static long used() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
