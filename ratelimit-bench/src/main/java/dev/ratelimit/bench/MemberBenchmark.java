package dev.ratelimit.bench;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One admitted call of an organization, or of one of its members too. Dimensions: the number of parties, and of
 * members, which call by turns. The limits are never reached.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar MemberBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class MemberBenchmark extends TimedCalls {

    private static final int PRIME = 7_919;

    /** The parties of a call. */
    @Param({"1", "2"})
    public int parties;

    /** The number of members. */
    @Param({"1", "10000"})
    public int members;

    private Caller[] callers;
    private RateLimiter limiter;
    private int next;

    private static Tier.Builder tier() {
        RateLimit limit = RateLimit.perMinute(AdmitBenchmark.UNREACHED);
        return Tier.named("tier").table(LimitTable.named("calls").each(limit, Keyed.ENDPOINT));
    }

    /** Makes the limiter, and lets each member call once. */
    @Setup
    public void makeLimiter() {
        Tier tier = tier().member("user", tier().build()).build();
        limiter = InMemoryRateLimiter.builder().tier(tier).build();
        callers = new Caller[members];
        for (int i = 0; i < members; i++) {
            Caller acme = Caller.of("acme", tier);
            callers[i] = parties == 1 ? acme : acme.member("user", "user " + i);
            Answers.admitted(limiter.tryAcquire(callers[i], Keyed.ENDPOINT));
        }
    }

    /**
     * Asks for a call.
     *
     * @return the answer
     */
    @Benchmark
    public Object admitted() {
        next = (next + PRIME) % callers.length;
        return Answers.admitted(limiter.tryAcquire(callers[next], Keyed.ENDPOINT));
    }
}
