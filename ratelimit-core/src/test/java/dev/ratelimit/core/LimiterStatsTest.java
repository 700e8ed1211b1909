package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mutants")
class LimiterStatsTest {

    private final ManualTime time = new ManualTime();

    private InMemoryRateLimiterBuilder limiterOf(Limit limit) {
        LimitTable table = LimitTable.named("table").eachOtherEndpoint(limit);
        return InMemoryRateLimiter.builder()
                .tier(Tier.named("tier").table(table).build())
                .timeSource(time);
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
                // Two, one and one, and for each window the stamp that it begins with.
                .returns(7L, LimiterStats::marks)
                .satisfies(stats -> assertThat(stats.estimatedBytes()).isPositive());
        time.advance(Duration.ofMinutes(1));
        limiter.cleanUp();
        assertThat(limiter.stats())
                .returns(0L, LimiterStats::organizations)
                .returns(0L, LimiterStats::meters)
                .returns(0L, LimiterStats::marks);
    }

    @Test
    void ofTheMarksThatHaveExpiredOnlyTheLastIsCounted() {
        InMemoryRateLimiter limiter = limiterOf(RateLimit.perMinute(10)).build();
        for (int i = 0; i < 6; i++) { // the last begins a block, and so looks at what has expired
            limiter.tryAcquire("acme", "chat");
            time.advance(Duration.ofSeconds(30));
        }
        assertThat(limiter.stats().marks()).isEqualTo(3);
    }

    @Test
    void decisionsAreCountedIfThatIsAskedFor() {
        InMemoryRateLimiterBuilder builder =
                limiterOf(RateLimit.of(Unit.CALLS, 2, Duration.ofMinutes(1))).countDecisions();
        InMemoryRateLimiter limiter = builder.build();
        limiter.tryAcquire("acme", "chat");
        Reservation reservation = limiter.reserve("acme", "chat", Usage.call());
        limiter.tryAcquire("acme", "chat");
        limiter.peek("acme", "chat", Usage.call());
        reservation.use(Usage.of(Unit.CALLS, 2));
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
}
