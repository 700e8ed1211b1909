package dev.ratelimit.bench;

import java.time.Duration;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.infra.ThreadParams;

/**
 * One admitted call while a second thread makes such calls too. Dimensions: the limiter, and whether the threads call
 * for one organization or each for its own; the time is that of one thread. The limit is never reached, and a refusal
 * ends the run.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar ContendedBenchmark
 * }</pre>
 */
@State(Scope.Benchmark)
@Threads(2)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class ContendedBenchmark extends TimedCalls {

    /** Which limiter is asked; {@link Limiters} says what each does. */
    @Param({"ratelimit", "bucket4j", "resilience4j", "guava", "failsafe", "sentinel", "ratelimitj", "smallrye"})
    public String limiter;

    /** Whether both threads call for one organization, or each for its own. */
    @Param({"one", "different"})
    public String keys;

    private final List<String> names = Callers.names(2);
    private Keyed keyed;

    /** Makes the limiter, and lets each organization call once. */
    @Setup
    public void makeLimiter() {
        keyed = Limiters.of(limiter, names, AdmitBenchmark.UNREACHED, Duration.ofMinutes(1));
        names.forEach(name -> Answers.admitted(keyed.ask(name, Keyed.ENDPOINT)));
    }

    /** The organization that a thread calls for. */
    @State(Scope.Thread)
    public static class Caller {

        private String organization;

        /**
         * Chooses it.
         *
         * @param benchmark the names
         * @param thread which thread this is
         */
        @Setup
        public void choose(ContendedBenchmark benchmark, ThreadParams thread) {
            organization = benchmark.names.get(benchmark.keys.equals("one") ? 0 : thread.getThreadIndex() % 2);
        }
    }

    /**
     * Asks for a call.
     *
     * @param caller the organization
     * @return the answer
     */
    @Benchmark
    public Object admitted(Caller caller) {
        return Answers.admitted(keyed.ask(caller.organization, Keyed.ENDPOINT));
    }
}
