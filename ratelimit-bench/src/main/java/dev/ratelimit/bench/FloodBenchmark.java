package dev.ratelimit.bench;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.core.CapacityPolicy;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.core.InMemoryRateLimiterBuilder;
import dev.ratelimit.spi.Counted;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What names cost that callers make up. First a call at one of a thousand endpoints that no table names, of an
 * organization that has called those or many more; then the same while other organizations have called none or many;
 * then the refusal of an organization for which there is no place, beside the call of one that has a place. Ratios
 * count: near 1 where names grow, at most 1 for the refusal. A wrong answer ends the run.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar FloodBenchmark
 * }</pre>
 */
public class FloodBenchmark extends TimedCalls {

    private static final String ORGANIZATION = "acme";

    /** As many endpoints are called again and again, so that the processor's caches hold the same in every run. */
    private static final int CALLED = 1_000;

    private static InMemoryRateLimiterBuilder limiter() {
        return InMemoryRateLimiter.builder()
                .tier(Tier.named("tier")
                        .table(LimitTable.named("calls per hour")
                                .each(RateLimit.perHour(AdmitBenchmark.UNREACHED), Keyed.ENDPOINT)
                                .eachOtherEndpoint(RateLimit.perHour(AdmitBenchmark.UNREACHED)))
                        .build());
    }

    private static void callEach(InMemoryRateLimiter limiter, String organization, List<String> endpoints) {
        endpoints.forEach(endpoint -> Answers.admitted(limiter.tryAcquire(organization, endpoint)));
    }

    /** One organization that has called many endpoints, none of them named by the table. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
    public static class Names {

        /** How many endpoints are called. */
        @Param({"1000", "100000"})
        public int names;

        private InMemoryRateLimiter limiter;
        private Callers endpoints;

        /** Makes the limiter, and calls each endpoint once. */
        @Setup
        public void makeCalls() {
            List<String> called = Callers.names(names);
            limiter = limiter().maxUnlistedEndpoints(names).build();
            endpoints = Callers.of("uniform", called.subList(0, CALLED));
            callEach(limiter, ORGANIZATION, called);
            long meters = limiter.stats().meters();
            Answers.require(meters == names, "each endpoint must have a meter", meters);
        }
    }

    /**
     * Asks for a call at one of many endpoints.
     *
     * @param names the limiter
     * @return the answer
     */
    @Benchmark
    public Object names(Names names) {
        return Answers.admitted(names.limiter.tryAcquire(ORGANIZATION, names.endpoints.next()));
    }

    /** An organization that calls a thousand endpoints, after others have called many. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
    public static class Victim {

        /** How many organizations have called a thousand endpoints each, no two the same. */
        @Param({"0", "200"})
        public int others;

        private InMemoryRateLimiter limiter;
        private Callers endpoints;

        /** Lets one organization call, and then the others. */
        @Setup
        public void makeCalls() {
            List<String> called = Callers.names(CALLED);
            limiter = limiter().build();
            endpoints = Callers.of("uniform", called);
            callEach(limiter, ORGANIZATION, called);
            for (int i = 0; i < others; i++) {
                String other = "other " + i;
                callEach(limiter, other, called.stream().map(other::concat).toList());
            }
            long meters = limiter.stats().meters();
            Answers.require(meters == (others + 1L) * CALLED, "each endpoint must have a meter", meters);
        }
    }

    /**
     * Asks for a call beside others.
     *
     * @param victim the limiter
     * @return the answer
     */
    @Benchmark
    public Object besideOthers(Victim victim) {
        return Answers.admitted(victim.limiter.tryAcquire(ORGANIZATION, victim.endpoints.next()));
    }

    /** A limiter that has as many organizations as it may have, all of which have called lately. */
    @State(Scope.Thread)
    @SuppressWarnings("NullAway.Init") // JMH sets the parameters, and calls what is marked @Setup
    public static class Full {

        /** How many organizations there are, and how many others call. */
        @Param({"1024", "100000"})
        public int organizations;

        private InMemoryRateLimiter limiter;
        private Callers known;
        private Callers unknown;

        /** Lets as many organizations call as there may be. */
        @Setup
        public void fill() {
            List<String> names = Callers.names(organizations);
            limiter = limiter()
                    .maxOrganizations(organizations, CapacityPolicy.REFUSE)
                    .build();
            names.forEach(name -> Answers.admitted(limiter.tryAcquire(name, Keyed.ENDPOINT)));
            known = Callers.of("uniform", names);
            unknown =
                    Callers.of("uniform", names.stream().map("unknown "::concat).toList());
        }

        /** Makes sure that there was no place. */
        @TearDown
        public void check() {
            long kept = limiter.stats().organizations();
            Answers.require(kept == organizations, Counted.of(organizations, "organizations") + " must be kept", kept);
        }
    }

    /**
     * Asks for a call of an organization that has its place.
     *
     * @param full the limiter
     * @return the answer
     */
    @Benchmark
    public Object known(Full full) {
        return Answers.admitted(full.limiter.tryAcquire(full.known.next(), Keyed.ENDPOINT));
    }

    /**
     * Asks for a call of an organization for which there is no place.
     *
     * @param full the limiter
     * @return the answer
     */
    @Benchmark
    public Object withoutPlace(Full full) {
        return Answers.rejected(full.limiter.tryAcquire(full.unknown.next(), Keyed.ENDPOINT));
    }
}
