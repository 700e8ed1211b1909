package dev.ratelimit.kernel;

import dev.ratelimit.Caller;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * The listener that counts decisions, for the {@code stats()} of a limiter, if the host asked for that. Safe for use by
 * many threads.
 */
public final class DecisionCounter implements RateLimitListener {

    private final boolean counts;
    private final LongAdder admitted = new LongAdder();
    private final LongAdder rejected = new LongAdder();

    /**
     * Makes the counter of a limiter.
     *
     * @param counts whether decisions are counted
     */
    public DecisionCounter(boolean counts) {
        this.counts = counts;
    }

    /**
     * Returns the listeners of a limiter.
     *
     * @param listeners those of the host
     * @return these, and this counter behind them if decisions are counted
     */
    public List<RateLimitListener> behind(List<RateLimitListener> listeners) {
        List<RateLimitListener> all = new ArrayList<>(listeners);
        if (counts) {
            all.add(this);
        }
        return all;
    }

    @Override
    public void onAdmitted(Caller caller, String endpoint, Usage usage) {
        admitted.increment();
    }

    @Override
    public void onRejected(Caller caller, String endpoint, Usage usage, Rejected answer) {
        rejected.increment();
    }

    /**
     * Returns how many calls and reservations were admitted.
     *
     * @return the number, empty if decisions are not counted
     */
    public OptionalLong admitted() {
        return counted(admitted);
    }

    /**
     * Returns how many rejections there were.
     *
     * @return the number, empty if decisions are not counted
     */
    public OptionalLong rejected() {
        return counted(rejected);
    }

    private OptionalLong counted(LongAdder number) {
        return counts ? OptionalLong.of(number.sum()) : OptionalLong.empty();
    }
}
