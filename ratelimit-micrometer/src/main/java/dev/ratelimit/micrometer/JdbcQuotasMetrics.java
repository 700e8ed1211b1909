package dev.ratelimit.micrometer;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.core.QuotaStats;
import dev.ratelimit.jdbc.JdbcQuotas;
import dev.ratelimit.jdbc.JdbcQuotasStats;
import dev.ratelimit.jdbc.UnseenMachine;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.ToDoubleFunction;

/**
 * Whether the database of quotas answers, and what a limiter has leased from it. {@link QuotaStats} and {@link
 * JdbcQuotasStats} say what each number is.
 *
 * <pre>{@code
 * JdbcQuotas quotas = JdbcQuotas.builder(database).createTables().build();
 * InMemoryRateLimiter limiter =
 *     InMemoryRateLimiter.builder().tier(TRIAL).quotas(quotas).build();
 * JdbcQuotasMetrics.of(limiter, quotas).bindTo(registry);
 * }</pre>
 *
 * <table>
 * <caption>Metrics</caption>
 * <tr><th>name</th><th>tells</th></tr>
 * <tr><td>{@code ratelimit.quotas.available}</td><td>1, or 0 while the database does not answer</td></tr>
 * <tr><td>{@code ratelimit.quotas.requests}</td><td>requests to it, by {@code outcome}: {@code answered}, {@code
 * unanswered} or {@code failed}</td></tr>
 * <tr><td>{@code ratelimit.quotas.requests.waiting}</td><td>requests that wait for a thread of the store</td></tr>
 * <tr><td>{@code ratelimit.quotas.leases}</td><td>the leases that this machine holds</td></tr>
 * <tr><td>{@code ratelimit.quotas.units.unused}</td><td>the units of them that no call has used</td></tr>
 * <tr><td>{@code ratelimit.quotas.units.untold}</td><td>the units that the database is still to be told</td></tr>
 * <tr><td>{@code ratelimit.quotas.lost}</td><td>units and leases that were given up</td></tr>
 * <tr><td>{@code ratelimit.quotas.machines}</td><td>the machines that were heard of in the last minute</td></tr>
 * <tr><td>{@code ratelimit.quotas.machines.unseen}</td><td>those that hold leases and were not</td></tr>
 * <tr><td>{@code ratelimit.quotas.units.unseen}</td><td>the unused units that those hold</td></tr>
 * </table>
 *
 * <p>To read them asks the database nothing. A registry that is bound keeps the limiter and the store.
 *
 * <p>Needs {@code ratelimit-core} and {@code ratelimit-jdbc}, which the host brings. Safe for use by many threads.
 */
public final class JdbcQuotasMetrics implements MeterBinder {

    private static final String PREFIX = "ratelimit.quotas.";

    private final InMemoryRateLimiter limiter;
    private final JdbcQuotas quotas;
    private final Tags common;

    private JdbcQuotasMetrics(InMemoryRateLimiter limiter, JdbcQuotas quotas, Tags common) {
        this.limiter = limiter;
        this.quotas = quotas;
        this.common = common;
    }

    /**
     * Makes the metrics of a limiter and its store.
     *
     * @param limiter has the leases
     * @param quotas the store that the limiter was built with
     * @param common tags of all its metrics, such as one that names the limiter; none unless several limiters are told
     *     apart
     * @return the metrics
     */
    @SuppressWarnings("exports") // a host that has such a limiter reads its modules
    public static JdbcQuotasMetrics of(InMemoryRateLimiter limiter, JdbcQuotas quotas, Tag... common) {
        requireNonNull(limiter, "limiter");
        return new JdbcQuotasMetrics(limiter, requireNonNull(quotas, "quotas"), Tags.of(common));
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        requireNonNull(registry, "registry");
        ofStore(registry, "available", "Whether the database answers", stats -> stats.available() ? 1 : 0);
        ofStore(registry, "requests.waiting", "Requests that wait for a thread", JdbcQuotasStats::waiting);
        ofStore(registry, "machines", "Machines of the last minute", JdbcQuotasStats::machines);
        ofStore(
                registry,
                "machines.unseen",
                "Machines that hold leases and are not seen",
                stats -> stats.unseen().size());
        ofStore(
                registry,
                "units.unseen",
                "Unused units of machines that are not seen",
                stats ->
                        stats.unseen().stream().mapToLong(UnseenMachine::unused).sum());
        requests(registry, "answered", JdbcQuotasStats::answered);
        requests(registry, "unanswered", JdbcQuotasStats::unanswered);
        requests(registry, "failed", JdbcQuotasStats::failed);
        ofLimiter(registry, "leases", "Leases that this machine holds", QuotaStats::leases);
        ofLimiter(registry, "units.unused", "Units of leases that no call has used", QuotaStats::unusedUnits);
        ofLimiter(registry, "units.untold", "Units that the database is still to be told", QuotaStats::untoldUnits);
        FunctionCounter.builder(
                        PREFIX + "lost", limiter, one -> one.quotaStats().lost())
                .description("Units and leases that were given up")
                .tags(common)
                .register(registry);
    }

    private void ofStore(
            MeterRegistry registry, String name, String description, ToDoubleFunction<JdbcQuotasStats> of) {
        gauge(registry, name, description, quotas, store -> of.applyAsDouble(store.stats()));
    }

    private void ofLimiter(MeterRegistry registry, String name, String description, ToDoubleFunction<QuotaStats> of) {
        gauge(registry, name, description, limiter, one -> of.applyAsDouble(one.quotaStats()));
    }

    private <T> void gauge(MeterRegistry registry, String name, String description, T of, ToDoubleFunction<T> value) {
        Gauge.builder(PREFIX + name, of, value)
                .description(description)
                .tags(common)
                .strongReference(true)
                .register(registry);
    }

    private void requests(MeterRegistry registry, String outcome, ToDoubleFunction<JdbcQuotasStats> of) {
        FunctionCounter.builder(PREFIX + "requests", quotas, store -> of.applyAsDouble(store.stats()))
                .description("Requests to the database")
                .tags(common.and("outcome", outcome))
                .register(registry);
    }
}
