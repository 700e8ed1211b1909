package dev.ratelimit.bench;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Measures the heap that a million organizations take: before, when each has made its calls, and when they are idle and were cleaned
 * up. Then what 100,000 take that have called several endpoints, beside Bucket4j's buckets in a map of (organization, endpoint) records.
 *
 * <pre>{@code
 * java -Xmx2g -cp ratelimit-bench/target/benchmarks.jar dev.ratelimit.bench.Footprint
 * }</pre>
 */
public final class Footprint {

    private static final int ORGANIZATIONS = 1_000_000;
    private static final int FEWER = 100_000;
    private static final int AMOUNT = 1_000;
    private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

    private Footprint() {}

    /**
     * Prints one line for each kind of limit, and one for each number of endpoints.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        System.out.println("bytes per organization: each a name of 19 characters, one endpoint, one limit");
        measure("a window, 1 call", RateLimit.perMinute(AMOUNT), 1);
        measure("a window, 5 calls", RateLimit.perMinute(AMOUNT), 5);
        measure("a monthly quota, 1 call", Quota.perMonth(AMOUNT), 1);
        System.out.println("bytes per organization: a window, 1 call to each of some endpoints");
        for (int endpoints : new int[] {1, 3, 10}) {
            List<String> names =
                    IntStream.range(0, endpoints).mapToObj(i -> "endpoint-" + i).toList();
            System.out.printf("%d endpoints: %.1f, Bucket4j %.1f%n", endpoints, ours(names), bucket4j(names));
        }
    }

    private static void measure(String what, Limit limit, int calls) {
        SteppedTime time = new SteppedTime();
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls").each(limit, Keyed.ENDPOINT))
                        .build())
                .timeSource(time)
                .build();
        long before = used();
        for (int call = 0; call < calls; call++) {
            for (int i = 0; i < ORGANIZATIONS; i++) {
                Answers.admitted(limiter.tryAcquire(organization(i), Keyed.ENDPOINT));
            }
            time.step(1_000_000_000);
        }
        long peak = used() - before;
        time.step(60_000_000_000L);
        limiter.cleanUp();
        long after = used() - before;
        System.out.printf(
                "%s: %.1f at the peak, %.1f afterwards%n",
                what, (double) peak / ORGANIZATIONS, (double) after / ORGANIZATIONS);
        // The limiter is in use until here.
        Answers.admitted(limiter.peek(organization(0), Keyed.ENDPOINT, Usage.call()));
    }

    private static double ours(List<String> endpoints) {
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls")
                                .each(RateLimit.perMinute(AMOUNT), endpoints.toArray(new String[0])))
                        .build())
                .timeSource(new SteppedTime())
                .build();
        long before = used();
        for (int i = 0; i < FEWER; i++) {
            String organization = organization(i);
            endpoints.forEach(endpoint -> Answers.admitted(limiter.tryAcquire(organization, endpoint)));
        }
        double bytes = (double) (used() - before) / FEWER;
        Answers.admitted(limiter.peek(organization(0), endpoints.get(0), Usage.call()));
        return bytes;
    }

    /** Shares an organization's name among its records, in favour of the map. */
    private static double bucket4j(List<String> endpoints) {
        ConcurrentHashMap<Key, Rival> buckets = new ConcurrentHashMap<>();
        long before = used();
        for (int i = 0; i < FEWER; i++) {
            String organization = organization(i);
            endpoints.forEach(endpoint -> Answers.admitted(buckets.computeIfAbsent(
                            new Key(organization, endpoint), unseen -> Bucket4jRival.of(AMOUNT, Duration.ofMinutes(1)))
                    .tryAcquire()));
        }
        double bytes = (double) (used() - before) / FEWER;
        Answers.admitted(requireNonNull(buckets.get(new Key(organization(0), endpoints.get(0))))
                .tryAcquire());
        return bytes;
    }

    private static String organization(int i) {
        return "organization-%06d".formatted(i);
    }

    private static long used() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            least = Math.min(least, MEMORY.getHeapMemoryUsage().getUsed());
        }
        return least;
    }
}
