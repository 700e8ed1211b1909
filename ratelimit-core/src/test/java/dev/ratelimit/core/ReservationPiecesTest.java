package dev.ratelimit.core;

import static java.time.ZoneOffset.UTC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a reservation keeps of the pieces that are added to it in the course of a long life. */
class ReservationPiecesTest {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("minutes")
                    .eachOtherEndpoint(RateLimit.of(Unit.TOKENS, 1_000, Duration.ofMinutes(1))))
            .table(LimitTable.named("exact")
                    .eachOtherEndpoint(RateLimit.of(Unit.TOKENS, 1_000, Duration.ofMinutes(3))
                            .withPrecision(Precision.EXACT)))
            .table(LimitTable.named("days").eachOtherEndpoint(Quota.of(Unit.TOKENS, 1_000_000, QuotaPeriod.day(UTC))))
            .build();

    private final ManualTime time = new ManualTime();

    private InMemoryRateLimiter limiter() {
        return InMemoryRateLimiter.builder().tier(TIER).timeSource(time).build();
    }

    private static Usage tokens(long tokens) {
        return Usage.of(Unit.TOKENS, tokens);
    }

    @Test
    void piecesThatHaveExpiredAreNotKept() {
        InMemoryReservation reservation = (InMemoryReservation) limiter().reserve("acme", "chat", tokens(1));
        int most = 0;
        for (int second = 0; second < 100_000; second++) {
            time.advance(Duration.ofSeconds(1));
            assertThat(reservation.use(tokens(1)).isAdmitted()).isTrue();
            most = Math.max(most, reservation.pieces());
        }
        int counting = 60 + 180 + 1;
        assertThat(most).isBetween(counting, 2 * counting + 3 * 8);
    }

    @Test
    void piecesThatHaveFlowedBackIntoABucketAreNotKept() {
        TokenBucket bucket = TokenBucket.perSecond(Unit.TOKENS, 1_000).withCapacity(1_000_000);
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("tokens").everyEndpoint(bucket))
                        .build())
                .timeSource(time)
                .build();
        limiter.tryAcquire("acme", "chat", tokens(500_000)); // so that the bucket is never full
        InMemoryReservation reservation = (InMemoryReservation) limiter.reserve("acme", "chat", tokens(1));
        for (int millis = 0; millis < 10_000; millis++) {
            time.advance(Duration.ofMillis(1));
            assertThat(reservation.use(tokens(1)).isAdmitted()).isTrue();
        }
        assertThat(reservation.pieces()).isLessThan(3 * 8);
    }

    /** Whatever has expired, and was summed up: what is settled counts as it does in the reference, which keeps all. */
    @Test
    void aLongReservationIsSettledAsIfAllItsPiecesWereKept() {
        Random random = new Random(1);
        for (int i = 0; i < 300; i++) {
            RateLimiter limiter = limiter();
            RateLimiter reference = new ReferenceRateLimiter(name -> TIER, time);
            Reservation reservation = limiter.reserve("acme", "chat", tokens(5));
            Reservation expected = reference.reserve("acme", "chat", tokens(5));
            long charged = 5;
            for (int j = random.nextInt(100); j > 0; j--) {
                time.advance(Duration.ofSeconds(random.nextInt(random.nextInt(50) == 0 ? 80_000 : 20)));
                long more = random.nextInt(10);
                assertThat(reservation.use(tokens(more))).isEqualTo(expected.use(tokens(more)));
                charged += more;
            }
            time.advance(Duration.ofSeconds(random.nextInt(100)));
            if (random.nextInt(10) == 0) {
                assertThat(reservation.cancel()).isEqualTo(expected.cancel());
            } else {
                long actual = random.nextLong(charged + 10);
                assertThat(reservation.settle(tokens(actual))).isEqualTo(expected.settle(tokens(actual)));
            }
            for (int j = 0; j < 20; j++) {
                assertThat(limiter.status("acme", "chat")).isEqualTo(reference.status("acme", "chat"));
                time.advance(Duration.ofSeconds(random.nextInt(20)));
            }
        }
    }
}
