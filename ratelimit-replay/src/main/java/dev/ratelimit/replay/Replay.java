package dev.ratelimit.replay;

import dev.ratelimit.Decision;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.util.List;

/** Decides rows that come in the order of time, each at its own time. */
final class Replay {

    private final TraceTime time = new TraceTime();
    private final RateLimiter limiter;
    private final List<DecisionListener> listeners;

    Replay(Tier tier, List<DecisionListener> listeners) {
        this.limiter = InMemoryRateLimiter.builder().tier(tier).timeSource(time).build();
        this.listeners = listeners;
    }

    void decide(Row row) {
        time.set(row.time());
        Decision decision = limiter.tryAcquire(row.organization(), row.endpoint(), row.usage());
        for (DecisionListener listener : listeners) {
            listener.decided(row, decision);
        }
    }
}
