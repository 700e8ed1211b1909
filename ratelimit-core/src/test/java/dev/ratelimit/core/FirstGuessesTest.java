package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a user would write first compiles, and does what it says. */
class FirstGuessesTest {

    private final ManualTime time = new ManualTime();

    private RateLimiter limiter(LimitTable... tables) {
        Tier.Builder tier = Tier.named("tier");
        for (LimitTable table : tables) {
            tier.table(table);
        }
        return InMemoryRateLimiter.builder().tier(tier.build()).timeSource(time).build();
    }

    private static boolean tooManyRequests(String message, Optional<Duration> retryAfter) {
        assertThat(message).isNotEmpty();
        assertThat(retryAfter).isPresent();
        return false;
    }

    @Test
    void aReservationThatWaits() throws InterruptedException {
        RateLimiter limiter = limiter(
                LimitTable.named("tokens").eachOtherEndpoint(RateLimit.of(Unit.TOKENS, 100, Duration.ofSeconds(10))));
        Usage estimate = Usage.of(Unit.TOKENS, 60);
        assertThat(reserves(limiter, estimate)).isTrue();
        assertThat(time.nanoTime()).isZero();
        assertThat(reserves(limiter, estimate)).isTrue();
        assertThat(time.nanoTime()).isBetween(10_000_000_000L, 11_000_000_000L);
    }

    private static boolean reserves(RateLimiter limiter, Usage estimate) throws InterruptedException {
        // sample: dev/ratelimit/WaitingLimiter.java
        Reservation reservation = limiter.waiting(Duration.ofSeconds(30)).reserve("acme", "chat", estimate);
        if (reservation.decision() instanceof Rejected no) {
            return tooManyRequests(no.message(), no.retryAfter());
        }
        // end of sample
        return true;
    }
}
