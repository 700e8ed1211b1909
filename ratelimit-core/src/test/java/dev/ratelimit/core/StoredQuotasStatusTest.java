package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A status waits for an exchange that is under way, and tells what the store then shows. */
class StoredQuotasStatusTest extends OneStoreTest {

    @Test
    void aStatusAsksAgainAfterLeasesHaveGoneBack() {
        InMemoryRateLimiter limiter = build(builder(store).timeout(Duration.ofSeconds(30)));
        assertThat(admitted(limiter, 3)).isEqualTo(3);
        store.holds();
        time.advance(SECOND.multipliedBy(2));
        CompletableFuture<List<LimitStatus>> status =
                limiter.async().status("acme", "chat").toCompletableFuture();
        try (InMemoryRateLimiter other = machine()) {
            assertThat(admitted(other, 7)).isEqualTo(7);
        }
        assertThat(status).isNotDone();
        store.works();
        assertThat(status.join().get(0).used()).isEqualTo(10);
    }
}
