package dev.ratelimit.bench;

import dev.failsafe.RateLimiter;
import java.time.Duration;

/**
 * Failsafe: a bursty limiter, the one that takes a number of executions per period; its smooth one spaces calls evenly.
 */
record FailsafeRival(RateLimiter<Object> limiter) implements Rival {

    static Rival of(long amount, Duration window) {
        return new FailsafeRival(RateLimiter.burstyBuilder(amount, window).build());
    }

    @Override
    public String name() {
        return "Failsafe, bursty";
    }

    @Override
    public boolean tryAcquire() {
        return limiter.tryAcquirePermit();
    }
}
