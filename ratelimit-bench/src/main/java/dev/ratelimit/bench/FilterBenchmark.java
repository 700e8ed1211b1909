package dev.ratelimit.bench;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.InMemoryKeyDirectory;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyKind;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.servlet.RateLimitFilter;
import dev.ratelimit.servlet.RateLimitFilterBuilder;
import dev.ratelimit.servlet.RateLimits;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/**
 * The servlet filter beside the decision that it makes: calls per minute and per month, fields of the IETF draft, 1,024
 * organizations in turn. The server is not measured: requests and responses keep nothing but what the filter sets. The
 * limits are never reached, and a refusal ends the run.
 *
 * <pre>{@code
 * java -jar ratelimit-bench/target/benchmarks.jar FilterBenchmark -prof gc
 * }</pre>
 */
@State(Scope.Thread)
@Fork(5)
@SuppressWarnings("NullAway.Init") // JMH calls what is marked @Setup
public class FilterBenchmark extends TimedCalls {

    private static final int ORGANIZATIONS = 1_024;
    private static final long UNREACHED = 1L << 50;
    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(UNREACHED), Keyed.ENDPOINT))
            .table(LimitTable.named("calls per month").each(Quota.perMonth(UNREACHED), Keyed.ENDPOINT))
            .build();

    private final RateLimiter limiter =
            InMemoryRateLimiter.builder().tier(TIER).build().reporting();
    private final StubRequest request = new StubRequest("/v1/" + Keyed.ENDPOINT);
    private final StubResponse response = new StubResponse();
    private Callers callers;
    private RateLimitFilter byName;
    private RateLimitFilter byKey;
    private boolean isAdmitted;

    private final FilterChain chain =
            (request, response) -> isAdmitted = RateLimits.caller(request).isPresent();

    /** Makes the filters and the keys, and lets each organization call once. */
    @Setup
    public void makeFilters() {
        List<String> names = Callers.names(ORGANIZATIONS);
        callers = Callers.of("uniform", names);
        InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
                .trial(TIER)
                .production(TIER.withAccount("production"))
                .build();
        names.forEach(name -> keys.register(KeyDigest.of(name), name, KeyKind.TRIAL));
        names.forEach(name -> Answers.admitted(limiter.tryAcquire(name, Keyed.ENDPOINT)));
        byName = filter().organization(request -> Optional.ofNullable(request.getHeader(StubRequest.NAME)))
                .build();
        byKey = filter().keys(keys).build();
    }

    private RateLimitFilterBuilder filter() {
        return RateLimitFilter.builder(limiter).endpoint("POST", "/v1/{endpoint}", "{endpoint}");
    }

    /**
     * Asks for a call, and reads where the organization stands.
     *
     * @param told takes the decision, which so must be made
     * @return the sum of all that was read
     */
    @Benchmark
    public long decision(Blackhole told) {
        Decision decision = limiter.tryAcquire(callers.next(), Keyed.ENDPOINT);
        told.consume(Answers.admitted(decision));
        return Answers.read(decision);
    }

    /**
     * Reserves a call, is told where the organization stands, and settles it for the estimate.
     *
     * @return true
     */
    @Benchmark
    public boolean reservation() {
        Reservation reservation = limiter.reserve(callers.next(), Keyed.ENDPOINT, Usage.call());
        Answers.admitted(reservation.decision());
        return reservation.settle(Usage.call());
    }

    /**
     * Passes the filter by the name of an organization.
     *
     * @return the last field
     */
    @Benchmark
    public Object byName() throws ServletException, IOException {
        return pass(byName);
    }

    /**
     * Passes the filter by a key, whose digest is looked up.
     *
     * @return the last field
     */
    @Benchmark
    public Object byKey() throws ServletException, IOException {
        return pass(byKey);
    }

    private Object pass(RateLimitFilter filter) throws ServletException, IOException {
        isAdmitted = false;
        request.begin(callers.next());
        filter.doFilter(request, response, chain);
        Answers.require(isAdmitted, "every call must be admitted", response.lastField);
        return response.lastField;
    }
}
