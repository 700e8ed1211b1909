package dev.ratelimit.bench;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One admitted call of an organization at one of many endpoints, each with a limit of its own, which are called in an
 * order that looks like a random one. Dimensions: the limiter, and the number of endpoints. The tier of this library
 * names the endpoints, or has a row for all others; Bucket4j's buckets stand in a map of (organization, endpoint)
 * records. The limit is never reached.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar EndpointsBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class EndpointsBenchmark extends TimedCalls {

    private static final int PRIME = 7_919;
    private static final String ORGANIZATION = "acme";

    /** The limiter, and how its tier names the endpoints. */
    @Param({"ratelimit", "ratelimit-others", "bucket4j"})
    public String limiter;

    /** The number of endpoints. */
    @Param({"10", "1000", "80000"})
    public int endpoints;

    private String[] names;
    private Keyed keyed;
    private int next;

    /** Makes the limiter, and calls each endpoint once. */
    @Setup
    public void makeLimiter() {
        names = IntStream.range(0, endpoints).mapToObj(i -> "endpoint-" + i).toArray(String[]::new);
        keyed = limiter.equals("bucket4j") ? buckets() : limiter()::tryAcquire;
        for (String name : names) {
            Answers.admitted(keyed.ask(ORGANIZATION, name));
        }
    }

    private InMemoryRateLimiter limiter() {
        LimitTable table = LimitTable.named("calls");
        RateLimit limit = RateLimit.perMinute(AdmitBenchmark.UNREACHED);
        Tier tier = Tier.named("tier")
                .table(limiter.equals("ratelimit") ? table.each(limit, names) : table.eachOtherEndpoint(limit))
                .build();
        return InMemoryRateLimiter.builder()
                .tier(tier)
                .maxUnlistedEndpoints(endpoints)
                .build();
    }

    private Keyed buckets() {
        ConcurrentHashMap<Key, Rival> buckets = new ConcurrentHashMap<>();
        return (organization, endpoint) -> buckets.computeIfAbsent(
                        new Key(organization, endpoint),
                        unseen -> Bucket4jRival.of(AdmitBenchmark.UNREACHED, Duration.ofMinutes(1)))
                .tryAcquire();
    }

    /**
     * Asks for a call.
     *
     * @return the answer
     */
    @Benchmark
    public Object admitted() {
        next = (next + PRIME) % names.length;
        return Answers.admitted(keyed.ask(ORGANIZATION, names[next]));
    }
}
