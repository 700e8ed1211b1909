package dev.ratelimit.bench;

import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One admitted call under one limit, by names of organization and endpoint. Dimensions: the limiter, the number of
 * organizations, and how often each calls. The limit is never reached, and a refusal ends the run. Sentinel checks no
 * more than 6,000 resources in a process, so that it has no line for 100,000 organizations; to so large a limit
 * SmallRye's windows are fixed ones.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar AdmitBenchmark
 * }</pre>
 */
@State(Scope.Thread)
public class AdmitBenchmark extends ManyCallers {

    /**
     * More than one thread asks for in a minute, and not more than the peers whose limits are of type int can express.
     */
    static final int UNREACHED = 2_000_000_000;

    /** Makes the limiter and the callers, and lets each organization call once. */
    @Setup
    public void makeLimiter() {
        limit(UNREACHED, Duration.ofMinutes(1));
        names.forEach(name -> Answers.admitted(keyed.ask(name, Keyed.ENDPOINT)));
    }

    /**
     * Asks for a call.
     *
     * @return the answer
     */
    @Benchmark
    public Object admitted() {
        return Answers.admitted(askNext());
    }
}
