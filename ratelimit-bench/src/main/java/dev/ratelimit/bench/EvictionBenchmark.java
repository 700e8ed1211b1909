package dev.ratelimit.bench;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One admitted call for an organization out of a few while a million others are idle. Dimension: whether a second
 * thread drops the idle ones at the time, from before the first call of an iteration to after the last, or only the
 * calls themselves do, a few in a millisecond. An iteration that outlasts the cleaning ends the run with an error.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar EvictionBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@Warmup(iterations = 5, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class EvictionBenchmark extends TimedCalls {

    private static final int IDLE = 1_000_000;
    private static final int CALLING = 1_024;

    /** Whether a second thread cleans up. */
    @Param({"true", "false"})
    public boolean cleaning;

    private final List<String> idle = Callers.names(IDLE);
    private final Callers callers = Callers.of(
            "uniform", Callers.names(CALLING).stream().map("calling "::concat).toList());
    private InMemoryRateLimiter limiter;
    private Thread cleaner;

    /** Makes a limiter, lets a million organizations become idle, and begins to clean up. */
    @Setup(Level.Iteration)
    public void makeIdle() {
        ShiftedTime time = new ShiftedTime();
        InMemoryRateLimiter crowded = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls per hour")
                                .each(RateLimit.perHour(AdmitBenchmark.UNREACHED), Keyed.ENDPOINT))
                        .build())
                .timeSource(time)
                .build();
        idle.forEach(name -> Answers.admitted(crowded.tryAcquire(name, Keyed.ENDPOINT)));
        // A charge may be held a little longer than the hour.
        time.shift(TimeUnit.HOURS.toNanos(2));
        limiter = crowded;
        cleaner = new Thread(crowded::cleanUp, "cleaner");
        if (cleaning) {
            cleaner.start();
        }
    }

    /**
     * Makes sure that the cleaning outlasted the calls, and, when it is over, dropped all that were idle.
     *
     * @throws InterruptedException if the run is broken off
     */
    @TearDown(Level.Iteration)
    public void check() throws InterruptedException {
        boolean isMeasured = cleaner.isAlive() == cleaning;
        cleaner.join();
        Answers.require(isMeasured, "cleaning must outlast the iteration", cleaning);
        long left = limiter.stats().organizations();
        Answers.require(left <= CALLING || !cleaning, "idle organizations must be dropped", left);
    }

    /**
     * Asks for a call.
     *
     * @return the answer
     */
    @Benchmark
    public Object admitted() {
        return Answers.admitted(limiter.tryAcquire(callers.next(), Keyed.ENDPOINT));
    }
}
