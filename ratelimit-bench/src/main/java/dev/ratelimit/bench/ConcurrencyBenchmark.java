package dev.ratelimit.bench;

import static java.util.Objects.requireNonNull;

import dev.failsafe.Bulkhead;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * One call that begins and ends under a limit of ten calls in flight, by names of organization and endpoint, out of
 * 1,024 organizations in turn. Dimension: the limiter. A {@code Semaphore} of the JDK and Failsafe's bulkhead stand in
 * a {@link ConcurrentHashMap} of (organization, endpoint) records; they know no longest time, after which a call that
 * never ended counts no more. A refusal ends the run.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar ConcurrencyBenchmark
 * }</pre>
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
public class ConcurrencyBenchmark extends TimedCalls {

    private static final int ORGANIZATIONS = 1_024;
    private static final int AMOUNT = 10;

    /** Which limiter is asked. */
    @Param({"ratelimit", "semaphore", "failsafe"})
    public String limiter;

    private Keyed beginAndEnd;
    private Callers callers;

    /** Makes the limiter and the callers, and lets each organization call once. */
    @Setup
    public void makeLimiter() {
        List<String> names = Callers.names(ORGANIZATIONS);
        beginAndEnd = switch (limiter) {
            case "ratelimit" -> ratelimit();
            case "semaphore" -> semaphores(mapped(names, () -> new Semaphore(AMOUNT)));
            case "failsafe" -> bulkheads(mapped(names, () -> Bulkhead.of(AMOUNT)));
            default -> throw new IllegalArgumentException("limiter must be a known name: limiter=" + limiter);
        };
        callers = Callers.of("uniform", names);
        names.forEach(name -> Answers.admitted(beginAndEnd.ask(name, Keyed.ENDPOINT)));
    }

    private static Keyed ratelimit() {
        LimitTable calls =
                LimitTable.named("calls").each(ConcurrencyLimit.of(AMOUNT, Duration.ofMinutes(10)), Keyed.ENDPOINT);
        RateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier").table(calls).build())
                .build();
        return (organization, endpoint) -> {
            Reservation call = limiter.reserve(organization, endpoint, Usage.call());
            return call.decision().isAdmitted() && call.settle();
        };
    }

    private static Keyed semaphores(Map<Key, Semaphore> map) {
        return (organization, endpoint) -> {
            Semaphore semaphore = requireNonNull(map.get(new Key(organization, endpoint)));
            boolean isAdmitted = semaphore.tryAcquire();
            if (isAdmitted) {
                semaphore.release();
            }
            return isAdmitted;
        };
    }

    private static Keyed bulkheads(Map<Key, Bulkhead<Object>> map) {
        return (organization, endpoint) -> {
            Bulkhead<Object> bulkhead = requireNonNull(map.get(new Key(organization, endpoint)));
            boolean isAdmitted = bulkhead.tryAcquirePermit();
            if (isAdmitted) {
                bulkhead.releasePermit();
            }
            return isAdmitted;
        };
    }

    private static <T> Map<Key, T> mapped(List<String> names, Supplier<T> make) {
        Map<Key, T> map = new HashMap<>();
        names.forEach(name -> map.put(new Key(name, Keyed.ENDPOINT), make.get()));
        return new ConcurrentHashMap<>(map);
    }

    /**
     * Begins a call, and ends it.
     *
     * @return whether it was admitted
     */
    @Benchmark
    public Object beganAndEnded() {
        return Answers.admitted(beginAndEnd.ask(callers.next(), Keyed.ENDPOINT));
    }
}
