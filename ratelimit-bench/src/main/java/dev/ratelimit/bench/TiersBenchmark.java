package dev.ratelimit.bench;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One admitted call under a tier that all organizations share, or that each has of its own and that differs in the
 * amount only. Dimensions: whose the tiers are, and the number of organizations. The host keeps the tiers in a map by
 * organization, one object for each organization or one for all; or it builds an equal one at each call, which {@code
 * built} measures alone. The limit is never reached.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar TiersBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class TiersBenchmark extends TimedCalls {

    /** Whose the tiers are. */
    @Param({"shared", "own", "own, built at each call"})
    public String tiers;

    /** The number of organizations. */
    @Param({"1024", "100000"})
    public int organizations;

    private RateLimiter limiter;
    private Callers callers;
    private int number;

    private static Tier tier(int amount) {
        return Tier.named("tier")
                .table(LimitTable.named("calls").each(RateLimit.perMinute(amount), Keyed.ENDPOINT))
                .build();
    }

    /** Makes the limiter and the tiers, and lets each organization call as often as it takes to know its tier. */
    @Setup
    public void makeLimiter() {
        List<String> names = Callers.names(organizations);
        Map<String, Integer> amounts = new HashMap<>();
        Map<String, Tier> kept = new HashMap<>();
        Tier shared = tier(AdmitBenchmark.UNREACHED);
        for (String name : names) {
            int amount = AdmitBenchmark.UNREACHED - amounts.size();
            amounts.put(name, amount);
            kept.put(name, tiers.equals("shared") ? shared : tier(amount));
        }
        TierResolver resolver = tiers.contains("built")
                ? name -> tier(requireNonNull(amounts.get(name)))
                : name -> requireNonNull(kept.get(name));
        limiter = InMemoryRateLimiter.builder().tiers(resolver).build();
        callers = Callers.of("uniform", names);
        for (int call = 0; call < 3; call++) {
            names.forEach(name -> Answers.admitted(limiter.tryAcquire(name, Keyed.ENDPOINT)));
        }
    }

    /**
     * Asks for a call.
     *
     * @return the answer
     */
    @Benchmark
    public Object admitted() {
        return Answers.admitted(limiter.tryAcquire(callers.next(), Keyed.ENDPOINT));
    }

    /**
     * Builds a tier, and asks nothing.
     *
     * @return the tier
     */
    @Benchmark
    public Object built() {
        number = (number + 1) % organizations;
        return tier(AdmitBenchmark.UNREACHED - number);
    }
}
