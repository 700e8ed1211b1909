package dev.ratelimit.core;

import dev.ratelimit.Caller;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import java.util.concurrent.atomic.LongAdder;

/** The listener that counts decisions, for {@link LimiterStats}. */
final class DecisionCounter implements RateLimitListener {

    final LongAdder admitted = new LongAdder();
    final LongAdder rejected = new LongAdder();

    @Override
    public void onAdmitted(Caller caller, String endpoint, Usage usage) {
        admitted.increment();
    }

    @Override
    public void onRejected(Caller caller, String endpoint, Usage usage, Rejected answer) {
        rejected.increment();
    }
}
