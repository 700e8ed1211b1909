package dev.ratelimit.bench;

import com.google.common.util.concurrent.RateLimiter;
import java.time.Duration;

/** Guava: permits per second; it knows no other window. */
@SuppressWarnings("UnstableApiUsage") // the class is marked so, and has been for years
record GuavaRival(RateLimiter limiter) implements Rival {

    static Rival of(long amount, Duration window) {
        return new GuavaRival(RateLimiter.create(amount * 1e9 / window.toNanos()));
    }

    @Override
    public String name() {
        return "Guava";
    }

    @Override
    public boolean tryAcquire() {
        return limiter.tryAcquire();
    }
}
