package dev.ratelimit.bench;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
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

    /** Returns a limiter with a limit of its own for each organization at {@link Keyed#ENDPOINT}. */
    static Keyed keyed(long amount, Duration window) {
        return InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls").each(RateLimit.of(Unit.CALLS, amount, window), Keyed.ENDPOINT))
                        .build())
                .build()::tryAcquire;
    }

    /** Returns a limiter of calls per minute, per day, and per month of the calendar, the last shared with a second endpoint. */
    static InMemoryRateLimiter threeLimits(long amount) {
        return InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(amount), Keyed.ENDPOINT))
                        .table(LimitTable.named("calls per day").each(RateLimit.perDay(amount), Keyed.ENDPOINT))
                        .table(LimitTable.named("calls per month")
                                .together("both", Quota.perMonth(amount), Keyed.ENDPOINT, "embed"))
                        .build())
                .build();
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
