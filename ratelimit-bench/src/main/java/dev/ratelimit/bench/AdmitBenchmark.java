package dev.ratelimit.bench;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.core.InMemoryRateLimiter;
import io.github.bucket4j.Bucket;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One admitted call under one limit, by names of organization and endpoint, out of 1,024 organizations in turn. The limit is never
 * reached, and a refusal would end the run. Beside it the floor: the clock read and the CAS that no such limiter can do without.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar AdmitBenchmark -prof gc
 * }</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(5)
public class AdmitBenchmark {

    private static final int ORGANIZATIONS = 1_024;
    private static final String ENDPOINT = "chat";
    private static final long AMOUNT = 10_000_000_000L;

    private record Key(String organization, String endpoint) {}

    private final String[] organizations = new String[ORGANIZATIONS];
    private final RateLimiter limiter = InMemoryRateLimiter.builder()
            .tier(Tier.named("tier")
                    .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(AMOUNT), ENDPOINT))
                    .build())
            .build();
    private final ConcurrentHashMap<Key, Bucket> buckets = new ConcurrentHashMap<>();
    private final AtomicLong cell = new AtomicLong();
    private int turn;

    /** Makes the names. */
    @Setup
    public void makeNames() {
        for (int i = 0; i < ORGANIZATIONS; i++) {
            organizations[i] = "organization-" + i;
        }
    }

    /**
     * Reads the clock and moves one uncontended long.
     *
     * @return the reading, and whether the long was moved
     */
    @Benchmark
    public long floor() {
        long now = System.nanoTime();
        long value = cell.get();
        return cell.compareAndSet(value, value + 1) ? now : -1;
    }

    /**
     * Asks this library.
     *
     * @return the decision
     */
    @Benchmark
    public Decision ratelimit() {
        Decision decision = limiter.tryAcquire(nextOrganization(), ENDPOINT);
        if (!decision.isAdmitted()) {
            throw new IllegalStateException("every call must be admitted: decision=" + decision);
        }
        return decision;
    }

    /**
     * Asks a Bucket4j bucket, found in a map by organization and endpoint, as that library has no keys in memory.
     *
     * @return true
     */
    @Benchmark
    public boolean bucket4j() {
        Key key = new Key(nextOrganization(), ENDPOINT);
        Bucket bucket = buckets.get(key);
        if (bucket == null) {
            bucket = buckets.computeIfAbsent(key, unseen -> newBucket());
        }
        if (!bucket.tryConsume(1)) {
            throw new IllegalStateException("every call must be admitted: key=" + key);
        }
        return true;
    }

    private String nextOrganization() {
        return organizations[turn++ & (ORGANIZATIONS - 1)];
    }

    private static Bucket newBucket() {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(AMOUNT).refillGreedy(AMOUNT, Duration.ofMinutes(1)))
                .build();
    }
}
