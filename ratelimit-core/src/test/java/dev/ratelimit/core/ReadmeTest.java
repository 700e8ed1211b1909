package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the README shows does what it says. That it is what is compiled here, {@link SamplesTest} holds. */
class ReadmeTest {

    @Test
    void theFirstSampleRefusesThe21stCallOfAMinute() {
        ReadmeSamples sample = new ReadmeSamples(prompt -> List.of());
        for (int i = 0; i < 20; i++) {
            assertThat(sample.chat("acme", "hello").status()).isEqualTo(200);
        }
        assertThat(sample.chat("acme", "hello").status()).isEqualTo(429);
    }

    @Test
    void theSecondSampleStopsWhenTheQuotaRunsOutInTheMiddleAndChargesWhatWasWritten() {
        String piece = "x".repeat(200_000);
        ReadmeSamples sample = new ReadmeSamples(prompt -> List.of(piece, piece, piece, piece, piece));
        assertThat(sample.generate("acme", "hello").text()).hasSize(800_000);
        assertThat(sample.limitedAccess.status("acme", "generate"))
                .extracting(LimitStatus::used)
                .containsExactly(1L, 1L, 800_005L);
        assertThat(sample.generate("acme", "hello").status()).isEqualTo(429);
        assertThat(sample.generate("another", "hello").text()).hasSize(800_000);
    }

    @Test
    void theThirdSampleRefusesTheKeysThatItDidNotMakeAndThe21stCallOfAMinuteByTheKeysThatItDid() {
        ReadmeSamples sample = new ReadmeSamples(prompt -> List.of());
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
}
