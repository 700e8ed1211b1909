package dev.ratelimit.bench;

import io.smallrye.faulttolerance.api.Guard;
import io.smallrye.faulttolerance.api.RateLimitException;
import io.smallrye.faulttolerance.api.RateLimitType;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * SmallRye Fault Tolerance: a guard with a rolling rate limit, or, for a large amount, one of fixed windows. The guard
 * calls an action, and refuses by an exception. Windows are whole milliseconds, and calls that were refused count too.
 */
record SmallRyeRival(RateLimitType type, Guard guard) implements Rival {

    /** A rolling window sets aside, at once, room for the time of each call that it may admit. */
    private static final int MOST_ROLLING = 100_000;

    static Rival of(int amount, Duration window) {
        RateLimitType type = amount <= MOST_ROLLING ? RateLimitType.ROLLING : RateLimitType.FIXED;
        Guard guard = Guard.create()
                .withRateLimit()
                .limit(amount)
                .window(window.toMillis(), ChronoUnit.MILLIS)
                .type(type)
                .done()
                .build();
        return new SmallRyeRival(type, guard);
    }

    @Override
    public String name() {
        return "SmallRye, " + type.name().toLowerCase(Locale.ROOT);
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
