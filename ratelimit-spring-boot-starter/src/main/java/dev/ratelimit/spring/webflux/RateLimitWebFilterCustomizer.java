package dev.ratelimit.spring.webflux;

/**
 * Changes how the filter of WebFlux is built, after the properties are applied: which function names an endpoint, say,
 * or what a call has used. All beans of this type are asked, in their order.
 */
@FunctionalInterface
public interface RateLimitWebFilterCustomizer {

    /**
     * Changes a builder.
     *
     * @param builder the builder
     */
    void customize(RateLimitWebFilterBuilder builder);
}
