package dev.ratelimit.bench;

import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One rejected call under one limit, by names of organization and endpoint. Dimensions: the limiter, the number of
 * organizations, and how often each calls. Every organization has used up its ten calls per day beforehand, and an
 * admitted call ends the run. Sentinel checks no more than 6,000 resources in a process, so that it has no line for
 * 100,000 organizations, and so small a rate admits nothing there.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar RejectBenchmark
 * }</pre>
 */
@State(Scope.Thread)
public class RejectBenchmark extends ManyCallers {

    private static final int AMOUNT = 10;

    /** Makes the limiter and the callers, and uses up the amount of each. */
    @Setup
    public void useUp() {
        limit(AMOUNT, Duration.ofDays(1));
        for (int i = 0; i < AMOUNT; i++) {
            names.forEach(name -> keyed.ask(name, Keyed.ENDPOINT));
        }
        names.forEach(name -> Answers.rejected(keyed.ask(name, Keyed.ENDPOINT)));
    }

    /**
     * Asks for a call.
     *
     * @return the answer
     */
    @Benchmark
    public Object rejected() {
        return Answers.rejected(askNext());
    }
}
