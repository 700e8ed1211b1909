package dev.ratelimit.bench;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.openjdk.jol.info.ClassLayout;

/**
 * Measures the heap that organizations take: when each has made its calls, and when they are idle and were cleaned up.
 * Then what they take when they have called several endpoints, beside Bucket4j's buckets in a map of (organization,
 * endpoint) records. Then the layout of the objects, by JOL.
 *
 * <pre>{@code
 * java -Xmx2g -cp ratelimit-bench/target/benchmarks.jar dev.ratelimit.bench.Footprint
 * }</pre>
 */
public final class Footprint {

    private static final int ORGANIZATIONS = 1_000_000;
    private static final int MOST_OF_SEVERAL_ENDPOINTS = 100_000;
    private static final int AMOUNT = 1_000;
    private static final String NAME = "organization-";
    private static final long PAUSE_NANOS = 20_000_000;
    private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

    private static final List<String> OBJECTS = List.of(
            "dev.ratelimit.core.OrganizationState",
            "dev.ratelimit.core.SlidingWindow",
            "dev.ratelimit.core.MarkBlock",
            "dev.ratelimit.core.PeriodCounter",
            "dev.ratelimit.core.Period",
            "dev.ratelimit.core.BucketCounter",
            "dev.ratelimit.core.BucketEpoch");

    private final int organizations;

    private Footprint(int organizations) {
        this.organizations = organizations;
    }

    /**
     * Prints what a million organizations take.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        lines(ORGANIZATIONS).forEach(System.out::println);
    }

    /** Returns what a number of organizations take, as Markdown. */
    static List<String> lines(int organizations) {
        Footprint footprint = new Footprint(organizations);
        Footprint fewer = new Footprint(Math.min(organizations, MOST_OF_SEVERAL_ENDPOINTS));
        List<String> lines = new ArrayList<>(List.of(
                ("Bytes per organization, each with a name of 19 characters, one endpoint and one limit; "
                                + "%,d organizations:")
                        .formatted(organizations),
                "",
                "| limit | at the peak | idle and cleaned up |",
                "|---|--:|--:|"));
        lines.add(footprint.ofCalls("a window, 1 call", RateLimit.perMinute(AMOUNT), 1));
        lines.add(footprint.ofCalls("a window, 5 calls a second apart", RateLimit.perMinute(AMOUNT), 5));
        lines.add(footprint.ofCalls("a monthly quota, 1 call", Quota.perMonth(AMOUNT), 1));
        lines.add(footprint.ofCalls("a token bucket, 1 call", TokenBucket.perMinute(AMOUNT), 1));
        Bytes own = fewer.bytes(Footprint::tierOfItsOwn, 1);
        lines.add("| a window of a tier of its own, 1 call, %,d organizations | %,.0f | %,.0f |"
                .formatted(fewer.organizations, own.peak, own.idle));
        lines.addAll(List.of(
                "",
                "The same for %,d organizations that called some endpoints once, each with a window of its own:"
                        .formatted(fewer.organizations),
                "",
                "| endpoints | this library | Bucket4j |",
                "|--:|--:|--:|"));
        for (int endpoints : new int[] {1, 3, 10}) {
            List<String> names =
                    IntStream.range(0, endpoints).mapToObj(i -> "endpoint-" + i).toList();
            lines.add("| %d | %,.0f | %,.0f |".formatted(endpoints, fewer.ours(names), fewer.bucket4j(names)));
        }
        lines.addAll(List.of("", "Layout, by JOL:", "", "```"));
        OBJECTS.forEach(name -> lines.addAll(layout(name)));
        lines.add("```");
        return lines;
    }

    /** Returns the figures that this library is held to, of some rounds, as rows of their table. */
    static List<String> figures(int rounds) {
        Footprint footprint = new Footprint(MOST_OF_SEVERAL_ENDPOINTS);
        double[] calls = new double[rounds];
        double[] tiers = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            calls[i] = footprint.bytes(shared(RateLimit.perMinute(AMOUNT)), 5).peak;
            tiers[i] = footprint.bytes(Footprint::tierOfItsOwn, 1).peak
                    / footprint.bytes(shared(RateLimit.perMinute(AMOUNT)), 1).peak;
        }
        return List.of(
                FigureTable.row(
                        "bytes, 5 calls a second apart at one endpoint",
                        "",
                        "",
                        FigureTable.measured(500, Spread.of(calls), "%.0f"),
                        "",
                        "",
                        ""),
                FigureTable.row(
                        "bytes, 1 call under a tier of its own",
                        "under a shared tier",
                        "",
                        FigureTable.measured(1.3, Spread.of(tiers), "%.2f"),
                        "",
                        "",
                        ""));
    }

    private static TierResolver shared(Limit limit) {
        Tier tier = tier(limit);
        return organization -> tier;
    }

    private static Tier tier(Limit limit) {
        return Tier.named("tier")
                .table(LimitTable.named("calls").each(limit, Keyed.ENDPOINT))
                .build();
    }

    /** Makes a tier that differs from those of others in its amount, an equal one at each call. */
    private static Tier tierOfItsOwn(String organization) {
        return tier(RateLimit.perMinute(AMOUNT + Integer.parseInt(organization.substring(NAME.length()))));
    }

    private String ofCalls(String what, Limit limit, int calls) {
        Bytes bytes = bytes(shared(limit), calls);
        return "| %s | %,.0f | %,.0f |".formatted(what, bytes.peak, bytes.idle);
    }

    /** Bytes of an organization when all have made their calls, and when all are idle and were cleaned up. */
    private record Bytes(double peak, double idle) {}

    private Bytes bytes(TierResolver tiers, int calls) {
        SteppedTime time = new SteppedTime();
        InMemoryRateLimiter limiter =
                InMemoryRateLimiter.builder().tiers(tiers).timeSource(time).build();
        long before = used();
        for (int call = 0; call < calls; call++) {
            for (int i = 0; i < organizations; i++) {
                Answers.admitted(limiter.tryAcquire(organization(i), Keyed.ENDPOINT));
            }
            time.step(1_000_000_000);
        }
        double peak = eachSince(before);
        time.step(60_000_000_000L);
        limiter.cleanUp();
        double idle = eachSince(before);
        // The limiter is in use until here.
        Answers.admitted(limiter.peek(organization(0), Keyed.ENDPOINT, Usage.call()));
        return new Bytes(peak, idle);
    }

    private double ours(List<String> endpoints) {
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls")
                                .each(RateLimit.perMinute(AMOUNT), endpoints.toArray(new String[0])))
                        .build())
                .timeSource(new SteppedTime())
                .build();
        long before = used();
        for (int i = 0; i < organizations; i++) {
            String organization = organization(i);
            endpoints.forEach(endpoint -> Answers.admitted(limiter.tryAcquire(organization, endpoint)));
        }
        double bytes = eachSince(before);
        Answers.admitted(limiter.peek(organization(0), endpoints.get(0), Usage.call()));
        return bytes;
    }

    /** Shares an organization's name among its records, in favour of the map. */
    private double bucket4j(List<String> endpoints) {
        ConcurrentHashMap<Key, Rival> buckets = new ConcurrentHashMap<>();
        long before = used();
        for (int i = 0; i < organizations; i++) {
            String organization = organization(i);
            endpoints.forEach(endpoint -> Answers.admitted(buckets.computeIfAbsent(
                            new Key(organization, endpoint), unseen -> Bucket4jRival.of(AMOUNT, Duration.ofMinutes(1)))
                    .tryAcquire()));
        }
        double bytes = eachSince(before);
        Answers.admitted(requireNonNull(buckets.get(new Key(organization(0), endpoints.get(0))))
                .tryAcquire());
        return bytes;
    }

    private double eachSince(long before) {
        return (double) (used() - before) / organizations;
    }

    private static List<String> layout(String name) {
        try {
            return ClassLayout.parseClass(Class.forName(name))
                    .toPrintable()
                    .lines()
                    .toList();
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("the class must be of the core: name=" + name, e);
        }
    }

    private static String organization(int i) {
        return NAME + "%06d".formatted(i);
    }

    private static long used() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            // The JVM's own threads let go of what has been collected.
            LockSupport.parkNanos(PAUSE_NANOS);
            least = Math.min(least, MEMORY.getHeapMemoryUsage().getUsed());
        }
        return least;
    }
}
