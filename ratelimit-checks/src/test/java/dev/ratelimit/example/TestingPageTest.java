package dev.ratelimit.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ratelimit.Decision;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.WaitingLimiter;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.redis.RedisRateLimiter;
import dev.ratelimit.testkit.ManualTime;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The further tests of the page about testing; the ones on a server of Redis are in that module. */
class TestingPageTest {

    // sample: docs/guide/testing.md
    @Test
    void aMonthEnds() {
        ManualTime time = new ManualTime(Instant.parse("2026-02-28T23:59:59Z"), 0);
        Tier tier = Tier.named("trial").limits("chat", Quota.perMonth(1)).build();
        RateLimiter limiter =
                InMemoryRateLimiter.builder().tier(tier).timeSource(time).build();

        assertTrue(limiter.tryAcquire("acme", "chat").isAdmitted());
        Rejected no = assertInstanceOf(Rejected.class, limiter.tryAcquire("acme", "chat"));
        assertEquals(Duration.ofSeconds(1), no.retryAfter().orElseThrow());

        time.advance(Duration.ofSeconds(1)); // it is March
        assertTrue(limiter.tryAcquire("acme", "chat").isAdmitted());
    }
    // end of sample

    // sample: docs/guide/testing.md
    @Test
    void aCallWaitsForItsTurn() throws Exception {
        ManualTime time = new ManualTime();
        Tier tier = Tier.named("trial").limits("chat", RateLimit.perMinute(1)).build();
        RateLimiter limiter =
                InMemoryRateLimiter.builder().tier(tier).timeSource(time).build();
        WaitingLimiter waiting = limiter.waiting(Duration.ofMinutes(5));

        assertTrue(waiting.acquire("acme", "chat").isAdmitted());
        assertTrue(waiting.acquire("acme", "chat").isAdmitted()); // sleeps by the manual time, so it takes none
        assertTrue(time.nanoTime() >= Duration.ofMinutes(1).toNanos());

        CompletableFuture<Decision> later = waiting.acquireAsync("acme", "chat", Usage.call(), time.scheduler());
        assertFalse(later.isDone());
        time.advance(Duration.ofMinutes(2)); // the wait of a minute, and the spread
        assertTrue(later.join().isAdmitted());
    }
    // end of sample

    // sample: docs/guide/testing.md
    @Test
    void callsAreRefusedWhileRedisIsAway() {
        RedisClient client = RedisClient.create("redis://127.0.0.1:1"); // nothing listens there
        Tier tier = Tier.named("trial").limits("chat", RateLimit.perMinute(1)).build();
        try (RedisRateLimiter limiter =
                RedisRateLimiter.builder(client).tier(tier).failClosed().build()) {
            Rejected no = assertInstanceOf(Rejected.class, limiter.tryAcquire("acme", "chat"));
            assertInstanceOf(StoreUnavailable.class, no.cause());
        } finally {
            client.shutdown();
        }
    }
    // end of sample
}
