package dev.ratelimit.micrometer;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.core.LimiterStats;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * What an in-memory limiter holds, as gauges. {@link LimiterStats} says what each of them is.
 *
 * <table>
 * <caption>Gauges</caption>
 * <tr><th>name</th><th>tells</th></tr>
 * <tr><td>{@code ratelimit.organizations}</td><td>the organizations whose state is kept</td></tr>
 * <tr><td>{@code ratelimit.meters}</td><td>their meters</td></tr>
 * <tr><td>{@code ratelimit.marks}</td><td>the marks of their windows</td></tr>
 * <tr><td>{@code ratelimit.memory.used}</td><td>an estimate of the heap that they take, in bytes</td></tr>
 * </table>
 *
 * <p>To read them takes time in proportion to the number of organizations, and hinders no call. What was read serves
 * for a second, so the gauges of one scrape share it. A registry that is bound keeps the limiter.
 *
 * <p>Needs {@code ratelimit-core}, which the host brings. Safe for use by many threads.
 */
public final class InMemoryLimiterMetrics implements MeterBinder {

    private final Recent<LimiterStats> stats;
    private final Tags common;

    private InMemoryLimiterMetrics(Recent<LimiterStats> stats, Tags common) {
        this.stats = stats;
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
    public static InMemoryLimiterMetrics of(InMemoryRateLimiter limiter, Tag... common) {
        requireNonNull(limiter, "limiter");
        return new InMemoryLimiterMetrics(new Recent<>(limiter::stats, System::nanoTime), Tags.of(common));
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        requireNonNull(registry, "registry");
        Gauge.builder("ratelimit.organizations", () -> stats.get().organizations())
                .description("Organizations whose state is kept")
                .tags(common)
                .register(registry);
        Gauge.builder("ratelimit.meters", () -> stats.get().meters())
                .description("Meters of all organizations")
                .tags(common)
                .register(registry);
        Gauge.builder("ratelimit.marks", () -> stats.get().marks())
                .description("Marks of all windows")
                .tags(common)
                .register(registry);
        Gauge.builder("ratelimit.memory.used", () -> stats.get().estimatedBytes())
                .description("Estimated heap of the limiter's state")
                .baseUnit(BaseUnits.BYTES)
                .tags(common)
                .register(registry);
    }
}
