package dev.ratelimit.bench;

import dev.ratelimit.Decision;
import dev.ratelimit.RateLimiter;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/**
 * One admitted call under three limits, per minute, per day and per month, that also tells where each limit stands,
 * beside a plain one. Of each limit the call reads what a servlet filter tells a client: the units that remain, and the
 * seconds until more do and until nothing counts. Both are of one limiter and of 1,024 organizations in turn. No limit
 * is reached, and a refusal or a limit that is missing ends the run.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar ReportingBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH calls what is marked @Setup
public class ReportingBenchmark extends TimedCalls {

    private static final int ORGANIZATIONS = 1_024;
    private static final int LIMITS = 3;

    private final RateLimiter limiter = RatelimitRival.threeLimits(AdmitBenchmark.UNREACHED);
    private final RateLimiter reporting = limiter.reporting();
    private Callers callers;

    /** Makes the callers, and lets each organization call once. */
    @Setup
    public void makeCalls() {
        List<String> names = Callers.names(ORGANIZATIONS);
        callers = Callers.of("uniform", names);
        names.forEach(name -> Answers.admitted(limiter.tryAcquire(name, Keyed.ENDPOINT)));
    }

    /**
     * Asks for a call.
     *
     * @return the decision
     */
    @Benchmark
    public Object plain() {
        return Answers.admitted(limiter.tryAcquire(callers.next(), Keyed.ENDPOINT));
    }

    /**
     * Asks for a call, and reads where the organization stands.
     *
     * @param told takes the decision, which so must be made
     * @return the sum of all that was read
     */
    @Benchmark
    public long reporting(Blackhole told) {
        Decision decision = reporting.tryAcquire(callers.next(), Keyed.ENDPOINT);
        Answers.require(decision.limits().size() == LIMITS, "each limit must be told of", decision);
        told.consume(Answers.admitted(decision));
        return Answers.read(decision);
    }
}
