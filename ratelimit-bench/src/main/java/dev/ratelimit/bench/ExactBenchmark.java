package dev.ratelimit.bench;

import java.time.Duration;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.runner.IterationType;

/**
 * One call under a limit of 1,000 per window, where the window is such that half of the calls are admitted: this
 * library keeps a mark for each of them, and the other half of the calls meets a full window. Dimensions: the limiter,
 * and the number of organizations, which call alike. The window is fitted before each iteration by the part that was
 * admitted in the one before; if not about half were admitted in all, the run ends with an error, unless it was too
 * short to tell.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar ExactBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class ExactBenchmark extends TimedCalls {

    private static final int AMOUNT = 1_000;
    private static final int CALLS_PER_WINDOW = 2 * AMOUNT;
    private static final int LEAST_WINDOWS = 4;

    /** Which limiter is asked; {@link Limiters} says what each does. */
    @Param({"ratelimit", "bucket4j"})
    public String limiter;

    /**
     * How many organizations call, all alike: not so few that the window is a few of the milliseconds that Bucket4j's
     * clock counts.
     */
    @Param({"64", "1024"})
    public int organizations;

    private List<String> names;
    private Callers callers;
    private Keyed keyed;
    private double window;
    private boolean isFitted;
    private long calls;
    private long admitted;
    private long measuredCalls;
    private long measuredAdmitted;

    /** Makes the callers, and begins with a window that a call of 100 nanoseconds would want. */
    @Setup
    public void makeCallers() {
        names = Callers.names(organizations);
        callers = Callers.of("uniform", names);
        window = 100.0 * CALLS_PER_WINDOW * organizations;
    }

    /** Makes a limiter with a window that fits better, and brings it to where as much expires as is admitted. */
    @Setup(Level.Iteration)
    public void fitWindow() {
        isFitted = calls > aWindow();
        if (isFitted) {
            window *= 2.0 * admitted / calls;
        }
        keyed = Limiters.of(limiter, names, AMOUNT, Duration.ofNanos(Math.round(window)));
        for (long i = 0; i < aWindow(); i++) {
            keyed.ask(callers.next(), Keyed.ENDPOINT);
        }
        calls = 0;
        admitted = 0;
    }

    private long aWindow() {
        return (long) CALLS_PER_WINDOW * organizations;
    }

    /**
     * Adds up the calls that were measured under a window that was fitted.
     *
     * @param iteration whether they were measured
     */
    @TearDown(Level.Iteration)
    public void count(IterationParams iteration) {
        if (isFitted && iteration.getType() == IterationType.MEASUREMENT) {
            measuredCalls += calls;
            measuredAdmitted += admitted;
        }
    }

    /** Makes sure that about half of the calls were admitted. */
    @TearDown
    public void check() {
        double part = (double) measuredAdmitted / measuredCalls;
        boolean isHalf = part > 0.35 && part < 0.65;
        Answers.require(
                isHalf || measuredCalls < LEAST_WINDOWS * aWindow(), "half of the calls must be admitted", part);
    }

    /**
     * Asks for a call.
     *
     * @return the answer
     */
    @Benchmark
    public Object tryAcquire() {
        Object answer = keyed.ask(callers.next(), Keyed.ENDPOINT);
        calls++;
        if (Answers.isAdmitted(answer)) {
            admitted++;
        }
        return answer;
    }
}
