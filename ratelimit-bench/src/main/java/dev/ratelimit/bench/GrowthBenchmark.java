package dev.ratelimit.bench;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Precision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.core.InMemoryRateLimiterBuilder;
import dev.ratelimit.spi.Counted;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * How one admitted call of this library slows down as something grows. Dimensions, one at a time: the charges that a
 * window remembers, the limits of a call, the endpoints of an organization, and the organizations. A refusal ends the
 * run, and so does a limiter that does not hold, before or after, what is said to have grown.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar GrowthBenchmark
 * }</pre>
 */
public class GrowthBenchmark extends TimedCalls {

    private static final String ORGANIZATION = "acme";
    private static final long UNREACHED = 1L << 50;

    private static InMemoryRateLimiterBuilder limiter(LimitTable... tables) {
        Tier.Builder tier = Tier.named("tier");
        List.of(tables).forEach(tier::table);
        return InMemoryRateLimiter.builder().tier(tier.build());
    }

    /**
     * An exact window with a charge in each of some steps of a clock that is moved by hand: each call drops one and
     * adds one.
     */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
    public static class Marks {

        private static final long STEP = 1_000;

        /** How many charges are in the window. */
        @Param({"1", "100", "10000", "1000000"})
        public int marks;

        private final SteppedTime time = new SteppedTime();
        private InMemoryRateLimiter limiter;

        /** Fills the window. */
        @Setup
        public void fill() {
            limiter = limiter(LimitTable.named("calls")
                            .each(
                                    new RateLimit(
                                            Unit.CALLS, UNREACHED, Duration.ofNanos(STEP * marks), Precision.EXACT),
                                    Keyed.ENDPOINT))
                    .timeSource(time)
                    .build();
            for (int i = 0; i < marks; i++) {
                ask();
            }
        }

        private Object ask() {
            time.step(STEP);
            return Answers.admitted(limiter.tryAcquire(ORGANIZATION, Keyed.ENDPOINT));
        }

        /** Makes sure that the window still holds as many charges. */
        @TearDown
        public void check() {
            long used = limiter.status(ORGANIZATION, Keyed.ENDPOINT).get(0).used();
            Answers.require(used == marks, "the window must hold " + Counted.of(marks, "charges"), used);
        }
    }

    /**
     * Asks for a call under a limit whose window holds many charges.
     *
     * @param marks the limiter
     * @return the answer
     */
    @Benchmark
    public Object marks(Marks marks) {
        return marks.ask();
    }

    /** An endpoint with many limits, each over another window. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
    public static class Limits {

        /** How many limits a call is charged to. */
        @Param({"1", "2", "4", "8", "16"})
        public int limits;

        private InMemoryRateLimiter limiter;

        /** Makes the limiter. */
        @Setup
        public void makeLimiter() {
            limiter = limiter(IntStream.rangeClosed(1, limits)
                            .mapToObj(i -> LimitTable.named("table " + i)
                                    .each(RateLimit.of(Unit.CALLS, UNREACHED, Duration.ofMinutes(i)), Keyed.ENDPOINT))
                            .toArray(LimitTable[]::new))
                    .build();
        }

        /** Makes sure that each limit was charged. */
        @TearDown
        public void check() {
            long charged = limiter.status(ORGANIZATION, Keyed.ENDPOINT).stream()
                    .filter(status -> status.used() > 0)
                    .count();
            Answers.require(charged == limits, Counted.of(limits, "limits") + " must be charged", charged);
        }
    }

    /**
     * Asks for a call under many limits.
     *
     * @param limits the limiter
     * @return the answer
     */
    @Benchmark
    public Object limits(Limits limits) {
        return Answers.admitted(limits.limiter.tryAcquire(ORGANIZATION, Keyed.ENDPOINT));
    }

    /** One organization that calls many endpoints, all named by the table, in turn. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
    public static class Endpoints {

        /** How many endpoints are called. */
        @Param({"1", "10", "100", "1000"})
        public int endpoints;

        private String[] names;
        private InMemoryRateLimiter limiter;
        private int turn;

        /** Makes the limiter, and calls each endpoint once. */
        @Setup
        public void makeLimiter() {
            names = IntStream.range(0, endpoints).mapToObj(i -> "endpoint-" + i).toArray(String[]::new);
            limiter = limiter(LimitTable.named("calls per minute").each(RateLimit.perMinute(UNREACHED), names))
                    .build();
            for (int i = 0; i < endpoints; i++) {
                ask();
            }
            long meters = limiter.stats().meters();
            Answers.require(meters == endpoints, "each endpoint must have a meter", meters);
        }

        private Object ask() {
            turn = turn + 1 < endpoints ? turn + 1 : 0;
            return Answers.admitted(limiter.tryAcquire(ORGANIZATION, names[turn]));
        }
    }

    /**
     * Asks for a call at one of many endpoints.
     *
     * @param endpoints the limiter
     * @return the answer
     */
    @Benchmark
    public Object endpoints(Endpoints endpoints) {
        return endpoints.ask();
    }

    /** Many organizations that call alike. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
    public static class Organizations {

        /** How many organizations call. */
        @Param({"1", "1000", "100000", "1000000"})
        public int callers;

        private InMemoryRateLimiter limiter;
        private Callers order;

        /** Makes the limiter, and lets each organization call once. */
        @Setup
        public void makeLimiter() {
            List<String> names = Callers.names(callers);
            limiter = limiter(LimitTable.named("calls per hour").each(RateLimit.perHour(UNREACHED), Keyed.ENDPOINT))
                    .build();
            order = Callers.of("uniform", names);
            names.forEach(name -> Answers.admitted(limiter.tryAcquire(name, Keyed.ENDPOINT)));
        }

        /** Makes sure that none was dropped. */
        @TearDown
        public void check() {
            long kept = limiter.stats().organizations();
            Answers.require(kept == callers, Counted.of(callers, "organizations") + " must be kept", kept);
        }
    }

    /**
     * Asks for a call of one of many organizations.
     *
     * @param organizations the limiter
     * @return the answer
     */
    @Benchmark
    public Object organizations(Organizations organizations) {
        return Answers.admitted(organizations.limiter.tryAcquire(organizations.order.next(), Keyed.ENDPOINT));
    }
}
