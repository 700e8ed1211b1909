package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.Precision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.time.Duration;

/** Rules for tests of a meter by itself. */
final class Rules {

    private Rules() {}

    static Rule of(Limit limit) {
        return Rule.of(Tier.named("tier").build(), new AppliedLimit("table", new Scope.Endpoint("endpoint"), limit));
    }

    static Rule window(long amount, long nanos) {
        return of(RateLimit.of(Unit.CALLS, amount, Duration.ofNanos(nanos)));
    }

    static Rule exactWindow(long amount, long nanos) {
        return of(new RateLimit(Unit.CALLS, amount, Duration.ofNanos(nanos), Precision.EXACT));
    }
}
