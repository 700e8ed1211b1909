package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope.Endpoint;
import dev.ratelimit.Tier;
import dev.ratelimit.bench.TimedCalls;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * One admitted charge to a window alone, the clock read included: no names, no organization, no tier. It stands in
 * the package of the window, which nobody else can reach. No dimensions. The limit is never reached, and a refusal ends
 * the run.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar 'WindowBenchmark|FloorBenchmark.both$'
 * }</pre>
 */
@State(Scope.Thread)
public class WindowBenchmark extends TimedCalls {

    private final CompiledLimit limit = CompiledLimit.of(
            Tier.named("tier").build(),
            AppliedLimit.of("calls", new Endpoint("chat"), RateLimit.perMinute(2_000_000_000)));

    private final SlidingWindow window = new SlidingWindow(limit.windowNanos, System.nanoTime());

    /**
     * Charges a call.
     *
     * @return the receipt
     */
    @Benchmark
    public long admitted() {
        long receipt = window.charge(limit, 1, System.nanoTime());
        if (receipt < 0) {
            throw new IllegalStateException("every charge must be admitted: wait=" + ~receipt);
        }
        return receipt;
    }
}
