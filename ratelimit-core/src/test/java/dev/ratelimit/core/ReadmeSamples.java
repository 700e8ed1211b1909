package dev.ratelimit.core;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import java.time.Duration;
import java.util.Optional;

/** The code that the README shows, compiled. */
final class ReadmeSamples {

    // begin: first sample
    static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls per minute")
                    .each(RateLimit.perMinute(5), "embed")
                    .each(RateLimit.perMinute(20), "chat"))
            .table(LimitTable.named("calls per month")
                    .unlimited("embed", "chat")
                    .othersTogether("all other endpoints", Quota.perMonth(1_000)))
            .build();

    final RateLimiter limiter = InMemoryRateLimiter.builder().tier(TRIAL).build();

    Response chat(String organization, String prompt) {
        if (limiter.tryAcquire(organization, "chat") instanceof Rejected no) {
            return tooManyRequests(no.message(), no.retryAfter());
        }
        return answer(prompt);
    }
    // end: first sample

    /** What a web framework brings. */
    record Response(int status, String text) {}

    private static Response tooManyRequests(String message, Optional<Duration> retryAfter) {
        return new Response(429, message + retryAfter);
    }

    private static Response answer(String prompt) {
        return new Response(200, prompt);
    }
}
