package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.WaitingLimiter;
import dev.ratelimit.example.Chat;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the README and the guide show does what it says. That it is what is compiled, {@link SamplesTest} holds. */
class GuideSamplesTest {

    @Test
    void theTierRefusesThe21stCallOfAMinute() {
        GuideSamples sample = new GuideSamples(prompt -> List.of());
        for (int i = 0; i < 20; i++) {
            assertThat(sample.chat("acme", "hello").status()).isEqualTo(200);
        }
        assertThat(sample.chat("acme", "hello").status()).isEqualTo(429);
    }

    @Test
    void theReservationStopsWhenTheQuotaRunsOutInTheMiddleAndChargesWhatWasWritten() {
        String piece = "x".repeat(200_000);
        GuideSamples sample = new GuideSamples(prompt -> List.of(piece, piece, piece, piece, piece));
        assertThat(sample.generate("acme", "hello").text()).hasSize(800_000);
        assertThat(sample.limitedAccess.status("acme", "generate"))
                .extracting(LimitStatus::used)
                .containsExactly(1L, 1L, 800_005L);
        assertThat(sample.generate("acme", "hello").status()).isEqualTo(429);
        assertThat(sample.generate("another", "hello").text()).hasSize(800_000);
    }

    @Test
    void aDirectoryRefusesTheKeysThatItDidNotMakeAndThe21stCallOfAMinuteByTheKeysThatItDid() {
        GuideSamples sample = new GuideSamples(prompt -> List.of());
        String key = sample.newTrialKey("acme");
        String another = sample.newTrialKey("acme");
        for (int i = 0; i < 10; i++) {
            assertThat(sample.chatByKey(key, "hello").status()).isEqualTo(200);
            assertThat(sample.chatByKey(another, "hello").status()).isEqualTo(200);
        }
        assertThat(sample.chatByKey(key, "hello").status()).isEqualTo(429);
        assertThat(sample.chatByKey(another, "hello").status()).isEqualTo(429);
        assertThat(sample.chatByKey("trial_made_up", "hello").status()).isEqualTo(401);
    }

    @Test
    void theReadmesSampleSaysWhichLimitRefusesAndWhenToComeBack() {
        Chat sample = new Chat();
        for (int i = 0; i < 20; i++) {
            assertThat(sample.chat("acme", "hello")).isEqualTo("You said hello");
        }
        assertThat(sample.chat("acme", "hello"))
                .startsWith("Exceeded the limit of 20 calls per minute for endpoint \"chat\" (calls per minute),");
    }

    @Test
    void aCallWaitsForItsTurn() throws InterruptedException {
        ManualTime time = new ManualTime();
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("calls").eachOtherEndpoint(RateLimit.perMinute(1)))
                .build();
        RateLimiter limiter =
                InMemoryRateLimiter.builder().tier(tier).timeSource(time).build();
        limiter.tryAcquire("acme", "chat");
        // sample: docs/guide/waiting.md
        WaitingLimiter patient = limiter.waiting(Duration.ofMinutes(5));
        Decision decision = patient.acquire("acme", "chat");
        // end of sample
        assertThat(decision.isAdmitted()).isTrue();
        assertThat(time.nanoTime()).isGreaterThanOrEqualTo(Duration.ofMinutes(1).toNanos());
    }
}
