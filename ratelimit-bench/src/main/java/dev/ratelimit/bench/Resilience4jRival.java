package dev.ratelimit.bench;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.time.Duration;

/** Resilience4j: the amount as the limit for a refresh period, without waiting. */
record Resilience4jRival(RateLimiter limiter) implements Rival {

    static Rival of(int amount, Duration window) {
        return new Resilience4jRival(RateLimiter.of(
                "rival",
                RateLimiterConfig.custom()
                        .limitForPeriod(amount)
                        .limitRefreshPeriod(window)
                        .timeoutDuration(Duration.ZERO)
                        .build()));
    }

    @Override
    public String name() {
        return "Resilience4j";
    }

    @Override
    public boolean tryAcquire() {
        return limiter.acquirePermission();
    }
}
