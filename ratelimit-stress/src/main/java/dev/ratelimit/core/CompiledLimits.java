package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.time.Duration;

/** Compiled limits for races on one meter. */
final class CompiledLimits {

    /** The length of all windows, in nanoseconds; short enough for a grain of one nanosecond. */
    static final long WINDOW = 100;

    private CompiledLimits() {}

    static CompiledLimit of(Limit limit) {
        return CompiledLimit.of(
                Tier.named("tier").build(), AppliedLimit.of("table", new Scope.Endpoint("endpoint"), limit));
    }

    static CompiledLimit perWindow(long amount) {
        return of(RateLimit.of(Unit.CALLS, amount, Duration.ofNanos(WINDOW)));
    }
}
