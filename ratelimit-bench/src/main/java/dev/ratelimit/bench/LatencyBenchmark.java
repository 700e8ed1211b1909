package dev.ratelimit.bench;

import java.time.Duration;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/**
 * The distribution of the time of one admitted call, two threads calling for 1,024 organizations, a few of them for
 * most calls. Dimensions: the limiter; "nothing" is how long it takes to read the clock around a call that returns at
 * once. Percentiles, not the mean, are the result: a pause of the collector or of the machine belongs to the call that
 * it meets. The limit is never reached, and a refusal ends the run.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar LatencyBenchmark
 * }</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@Threads(2)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class LatencyBenchmark extends TimedCalls {

    private static final String NOTHING = "nothing";

    /** Which limiter is asked; {@link Limiters} says what each does. */
    @Param({NOTHING, "ratelimit", "bucket4j", "resilience4j", "guava", "failsafe", "sentinel", "ratelimitj", "smallrye"
    })
    public String limiter;

    /** How many organizations call. */
    @Param("1024")
    public int organizations;

    private List<String> names;
    private Keyed keyed;

    /** Makes the limiter, and lets each organization call once. */
    @Setup
    public void makeLimiter() {
        names = Callers.names(organizations);
        keyed = limiter.equals(NOTHING)
                ? (organization, endpoint) -> true
                : Limiters.of(limiter, names, AdmitBenchmark.UNREACHED, Duration.ofMinutes(1));
        names.forEach(name -> Answers.admitted(keyed.ask(name, Keyed.ENDPOINT)));
    }

    /** The organizations that a thread calls for. */
    @State(Scope.Thread)
    public static class Traffic {

        private Callers callers;

        /**
         * Chooses them.
         *
         * @param benchmark the names
         */
        @Setup
        public void choose(LatencyBenchmark benchmark) {
            callers = Callers.of("zipf", benchmark.names);
        }
    }

    /**
     * Asks for a call.
     *
     * @param traffic the organizations
     * @return the answer
     */
    @Benchmark
    public Object admitted(Traffic traffic) {
        return Answers.admitted(keyed.ask(traffic.callers.next(), Keyed.ENDPOINT));
    }
}
