package dev.ratelimit.bench;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Questions that charge nothing, to an organization with three limits, per minute, per day and per month, of which it
 * has used a call. Dimensions: what is asked, and the number of organizations, which are asked for alike.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar StatusBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class StatusBenchmark extends TimedCalls {

    private static final int LIMITS = 3;

    /** How many organizations there are. */
    @Param({"1", "1024"})
    public int organizations;

    private final InMemoryRateLimiter limiter = RatelimitRival.threeLimits(1_000);
    private Callers callers;

    /** Lets each organization call once. */
    @Setup
    public void makeCalls() {
        List<String> names = Callers.names(organizations);
        callers = Callers.of("uniform", names);
        names.forEach(name -> Answers.admitted(limiter.tryAcquire(name, Keyed.ENDPOINT)));
    }

    /** Makes sure that no question has charged anything, and that each was about the three limits. */
    @TearDown
    public void check() {
        List<LimitStatus> status = limiter.status(callers.next(), Keyed.ENDPOINT);
        boolean isUntouched = status.stream().allMatch(each -> each.used() == 1);
        Answers.require(isUntouched && status.size() == LIMITS, "one call must be used of three limits", status);
    }

    /**
     * Asks whether a call would be admitted.
     *
     * @return the decision
     */
    @Benchmark
    public Decision peek() {
        return limiter.peek(callers.next(), Keyed.ENDPOINT, Usage.call());
    }

    /**
     * Asks what is left at an endpoint.
     *
     * @return three lines
     */
    @Benchmark
    public List<LimitStatus> ofAnEndpoint() {
        return limiter.status(callers.next(), Keyed.ENDPOINT);
    }

    /**
     * Asks what is left anywhere.
     *
     * @return a line for each limit
     */
    @Benchmark
    public List<LimitStatus> ofAnOrganization() {
        return limiter.status(callers.next());
    }
}
