package dev.ratelimit.spring.boot;

import dev.ratelimit.servlet.RateLimitFilterBuilder;

/**
 * Changes how the filter of a servlet application is built, after the properties are applied: which function names an
 * endpoint, say, or what a call has used. All beans of this type are asked, in their order.
 */
@FunctionalInterface
public interface RateLimitFilterCustomizer {

    /**
     * Changes a builder.
     *
     * @param builder the builder
     */
    void customize(RateLimitFilterBuilder builder);
}
