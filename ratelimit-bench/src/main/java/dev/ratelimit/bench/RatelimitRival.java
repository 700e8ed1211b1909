package dev.ratelimit.bench;

import dev.ratelimit.BoundLimiter;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** This library: one organization, one endpoint, one rate limit. */
record RatelimitRival(RateLimiter limiter) implements Rival {

    static Rival of(long amount, Duration window) {
        return new RatelimitRival(limiter(
                TimeSource.system(),
                LimitTable.named("calls").eachOtherEndpoint(RateLimit.of(Unit.CALLS, amount, window))));
    }

    /** Returns what asks a bound endpoint of one organization for a call. */
    static BooleanSupplier bound(long amount, Duration window, TimeSource time) {
        BoundLimiter endpoint = limiter(time, each(amount, window)).bind("acme", Keyed.ENDPOINT);
        return () -> endpoint.tryAcquire().isAdmitted();
    }

    /** Returns a limiter with a limit of its own for each organization at {@link Keyed#ENDPOINT}. */
    static Keyed keyed(long amount, Duration window) {
        return limiter(TimeSource.system(), each(amount, window))::tryAcquire;
    }

    /** Returns a limiter with a token bucket for each organization at {@link Keyed#ENDPOINT}. */
    static Keyed keyedBuckets(long amount, Duration per) {
        LimitTable buckets = LimitTable.named("calls").each(TokenBucket.of(Unit.CALLS, amount, per), Keyed.ENDPOINT);
        return limiter(TimeSource.system(), buckets)::tryAcquire;
    }

    private static LimitTable each(long amount, Duration window) {
        return LimitTable.named("calls").each(RateLimit.of(Unit.CALLS, amount, window), Keyed.ENDPOINT);
    }

    private static InMemoryRateLimiter limiter(TimeSource time, LimitTable... tables) {
        Tier.Builder tier = Tier.named("tier");
        for (LimitTable table : tables) {
            tier.table(table);
        }
        return InMemoryRateLimiter.builder().tier(tier.build()).timeSource(time).build();
    }

    /**
     * Returns a limiter of calls per minute, per day, and per month of the calendar, the last shared with a second
     * endpoint.
     */
    static InMemoryRateLimiter threeLimits(long amount) {
        return limiter(
                TimeSource.system(),
                LimitTable.named("calls per minute").each(RateLimit.perMinute(amount), Keyed.ENDPOINT),
                LimitTable.named("calls per day").each(RateLimit.perDay(amount), Keyed.ENDPOINT),
                LimitTable.named("calls per month").together("both", Quota.perMonth(amount), Keyed.ENDPOINT, "embed"));
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
