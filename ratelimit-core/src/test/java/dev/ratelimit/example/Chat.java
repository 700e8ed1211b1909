package dev.ratelimit.example;

// sample: README.md
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;

public class Chat {

    static final Tier TRIAL = Tier.named("trial")
            .limits("chat", RateLimit.perMinute(20), Quota.perMonth(1_000)) // for each organization
            .build();

    private final RateLimiter limiter =
            InMemoryRateLimiter.builder().tier(TRIAL).build();

    public String chat(String organization, String prompt) {
        if (limiter.tryAcquire(organization, "chat") instanceof Rejected no) {
            return no.message() + ", come back in " + no.retryAfter().orElseThrow();
        }
        return "You said " + prompt;
    }
}
// end of sample
