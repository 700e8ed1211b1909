package dev.ratelimit.redis;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test on a server of Redis that the page about testing shows. */
class TestingPageTest {

    private final RedisServer server = new RedisServer();

    @AfterEach
    void stop() {
        server.close();
    }

    // sample: docs/guide/testing.md
    private RedisClient client;
    private RedisRateLimiterBuilder builder;

    @BeforeEach
    void connect() {
        client = RedisClient.create(server.uri()); // of the server that the test has started
        builder = RedisRateLimiter.builder(client)
                .tier(Tier.named("trial").limits("chat", RateLimit.perHour(2)).build())
                .keyPrefix("test-" + UUID.randomUUID() + ":") // so each test begins with nothing used
                .timeout(Duration.ofSeconds(10)); // a busy machine may need more than 50 ms
    }

    @Test
    void machinesShareALimit() {
        try (RedisRateLimiter one = builder.build();
                RedisRateLimiter another = builder.build()) {
            assertTrue(one.tryAcquire("acme", "chat").isAdmitted());
            assertTrue(another.tryAcquire("acme", "chat").isAdmitted());
            assertFalse(one.tryAcquire("acme", "chat").isAdmitted());
        }
    }

    @AfterEach
    void disconnect() {
        client.shutdown();
    }
    // end of sample
}
