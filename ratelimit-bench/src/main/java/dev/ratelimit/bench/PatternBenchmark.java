package dev.ratelimit.bench;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One admitted call of an endpoint that a row names exactly, or that its pattern matches. Dimensions: which of the two,
 * and the number of endpoints, which are called by turns. The limit is never reached.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar PatternBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class PatternBenchmark extends TimedCalls {

    private static final int PRIME = 7_919;

    /** How the row names the endpoints. */
    @Param({"exactly", "by pattern"})
    public String named;

    /** The number of endpoints. */
    @Param({"1", "10000"})
    public int endpoints;

    private String[] names;
    private RateLimiter limiter;
    private int next;

    /** Makes the limiter, and calls each endpoint once. */
    @Setup
    public void makeLimiter() {
        names = IntStream.range(0, endpoints).mapToObj(i -> "chat/" + i).toArray(String[]::new);
        LimitTable table = LimitTable.named("calls");
        RateLimit limit = RateLimit.perMinute(AdmitBenchmark.UNREACHED);
        Tier tier = Tier.named("tier")
                .table(named.equals("exactly") ? table.each(limit, names) : table.each(limit, "chat/*"))
                .build();
        limiter = InMemoryRateLimiter.builder()
                .tier(tier)
                .maxUnlistedEndpoints(endpoints)
                .build();
        for (String name : names) {
            Answers.admitted(limiter.tryAcquire("acme", name));
        }
    }

    /**
     * Asks for a call.
     *
     * @return the answer
     */
    @Benchmark
    public Object admitted() {
        next = (next + PRIME) % names.length;
        return Answers.admitted(limiter.tryAcquire("acme", names[next]));
    }
}
