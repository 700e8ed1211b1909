package dev.ratelimit.core;

import dev.ratelimit.Caller;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.testkit.LimiterSettings;
import dev.ratelimit.testkit.ManualQuotaStore;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.RateLimiterContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

/** The contract, where the counts of quotas are in a store. */
class StoredQuotasTest extends RateLimiterContract {

    private final List<InMemoryRateLimiter> limiters = new ArrayList<>();

    @Override
    protected RateLimiter create(LimiterSettings settings) {
        InMemoryRateLimiterBuilder builder = settings.applyTo(InMemoryRateLimiter.builder());
        if (settings.time() instanceof ManualTime manual) {
            builder.quotaScheduler(manual.scheduler());
        }
        InMemoryRateLimiter limiter = builder.timeout(Duration.ofSeconds(30))
                .timeSource(settings.time())
                .quotas(new ManualQuotaStore(settings.time()))
                .build();
        limiters.add(limiter);
        return limiter;
    }

    @AfterEach
    void close() {
        limiters.forEach(InMemoryRateLimiter::close);
    }

    @Override
    protected boolean carryOver(RateLimiter limiter, Caller caller, Caller former) {
        ((InMemoryRateLimiter) limiter).admin().carryOver(caller, former);
        return true;
    }

    /** A counter of the store is of one period. What was used under a wrong time stays in the period of that time. */
    @Override
    protected boolean believesTheWallClock() {
        return true;
    }

    /** A call that lacks units of a quota gives back what it has charged, and asks for more. */
    @Override
    protected boolean decidesAgain() {
        return true;
    }
}
