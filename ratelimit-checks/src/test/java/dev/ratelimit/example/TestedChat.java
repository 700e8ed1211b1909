package dev.ratelimit.example;

// sample: docs/guide/testing.md
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;

record TestedChat(RateLimiter limiter) {

    String chat(String organization, String prompt) {
        if (limiter.tryAcquire(organization, "chat") instanceof Rejected no) {
            return no.message();
        }
        return "You said " + prompt;
    }
}
// end of sample
