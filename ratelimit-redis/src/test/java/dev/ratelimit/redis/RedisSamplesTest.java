package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Rejected;
import dev.ratelimit.tiers.GoingLiveEdition;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The sample of this module does what it says. */
class RedisSamplesTest {

    private static boolean tooManyRequests(String message, Optional<Duration> retryAfter) {
        assertThat(message).contains("Exceeded the limit of 10 calls per minute");
        assertThat(retryAfter).isPresent();
        return false;
    }

    private static boolean ask(String uri) {
        // sample: dev/ratelimit/redis/RedisRateLimiter.java
        RedisClient client = RedisClient.create(uri); // such as redis://limits.internal

        try (RedisRateLimiter limiter = RedisRateLimiter.builder(client)
                .tier(GoingLiveEdition.trial())
                .timeout(Duration.ofSeconds(1)) // 50 ms unless stated
                .build()) {
            if (limiter.tryAcquire("acme", "chat") instanceof Rejected no) {
                return tooManyRequests(no.message(), no.retryAfter());
            }
        }
        // end of sample
        finally {
            Clients.shutDown(client);
        }
        return true;
    }

    @Test
    void limitersOfOneServerShareACount() {
        try (RedisServer server = new RedisServer()) {
            assertThat(ask(server.uri())).isTrue();
            RedisClient client = RedisClient.create(server.uri());
            try (RedisRateLimiter another = RedisRateLimiter.builder(client)
                    .tier(GoingLiveEdition.trial())
                    .timeout(Duration.ofSeconds(10))
                    .build()) {
                for (int i = 1; i < 10; i++) {
                    assertThat(another.tryAcquire("acme", "chat").isAdmitted()).isTrue();
                }
            } finally {
                Clients.shutDown(client);
            }
            assertThat(ask(server.uri())).isFalse();
        }
    }
}
