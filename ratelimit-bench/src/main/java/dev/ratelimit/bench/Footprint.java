package dev.ratelimit.bench;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.spi.TimeSource;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Instant;

/**
 * Measures the heap that a million organizations take: before, when each has made its calls, and when they are idle and were cleaned
 * up.
 *
 * <pre>{@code
 * java -Xmx2g -cp ratelimit-bench/target/benchmarks.jar dev.ratelimit.bench.Footprint
 * }</pre>
 */
public final class Footprint {

    private static final int ORGANIZATIONS = 1_000_000;
    private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

    private Footprint() {}

    /**
     * Prints one line for each kind of limit.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        System.out.println("bytes per organization: each a name of 19 characters, one endpoint, one limit");
        measure("a window, 1 call", RateLimit.perMinute(1_000), 1);
        measure("a window, 5 calls", RateLimit.perMinute(1_000), 5);
        measure("a monthly quota, 1 call", Quota.perMonth(1_000), 1);
    }

    private static void measure(String what, Limit limit, int calls) {
        SteppedTime time = new SteppedTime();
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls").each(limit, "chat"))
                        .build())
                .timeSource(time)
                .build();
        long before = used();
        for (int call = 0; call < calls; call++) {
            for (int i = 0; i < ORGANIZATIONS; i++) {
                if (!limiter.tryAcquire("organization-%06d".formatted(i), "chat")
                        .isAdmitted()) {
                    throw new IllegalStateException("every call must be admitted: i=" + i);
                }
            }
            time.nanos += 1_000_000_000;
        }
        long peak = used() - before;
        time.nanos += 60_000_000_000L;
        limiter.cleanUp();
        long after = used() - before;
        System.out.printf(
                "%s: %.1f at the peak, %.1f afterwards%n", what, perOrganization(peak), perOrganization(after));
        if (!limiter.peek("organization-000000", "chat", Usage.call()).isAdmitted()) {
            throw new IllegalStateException("the limiter must be in use until here");
        }
    }

    private static double perOrganization(long bytes) {
        return (double) bytes / ORGANIZATIONS;
    }

    private static long used() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            least = Math.min(least, MEMORY.getHeapMemoryUsage().getUsed());
        }
        return least;
    }

    /** A monotonic clock that is moved by hand, and a wall clock that stands still. */
    private static final class SteppedTime implements TimeSource {

        private long nanos;

        @Override
        public long nanoTime() {
            return nanos;
        }

        @Override
        public Instant instant() {
            return Instant.EPOCH;
        }
    }
}
