package dev.ratelimit.bench;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.time.Duration;

/** This library: one organization, one endpoint, one rate limit. */
record RatelimitRival(RateLimiter limiter) implements Rival {

    static Rival of(long amount, Duration window) {
        return new RatelimitRival(InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls").eachOther(RateLimit.of(Unit.CALLS, amount, window)))
                        .build())
                .build());
    }

    @Override
    public String name() {
        return "this library";
    }

    @Override
    public boolean tryAcquire() {
        return limiter.tryAcquire("acme", "chat").isAdmitted();
    }
}
