package dev.ratelimit.micrometer;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.redis.RedisLimiterStats;
import dev.ratelimit.redis.RedisRateLimiter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.ToIntFunction;

/**
 * Whether Redis answers, and what a limiter on Redis holds on this machine, as gauges. {@link RedisLimiterStats} says
 * what each of them is.
 *
 * <table>
 * <caption>Gauges</caption>
 * <tr><th>name</th><th>tells</th></tr>
 * <tr><td>{@code ratelimit.backend.available}</td><td>1, or 0 while some node does not answer</td></tr>
 * <tr><td>{@code ratelimit.backend.circuits.open}</td><td>the nodes that do not answer</td></tr>
 * <tr><td>{@code ratelimit.backend.settlements.waiting}</td><td>the settlements that wait to be sent again</td></tr>
 * <tr><td>{@code ratelimit.backend.leases}</td><td>the leases that are held</td></tr>
 * <tr><td>{@code ratelimit.backend.refusals.remembered}</td><td>the refusals that are remembered</td></tr>
 * </table>
 *
 * <p>To read them asks Redis nothing. {@link RateLimitMetrics} times round trips. A registry that is bound keeps the
 * limiter.
 *
 * <p>Needs {@code ratelimit-redis}, which the host brings. Safe for use by many threads.
 */
public final class RedisLimiterMetrics implements MeterBinder {

    private final RedisRateLimiter limiter;
    private final Tags common;

    private RedisLimiterMetrics(RedisRateLimiter limiter, Tags common) {
        this.limiter = limiter;
        this.common = common;
    }

    /**
     * Makes the metrics of a limiter.
     *
     * @param limiter whose state is told
     * @param common tags of all its gauges, such as one that names the limiter; none unless several limiters are told
     *     apart
     * @return the metrics
     */
    @SuppressWarnings("exports") // a host that has such a limiter reads its module
    public static RedisLimiterMetrics of(RedisRateLimiter limiter, Tag... common) {
        return new RedisLimiterMetrics(requireNonNull(limiter, "limiter"), Tags.of(common));
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        requireNonNull(registry, "registry");
        gauge(registry, "available", "Whether all nodes of Redis answer", stats -> stats.openCircuits() == 0 ? 1 : 0);
        gauge(registry, "circuits.open", "Nodes of Redis that do not answer", RedisLimiterStats::openCircuits);
        gauge(
                registry,
                "settlements.waiting",
                "Settlements that wait to be sent to Redis again",
                RedisLimiterStats::waitingSettlements);
        gauge(registry, "leases", "Leases that this machine holds", RedisLimiterStats::leases);
        gauge(
                registry,
                "refusals.remembered",
                "Refusals that this machine remembers",
                RedisLimiterStats::rememberedRefusals);
    }

    private void gauge(MeterRegistry registry, String name, String description, ToIntFunction<RedisLimiterStats> of) {
        Gauge.builder("ratelimit.backend." + name, () -> of.applyAsInt(limiter.stats()))
                .description(description)
                .tags(common)
                .register(registry);
    }
}
