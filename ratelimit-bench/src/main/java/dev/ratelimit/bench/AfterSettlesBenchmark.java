package dev.ratelimit.bench;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Precision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A decision on a window in which 100,000 calls were made, for which what they turned out not to need was given back or
 * not. None of them leaves the window while it is measured.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar AfterSettlesBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class AfterSettlesBenchmark extends TimedCalls {

    private static final int CALLS = 100_000;
    private static final long MOST = 1L << 50;
    private static final Usage ESTIMATE = Usage.of(Unit.TOKENS, 10);

    /**
     * Tokens that each of the calls before was settled for: all that it had reserved, less, or none, so that its mark
     * counts nothing.
     */
    @Param({"10", "4", "0"})
    public long settledFor;

    /** Whether there is a mark for each of them, or fewer. */
    @Param
    public Precision precision;

    private RateLimiter limiter;
    private Caller roomy;
    private Caller full;

    /** Makes the calls before, and one more that keeps what it reserved. */
    @Setup
    public void makeCalls() {
        roomy = Caller.of("acme", tier(MOST));
        limiter = InMemoryRateLimiter.builder().tier(roomy.tier()).build();
        for (int i = 0; i < CALLS; i++) {
            Reservation reservation = limiter.reserve("acme", "chat", ESTIMATE);
            reservation.settle(Usage.of(Unit.TOKENS, settledFor));
        }
        limiter.tryAcquire("acme", "chat", ESTIMATE);
        LimitStatus status = limiter.status("acme", "chat").get(0);
        full = Caller.of("acme", tier(status.used()));
    }

    private Tier tier(long amount) {
        return Tier.named("tier")
                .table(LimitTable.named("tokens per hour")
                        .each(new RateLimit(Unit.TOKENS, amount, Duration.ofHours(1), precision), "chat"))
                .build();
    }

    /**
     * Asks for a call that fits.
     *
     * @return the decision
     */
    @Benchmark
    public Decision admitted() {
        return limiter.tryAcquire(roomy, "chat", ESTIMATE);
    }

    /**
     * Asks for a call that does not fit.
     *
     * @return the decision
     */
    @Benchmark
    public Decision rejected() {
        return limiter.tryAcquire(full, "chat", ESTIMATE);
    }
}
