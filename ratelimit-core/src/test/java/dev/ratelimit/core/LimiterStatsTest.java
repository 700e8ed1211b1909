package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import dev.ratelimit.Caller;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimiterStatsTest {

    private final ManualTime time = new ManualTime();

    private InMemoryRateLimiter.Builder limiterOf(LimitTable table) {
        return InMemoryRateLimiter.builder()
                .tier(Tier.named("tier").table(table).build())
                .timeSource(time);
    }

    private InMemoryRateLimiter.Builder limiterOf(Limit limit) {
        return limiterOf(LimitTable.named("table").eachOther(limit));
    }

    @Test
    void whatIsKeptIsCounted() {
        InMemoryRateLimiter limiter = limiterOf(RateLimit.perMinute(10)).build();
        assertThat(limiter.stats()).returns(0L, LimiterStats::organizations).returns(0L, LimiterStats::estimatedBytes);
        limiter.tryAcquire("acme", "chat");
        time.advance(Duration.ofSeconds(1));
        limiter.tryAcquire("acme", "chat");
        limiter.tryAcquire("acme", "embed");
        limiter.tryAcquire("globex", "chat");
        assertThat(limiter.stats())
                .returns(2L, LimiterStats::organizations)
                .returns(3L, LimiterStats::meters)
                // Two, one and one, and behind each the mark that a window begins with.
                .returns(7L, LimiterStats::marks);
        time.advance(Duration.ofMinutes(1));
        limiter.cleanUp();
        assertThat(limiter.stats())
                .returns(0L, LimiterStats::organizations)
                .returns(0L, LimiterStats::meters)
                .returns(0L, LimiterStats::marks);
    }

    @Test
    void decisionsAreCountedIfThatIsAskedFor() {
        InMemoryRateLimiter.Builder builder =
                limiterOf(RateLimit.of(Unit.CALLS, 2, Duration.ofMinutes(1))).countDecisions();
        InMemoryRateLimiter limiter = builder.build();
        limiter.tryAcquire("acme", "chat");
        Reservation reservation = limiter.reserve("acme", "chat", Usage.call());
        limiter.tryAcquire("acme", "chat");
        limiter.peek("acme", "chat", Usage.call());
        reservation.add(Usage.of(Unit.CALLS, 1));
        assertThat(limiter.stats().admitted()).hasValue(2);
        assertThat(limiter.stats().rejected()).hasValue(2);
        assertThat(builder.build().stats().admitted()).hasValue(0);
    }

    @Test
    void decisionsAreNotCountedOtherwise() {
        LimiterStats stats = limiterOf(RateLimit.perMinute(10)).build().stats();
        assertThat(stats.admitted()).isEmpty();
        assertThat(stats.rejected()).isEmpty();
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
        InMemoryRateLimiter limiter = limiterOf(unlisted ? table.eachOther(limit) : table.each(limit, names))
                .build();
        long before = used();
        for (int call = 0; call < calls; call++) {
            for (int i = 0; i < 10_000; i++) {
                for (String name : names) {
                    limiter.tryAcquire("organization-%06d".formatted(i), name);
                }
            }
            time.advance(Duration.ofSeconds(1));
        }
        long measured = used() - before;
        assertThat(limiter.stats().estimatedBytes()).isCloseTo(measured, withPercentage(25));
        assertThat(limiter.stats().organizations()).isEqualTo(10_000);
    }

    @Test
    void theEstimateCountsWhatIsKeptForEachTier() {
        String[] names = new String[20];
        for (int i = 0; i < names.length; i++) {
            names[i] = "endpoint " + i;
        }
        RateLimit limit = RateLimit.perMinute(1_000);
        LimitTable table = LimitTable.named("table").each(limit, names).eachOther(limit);
        InMemoryRateLimiter limiter = limiterOf(table).build();
        List<Tier> tiers = Stream.of("a", "b", "c", "d")
                .map(name -> Tier.named(name).table(table).build())
                .toList();
        long before = used();
        for (int i = 0; i < 10_000; i++) {
            String organization = "organization-%06d".formatted(i);
            for (Tier tier : tiers) {
                limiter.tryAcquire(new Caller(organization, tier), names[0]);
                limiter.tryAcquire(new Caller(organization, tier), "unlisted");
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
