package dev.ratelimit.example;

// sample: docs/guide/testing.md
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TestedChatTest {

    private final ManualTime time = new ManualTime();
    private final Tier tier =
            Tier.named("trial").limits("chat", RateLimit.perMinute(2)).build();
    private final RateLimiter limiter =
            InMemoryRateLimiter.builder().tier(tier).timeSource(time).build();
    private final TestedChat chat = new TestedChat(limiter);

    @Test
    void theThirdCallOfAMinuteIsRefused() {
        assertEquals("You said hello", chat.chat("acme", "hello"));
        time.advance(Duration.ofSeconds(20));
        assertEquals("You said hello", chat.chat("acme", "hello"));
        assertTrue(chat.chat("acme", "hello").startsWith("Exceeded the limit of 2 calls per minute"));

        time.advance(Duration.ofSeconds(40).minusNanos(1)); // the edge of the window: the first call still counts
        assertTrue(chat.chat("acme", "hello").startsWith("Exceeded"));
        time.advanceNanos(1); // and now it has left
        assertEquals("You said hello", chat.chat("acme", "hello"));
    }
}
// end of sample
