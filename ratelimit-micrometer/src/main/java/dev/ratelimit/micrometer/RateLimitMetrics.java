package dev.ratelimit.micrometer;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.RoundTrip;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.DoubleAdder;

/**
 * Counts the decisions of a limiter, and times what it waits for: a listener of the limiter that is bound to meter
 * registries.
 *
 * <pre>{@code
 * RateLimitMetrics metrics = RateLimitMetrics.create();
 * InMemoryRateLimiter limiter = InMemoryRateLimiter.builder().tier(TRIAL).listener(metrics).build();
 *
 * metrics.bindTo(registry);
 * InMemoryLimiterMetrics.of(limiter).bindTo(registry);
 * }</pre>
 *
 * <table>
 * <caption>Meters</caption>
 * <tr><th>name</th><th>tags</th><th>counts</th></tr>
 * <tr><td>{@code ratelimit.decisions}</td><td>tier, outcome</td>
 *   <td>calls and reservations that were {@code admitted} or {@code rejected}, and usage that was {@code
 *   recorded}</td></tr>
 * <tr><td>{@code ratelimit.rejections}</td><td>tier, member, table, scope, cause</td>
 *   <td>rejections by the limit that refused longest, or by another cause</td></tr>
 * <tr><td>{@code ratelimit.shadow.rejections}</td><td>tier, member, table</td>
 *   <td>what limits of shadow tables would have rejected</td></tr>
 * <tr><td>{@code ratelimit.units}</td><td>tier, unit, kind</td>
 *   <td>units that were {@code charged} for calls, estimates and records; that were charged beyond an estimate when it
 *   was {@code settled}; and that were {@code refunded}, since a reservation used less or was cancelled</td></tr>
 * <tr><td>{@code ratelimit.reservations.ended}</td><td>tier, outcome</td>
 *   <td>reservations that were {@code settled} or {@code cancelled}</td></tr>
 * <tr><td>{@code ratelimit.reservations.open}</td><td>tier</td>
 *   <td>reservations that are neither settled nor cancelled: a gauge. One that the host forgets stays in it</td></tr>
 * <tr><td>{@code ratelimit.wait}</td><td>tier, outcome</td>
 *   <td>calls that were ready to {@linkplain dev.ratelimit.WaitingLimiter wait} and were {@code admitted} or {@code
 *   rejected} at last, and how long they waited: a timer</td></tr>
 * <tr><td>{@code ratelimit.backend.latency}</td><td>operation, error</td>
 *   <td>requests to Redis or to a store of quotas, and how long they took: a timer</td></tr>
 * <tr><td>{@code ratelimit.keys.refused}</td><td>cause</td>
 *   <td>keys that a {@linkplain #counting counted directory} refused</td></tr>
 * </table>
 *
 * <p>Every meter has all its tags, with {@code none} where one does not apply. The member is the kind of those whose
 * limit it is, such as {@code user}. The scope is the endpoint, the group between brackets, or the pattern, as the tier
 * names it. Whatever callers make up is in no tag: no organization, no member, no key, and no endpoint that the tier
 * does not name, which is told as {@code each other endpoint}. A tag has 100 values at most; {@code other} stands for
 * all further ones. The cause is {@code limit-reached} or {@code larger-than-limit}, otherwise the name of the cause's
 * class, such as {@code store-unavailable}.
 *
 * <p>Units are those that some limit of the tier counts, or of its tiers of members. What all calls used is {@code
 * charged + settled - refunded}. It lacks what is added to reservations that are still open, as {@link
 * RateLimitListener} says. A call that waits for its turn counts with each rejection.
 *
 * <p>Counters count from when this is made, whether a registry is bound or not. Timers lack what was before. The
 * error of a request that was answered is {@code none}, else the simple name of the exception's class. Limiters
 * that share this listener add up. Limiters that are to be told apart have one each, with tags of their own. A
 * registry that is bound is kept for as long as this.
 *
 * <p>Safe for use by many threads. A decision takes no lock, except when a tier, or a limit or cause of a rejection, is
 * met for the first time. An admission allocates nothing.
 */
public final class RateLimitMetrics implements RateLimitListener, MeterBinder {

    private static final Counters.Name REFUSED_KEYS =
            new Counters.Name("ratelimit.keys.refused", "Keys that were refused, by the cause");

    private static final Counters.Name LATENCY =
            new Counters.Name("ratelimit.backend.latency", "How long requests to the store of counts take");

    private static final int MAX_TIERS = 1_024;

    private final Counters counters;
    private final Map<Tier, TierCounters> tiers = new ConcurrentHashMap<>();
    private final ScopeNames scopes = new ScopeNames();
    private final Map<Class<?>, DoubleAdder> refusedKeys = new ConcurrentHashMap<>();
    private final Map<Ended, Counters.Times> latencies = new ConcurrentHashMap<>();
    private final Tags common;
    private final ObservationRegistry observations;

    private record Ended(String operation, String error) {}

    private RateLimitMetrics(ObservationRegistry observations, Tags common) {
        this.observations = observations;
        this.common = common;
        this.counters = new Counters(common);
    }

    /**
     * Makes the metrics of a limiter.
     *
     * @param common tags of all its counters, such as one that names the limiter; none unless several limiters are told
     *     apart
     * @return the metrics
     */
    public static RateLimitMetrics create(Tag... common) {
        return new RateLimitMetrics(ObservationRegistry.NOOP, Tags.of(common));
    }

    /**
     * Makes the metrics of a limiter that also has each request to Redis or to a store of quotas observed, such as for
     * a trace. The observation is named {@code ratelimit.backend.latency}, and has the tags of that timer. The timer is
     * then what the handlers of the registry make of the observation.
     *
     * @param observations where requests are observed; while it {@linkplain ObservationRegistry#isNoop() has no
     *     handler}, they are timed as by {@link #create}
     * @param common tags of all meters and observations
     * @return the metrics
     */
    public static RateLimitMetrics observing(ObservationRegistry observations, Tag... common) {
        return new RateLimitMetrics(requireNonNull(observations, "observations"), Tags.of(common));
    }

    /** Registers the counters with a registry, and later ones when they come. */
    @Override
    public void bindTo(MeterRegistry registry) {
        counters.bindTo(requireNonNull(registry, "registry"));
    }

    /**
     * Returns a directory that counts the keys which another one refuses, by the cause.
     *
     * @param keys resolves keys
     * @return the same answers
     */
    public KeyDirectory counting(KeyDirectory keys) {
        return new CountingDirectory(requireNonNull(keys, "keys"), this::keyRefused);
    }

    private void keyRefused(Rejected refusal) {
        Class<?> cause = refusal.cause().getClass();
        DoubleAdder known = refusedKeys.get(cause);
        (known != null ? known : refusedKeys.computeIfAbsent(cause, this::refusedKeys)).add(1);
    }

    private DoubleAdder refusedKeys(Class<?> cause) {
        return counters.of(REFUSED_KEYS, "cause", Causes.nameOf(cause));
    }

    private TierCounters of(Caller caller) {
        TierCounters known = tiers.get(caller.tier());
        return known != null ? known : met(caller.tier());
    }

    private TierCounters met(Tier tier) {
        if (tiers.size() >= MAX_TIERS) {
            tiers.clear();
        }
        return tiers.computeIfAbsent(tier, unknown -> new TierCounters(counters, unknown));
    }

    @Override
    public void onAdmitted(Caller caller, String endpoint, Usage usage) {
        TierCounters tier = of(caller);
        tier.admitted.add(1);
        tier.charged(usage);
    }

    @Override
    public void onReserved(Caller caller, String endpoint, Usage estimate) {
        of(caller).reserved.add(1);
    }

    @Override
    public void onWaited(Caller caller, String endpoint, Decision decision, Duration waited) {
        of(caller).waited(decision, waited);
    }

    @Override
    public RoundTrip onRoundTrip(String operation) {
        return observations.isNoop()
                ? timed(operation)
                : ObservedRoundTrips.begin(observations, LATENCY.text(), common, operation);
    }

    private RoundTrip timed(String operation) {
        long start = System.nanoTime();
        return failure -> {
            Duration time = Duration.ofNanos(System.nanoTime() - start);
            String error =
                    failure.map(thrown -> thrown.getClass().getSimpleName()).orElse(Counters.NONE);
            latencies
                    .computeIfAbsent(new Ended(operation, error), this::latency)
                    .record(time);
        };
    }

    private Counters.Times latency(Ended ended) {
        return counters.times(LATENCY, "operation", ended.operation, "error", ended.error);
    }

    @Override
    public void onRecorded(Caller caller, String endpoint, Usage usage, Recorded recorded) {
        TierCounters tier = of(caller);
        tier.recorded.add(1);
        tier.charged(usage);
    }

    @Override
    public void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
        if (rejected.cause() instanceof LimitReached reached) {
            of(caller).rejected(reached, scopes.of(caller, reached.applied()));
        } else {
            of(caller).rejected(rejected.cause());
        }
    }

    @Override
    public void onShadowRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
        if (rejected.cause() instanceof LimitReached reached) {
            of(caller).shadowRejected(reached.applied(), scopes.of(caller, reached.applied()));
        }
    }

    @Override
    public void onSettled(Caller caller, String endpoint, Usage estimate, Usage actual) {
        of(caller).settled(estimate, actual);
    }

    @Override
    public void onCancelled(Caller caller, String endpoint, Usage estimate) {
        of(caller).cancelled(estimate);
    }
}
