package dev.ratelimit.bench;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One admitted call under one limit, without looking anything up by name: a {@link dev.ratelimit.BoundLimiter} of
 * this library beside the bare objects of others. Dimension: the limiter; RateLimitJ and Sentinel know no object for a
 * key, so they look it up. This library also stands there with a {@link dev.ratelimit.spi.CoarseTimeSource}. The limit
 * is never reached, and a refusal ends the run.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar BoundBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class BoundBenchmark extends TimedCalls {

    /** Which limiter is asked; {@link Limiters} says what each does. */
    @Param({
        "ratelimit",
        "ratelimit-coarse-time",
        "bucket4j",
        "resilience4j",
        "guava",
        "failsafe",
        "sentinel",
        "ratelimitj",
        "smallrye"
    })
    public String limiter;

    private BooleanSupplier bound;

    /** Makes the limiter. */
    @Setup
    public void makeLimiter() {
        bound = Limiters.bound(limiter, AdmitBenchmark.UNREACHED, Duration.ofMinutes(1));
    }

    /**
     * Asks for a call.
     *
     * @return the answer
     */
    @Benchmark
    public Object admitted() {
        return Answers.admitted(bound.getAsBoolean());
    }
}
