package dev.ratelimit.bench;

import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One admitted call under three limits: per minute, per day and per month. Dimensions: the limiter, of those that know
 * more than one limit, and the number of organizations. Resilience4j, Guava, Failsafe, Sentinel and SmallRye would need
 * three limiters, and would have taken from the first what the second refuses. No limit is reached, and a refusal ends
 * the run.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar CompositeBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class CompositeBenchmark extends TimedCalls {

    /** Which limiter is asked; {@link Limiters#ofThreeLimits} says how the three limits are put to it. */
    @Param({"ratelimit", "bucket4j", "ratelimitj"})
    public String limiter;

    /** How many organizations call, all alike. */
    @Param("1024")
    public int organizations;

    private Keyed keyed;
    private Callers callers;

    /** Makes the limiter and the callers, and lets each organization call once. */
    @Setup
    public void makeLimiter() {
        List<String> names = Callers.names(organizations);
        keyed = Limiters.ofThreeLimits(limiter, names, AdmitBenchmark.UNREACHED);
        callers = Callers.of("uniform", names);
        names.forEach(name -> Answers.admitted(keyed.ask(name, Keyed.ENDPOINT)));
    }

    /**
     * Asks for a call.
     *
     * @return the answer
     */
    @Benchmark
    public Object admitted() {
        return Answers.admitted(keyed.ask(callers.next(), Keyed.ENDPOINT));
    }
}
