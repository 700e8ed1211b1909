package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.Precision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.time.Duration;

/** Compiled limits for tests of a single meter. */
final class CompiledLimits {

    private CompiledLimits() {}

    static CompiledLimit of(Limit limit) {
        return CompiledLimit.of(
                Tier.named("tier").build(), AppliedLimit.of("table", new Scope.Endpoint("endpoint"), limit));
    }

    static CompiledLimit window(long amount, long nanos) {
        return of(RateLimit.of(Unit.CALLS, amount, Duration.ofNanos(nanos)));
    }

    static CompiledLimit exactWindow(long amount, long nanos) {
        return of(new RateLimit(Unit.CALLS, amount, Duration.ofNanos(nanos), Precision.EXACT));
    }
}
