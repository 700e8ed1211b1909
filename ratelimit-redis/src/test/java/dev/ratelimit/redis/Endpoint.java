package dev.ratelimit.redis;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;

/** What many machines call, each with a limit of its own. */
enum Endpoint {
    /** Every charge has a stamp of its own. */
    EXACT(300, 1),

    /** So large an amount that stamps are coarse. */
    COARSE(4_800, 8);

    static final Duration WINDOW = Duration.ofMillis(800);

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

    static Tier tier() {
        Tier tier = Tier.named("tier").build();
        for (Endpoint endpoint : values()) {
            RateLimit limit = RateLimit.of(Unit.CALLS, endpoint.amount, WINDOW);
            tier = tier.withTable(LimitTable.named(endpoint.name()).each(limit, endpoint.name()));
        }
        return tier;
    }
}
