package dev.ratelimit.micrometer;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.KeyDirectory;
import dev.ratelimit.spi.RateLimitListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts the decisions of a limiter: a listener of the limiter that is bound to meter registries.
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
 * <caption>Counters</caption>
 * <tr><th>name</th><th>tags</th><th>counts</th></tr>
 * <tr><td>{@code ratelimit.decisions}</td><td>tier, outcome</td>
 *   <td>calls and reservations that were {@code admitted} or {@code rejected}, and usage that was {@code
 *   recorded}</td></tr>
 * <tr><td>{@code ratelimit.rejections}</td><td>tier, table, scope, cause</td>
 *   <td>rejections by the limit that refused longest, or by another cause</td></tr>
 * <tr><td>{@code ratelimit.shadow.rejections}</td><td>tier, table</td>
 *   <td>what limits of shadow tables would have rejected</td></tr>
 * <tr><td>{@code ratelimit.units}</td><td>tier, unit, kind</td>
 *   <td>units that were {@code charged} for calls, estimates and records; that were charged beyond an estimate when it
 *   was {@code settled}; and that were {@code refunded}, since a reservation used less or was cancelled</td></tr>
 * <tr><td>{@code ratelimit.reservations.ended}</td><td>tier, outcome</td>
 *   <td>reservations that were {@code settled} or {@code cancelled}</td></tr>
 * <tr><td>{@code ratelimit.keys.refused}</td><td>cause</td>
 *   <td>keys that a {@linkplain #counting counted directory} refused</td></tr>
 * </table>
 *
 * <p>Every counter has all its tags, with {@code none} where one does not apply. The scope is the endpoint, or the
 * group between brackets, as the tier names it. Whatever callers make up is in no tag: neither an organization, nor a
 * key, nor an endpoint that the tier does not name, which is told as {@code each other endpoint}. A tag has 100 values
 * at most; {@code other} stands for all further ones. The cause is {@code limit-reached} or {@code larger-than-limit},
 * otherwise the name of the cause's class, such as {@code store-unavailable}.
 *
 * <p>Units are those that some limit of the tier counts. What all calls used is {@code charged + settled - refunded};
 * it lacks what is added to reservations that are still open, as {@link RateLimitListener} says. A call that waits for
 * its turn counts with each rejection.
 *
 * <p>Counters count from when this is made, whether a registry is bound or not. Limiters that share this listener add
 * up. Limiters that are to be told apart have one each, with tags of their own. A registry that is bound is kept for as
 * long as this.
 *
 * <p>Safe for use by many threads. A decision takes no lock and allocates nothing, except when a tier, or a limit or
 * cause of a rejection, is met for the first time.
 */
public final class RateLimitMetrics implements RateLimitListener, MeterBinder {

    private static final Counters.Name REFUSED_KEYS =
            new Counters.Name("ratelimit.keys.refused", "Keys that were refused, by the cause");

    private static final int MAX_TIERS = 1_024;

    private final Counters counters;
    private final Map<Tier, TierCounters> tiers = new ConcurrentHashMap<>();

    private RateLimitMetrics(Tags common) {
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
        return new RateLimitMetrics(Tags.of(common));
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
        counters.of(REFUSED_KEYS, "cause", Causes.nameOf(refusal.cause().getClass()))
                .add(1);
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
    public void onRecorded(Caller caller, String endpoint, Usage usage, Recorded recorded) {
        TierCounters tier = of(caller);
        tier.recorded.add(1);
        tier.charged(usage);
    }

    @Override
    public void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
        of(caller).rejected(rejected.cause());
    }

    @Override
    public void onShadowRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
        of(caller).shadowRejected(rejected);
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
