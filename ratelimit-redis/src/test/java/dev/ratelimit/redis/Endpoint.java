package dev.ratelimit.redis;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;

/** What many machines call, each with a limit of its own. */
enum Endpoint {
    /** Every charge has a stamp of its own. */
    EXACT(300, 1),

    /** So large an amount that stamps are coarse. */
    COARSE(4_800, 8),

    /** A bucket that holds less than what flows back in a window. */
    BUCKET(200, 1),

    /** Windows that begin at fixed times. */
    FIXED(300, 1),

    /** Calls that end, of which few may be under way. */
    IN_FLIGHT(3, 1);

    static final Duration WINDOW = Duration.ofMillis(800);

    /** What flows back into the bucket in a window. */
    static final long FLOW = 300;

    private static final Duration LONG = Duration.ofMinutes(10);

    /** The most that may count at once. */
    final long amount;

    final long unitsOfACall;

    Endpoint(long amount, long unitsOfACall) {
        this.amount = amount;
        this.unitsOfACall = unitsOfACall;
    }

    Usage usage() {
        return Usage.of(Unit.CALLS, unitsOfACall);
    }

    /** Returns how much longer than a window a call may count. */
    Duration longestDelay() {
        return this == EXACT ? Duration.ZERO : WINDOW.dividedBy(1_024);
    }

    private Limit limit() {
        return switch (this) {
            case EXACT, COARSE -> RateLimit.of(Unit.CALLS, amount, WINDOW);
            case BUCKET -> TokenBucket.of(Unit.CALLS, FLOW, WINDOW).withCapacity(amount);
            case FIXED -> Quota.of(Unit.CALLS, amount, QuotaPeriod.every(WINDOW));
            case IN_FLIGHT -> ConcurrencyLimit.of(amount, LONG);
        };
    }

    static Tier tier() {
        Tier tier = Tier.named("tier").build();
        for (Endpoint endpoint : values()) {
            tier = tier.withTable(LimitTable.named(endpoint.name()).each(endpoint.limit(), endpoint.name()));
        }
        return tier;
    }
}
