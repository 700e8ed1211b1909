package dev.ratelimit.spring.boot;

import dev.ratelimit.spi.LimiterBuilder;

/**
 * Changes how the limiter of the application is built, after the properties are applied. All beans of this type are
 * asked, in their order. The builder is an {@code InMemoryRateLimiterBuilder} or a {@code RedisRateLimiterBuilder}, as
 * {@code ratelimit.backend} says.
 *
 * <p>Listeners need none of it: each bean that is a {@link dev.ratelimit.spi.RateLimitListener} is added.
 */
@FunctionalInterface
public interface RateLimiterCustomizer {

    /**
     * Changes a builder.
     *
     * @param builder the builder
     */
    void customize(LimiterBuilder<?> builder);
}
