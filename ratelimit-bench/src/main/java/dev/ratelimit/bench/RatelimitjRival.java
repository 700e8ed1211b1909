package dev.ratelimit.bench;

import es.moki.ratelimitj.core.limiter.request.RequestLimitRule;
import es.moki.ratelimitj.core.limiter.request.RequestRateLimiter;
import es.moki.ratelimitj.inmemory.request.InMemorySlidingWindowRequestRateLimiter;
import java.time.Duration;
import java.util.Set;

/** RateLimitJ: its sliding window in memory. Windows are whole seconds. */
record RatelimitjRival(RequestRateLimiter limiter) implements Rival {

    static Rival of(long amount, Duration window) {
        return new RatelimitjRival(limiter(RequestLimitRule.of(window, amount)));
    }

    /** Returns a limiter whose keys are organizations, all at one endpoint. */
    static Keyed keyed(long amount, Duration window) {
        return keyed(limiter(RequestLimitRule.of(window, amount)));
    }

    /** Returns a limiter per minute, per day and per 30 days, whose keys are organizations, all at one endpoint. */
    static Keyed keyedThreeLimits(long amount) {
        return keyed(limiter(
                RequestLimitRule.of(Duration.ofMinutes(1), amount),
                RequestLimitRule.of(Duration.ofDays(1), amount),
                RequestLimitRule.of(Duration.ofDays(30), amount)));
    }

    private static Keyed keyed(RequestRateLimiter limiter) {
        return (organization, endpoint) -> !limiter.overLimitWhenIncremented(organization);
    }

    private static RequestRateLimiter limiter(RequestLimitRule... rules) {
        return new InMemorySlidingWindowRequestRateLimiter(Set.of(rules));
    }

    @Override
    public String name() {
        return "RateLimitJ, sliding window";
    }

    @Override
    public boolean tryAcquire() {
        return !limiter.overLimitWhenIncremented("acme");
    }
}
