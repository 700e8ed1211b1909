package dev.ratelimit.bench;

import es.moki.ratelimitj.core.limiter.request.RequestLimitRule;
import es.moki.ratelimitj.core.limiter.request.RequestRateLimiter;
import es.moki.ratelimitj.inmemory.request.InMemorySlidingWindowRequestRateLimiter;
import java.time.Duration;
import java.util.Set;

/** RateLimitJ: its sliding window in memory. Windows are whole seconds. */
record RatelimitjRival(RequestRateLimiter limiter) implements Rival {

    static Rival of(long amount, Duration window) {
        return new RatelimitjRival(
                new InMemorySlidingWindowRequestRateLimiter(Set.of(RequestLimitRule.of(window, amount))));
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
