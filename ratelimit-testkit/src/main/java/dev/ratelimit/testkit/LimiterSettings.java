package dev.ratelimit.testkit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.TierResolver;
import dev.ratelimit.spi.LimiterBuilder;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.TimeSource;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a scenario of the {@link RateLimiterContract} wants of a limiter. An immutable value.
 *
 * @param tiers tells the tier of a call that does not bring one
 * @param time the clocks to go by
 * @param maxUnlistedEndpoints how many endpoints that no table names have meters of their own, for each party. All
 *     further ones share the {@linkplain dev.ratelimit.Scope.Endpoint#isOverflow() overflow} of their row. Empty for
 *     the bound that the backend has anyway
 * @param maxMembers how many members of an organization have meters of their own. All further ones of a kind share its
 *     {@linkplain dev.ratelimit.Member#overflow overflow}, and so do all new ones once one does. Empty for the bound
 *     that the backend has anyway
 * @param listener hears what the limiter decides, if there is one
 */
public record LimiterSettings(
        TierResolver tiers,
        TimeSource time,
        OptionalInt maxUnlistedEndpoints,
        OptionalInt maxMembers,
        Optional<RateLimitListener> listener) {

    /**
     * Makes settings.
     *
     * @param tiers tells the tier of a call that does not bring one
     * @param time the clocks to go by
     * @param maxUnlistedEndpoints how many endpoints that no table names have meters of their own
     * @param maxMembers how many members of an organization have meters of their own
     * @param listener hears what the limiter decides
     * @throws NullPointerException if one is null
     */
    public LimiterSettings {
        requireNonNull(tiers, "tiers");
        requireNonNull(time, "time");
        requireNonNull(maxUnlistedEndpoints, "maxUnlistedEndpoints");
        requireNonNull(maxMembers, "maxMembers");
        requireNonNull(listener, "listener");
    }

    /** Returns settings with no bounds and no listener. */
    static LimiterSettings of(TierResolver tiers, TimeSource time) {
        return new LimiterSettings(tiers, time, OptionalInt.empty(), OptionalInt.empty(), Optional.empty());
    }

    LimiterSettings withMaxUnlistedEndpoints(int max) {
        return new LimiterSettings(tiers, time, OptionalInt.of(max), maxMembers, listener);
    }

    LimiterSettings withMaxMembers(int max) {
        return new LimiterSettings(tiers, time, maxUnlistedEndpoints, OptionalInt.of(max), listener);
    }

    LimiterSettings withListener(RateLimitListener hears) {
        return new LimiterSettings(tiers, time, maxUnlistedEndpoints, maxMembers, Optional.of(hears));
    }

    /**
     * Sets all of this but the clocks, which each builder takes in its own way.
     *
     * @param builder a builder of the backend
     * @param <B> its type
     * @return the builder
     */
    public <B extends LimiterBuilder<B>> B applyTo(B builder) {
        builder.tiers(tiers);
        maxUnlistedEndpoints.ifPresent(builder::maxUnlistedEndpoints);
        maxMembers.ifPresent(builder::maxMembers);
        listener.ifPresent(builder::listener);
        return builder;
    }
}
