package dev.ratelimit.micrometer;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.testkit.ManualTime;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;

/** A limiter whose metrics are in a registry. */
abstract class CountedLimiterTest {

    static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls per minute")
                    .each(RateLimit.perMinute(2), "chat")
                    .eachOtherEndpoint(RateLimit.perMinute(1)))
            .table(LimitTable.named("tokens per month")
                    .together("models", Quota.perMonth(Unit.TOKENS, 1_000), "chat", "embed"))
            .table(LimitTable.named("tokens per call").each(PerCallLimit.of(Unit.TOKENS, 500), "chat", "embed"))
            .build();

    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    final RateLimitMetrics metrics = RateLimitMetrics.create();

    CountedLimiterTest() {
        metrics.bindTo(registry);
    }

    InMemoryRateLimiter limiter(Tier tier) {
        return InMemoryRateLimiter.builder()
                .tier(tier)
                .listener(metrics)
                .timeSource(new ManualTime())
                .build();
    }

    static Tier tier(String name, Limit limit) {
        return Tier.named(name).table(LimitTable.named("t").each(limit, "chat")).build();
    }

    double count(String name, String... tags) {
        return count(registry, name, tags);
    }

    static double count(MeterRegistry registry, String name, String... tags) {
        return registry.get(name).tags(tags).functionCounter().count();
    }

    static List<String> valuesOf(MeterRegistry registry) {
        return registry.getMeters().stream()
                .flatMap(meter -> meter.getId().getTags().stream())
                .map(Tag::getValue)
                .toList();
    }
}
