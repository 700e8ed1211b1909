package dev.ratelimit.bench;

import io.smallrye.faulttolerance.api.Guard;
import io.smallrye.faulttolerance.api.RateLimitException;
import io.smallrye.faulttolerance.api.RateLimitType;
import java.time.Duration;
import java.time.temporal.ChronoUnit;

/**
 * SmallRye Fault Tolerance: a guard with a rolling rate limit. The guard calls an action, and refuses by an exception. Windows are whole
 * milliseconds, and calls that were refused count too.
 */
record SmallRyeRival(Guard guard) implements Rival {

    static Rival of(int amount, Duration window) {
        return new SmallRyeRival(Guard.create()
                .withRateLimit()
                .limit(amount)
                .window(window.toMillis(), ChronoUnit.MILLIS)
                .type(RateLimitType.ROLLING)
                .done()
                .build());
    }

    @Override
    public String name() {
        return "SmallRye, rolling";
    }

    @Override
    public boolean tryAcquire() {
        try {
            return guard.get(() -> true, Boolean.class);
        } catch (RateLimitException refused) {
            return false;
        }
    }
}
