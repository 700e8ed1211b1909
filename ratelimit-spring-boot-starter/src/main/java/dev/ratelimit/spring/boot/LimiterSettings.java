package dev.ratelimit.spring.boot;

import dev.ratelimit.TierResolver;
import dev.ratelimit.core.CapacityPolicy;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.core.InMemoryRateLimiterBuilder;
import dev.ratelimit.spi.LimiterBuilder;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spring.boot.BackendProperties.Bounds;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What limiters of both backends have in common.
 *
 * @param backend what the properties say of the counts
 * @param tiers gives the tier of an organization that is known by its name
 * @param time the clocks
 * @param listeners the listeners
 * @param customizers change a builder at last
 */
record LimiterSettings(
        BackendProperties backend,
        TierResolver tiers,
        TimeSource time,
        List<RateLimitListener> listeners,
        List<RateLimiterCustomizer> customizers) {

    static TierResolver tiers(@Nullable String defaultTier, TierCatalog catalog) {
        return defaultTier == null ? TierResolver.none() : organization -> catalog.tier(defaultTier);
    }

    /** Applies the settings to a builder. */
    <B extends LimiterBuilder<B>> B apply(B builder) {
        Bounds bounds = backend.bounds();
        Findings findings = new Findings();
        builder.tiers(tiers);
        Integer endpoints = bounds.unlistedEndpoints();
        if (endpoints != null) {
            findings.attempt("ratelimit.bounds.unlisted-endpoints", () -> builder.maxUnlistedEndpoints(endpoints));
        }
        Integer members = bounds.members();
        if (members != null) {
            findings.attempt("ratelimit.bounds.members", () -> builder.maxMembers(members));
        }
        findings.throwIfAny();
        for (RateLimitListener listener : listeners) {
            builder.listener(listener);
        }
        for (RateLimiterCustomizer customizer : customizers) {
            customizer.customize(builder);
        }
        return builder;
    }

    /** Returns a builder of a limiter in memory, with all settings. */
    InMemoryRateLimiterBuilder inMemory() {
        InMemoryRateLimiterBuilder builder =
                bounded(InMemoryRateLimiter.builder()).timeSource(time);
        return apply(builder);
    }

    /** Returns a limiter in memory for a time without Redis, whose limiter has the listeners. */
    InMemoryRateLimiter fallback() {
        return bounded(InMemoryRateLimiter.builder()).timeSource(time).build();
    }

    private InMemoryRateLimiterBuilder bounded(InMemoryRateLimiterBuilder builder) {
        Bounds bounds = backend.bounds();
        Long most = bounds.organizations();
        CapacityPolicy whenFull = bounds.whenFull();
        if (most != null) {
            Findings findings = new Findings();
            findings.attempt("ratelimit.bounds.organizations", () -> builder.maxOrganizations(most, whenFull));
            findings.throwIfAny();
        }
        return builder;
    }
}
