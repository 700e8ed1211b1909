package dev.ratelimit.spring.webflux;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.http.filter.FilterBuilder;
import dev.ratelimit.spring.WebCall;
import java.util.function.Predicate;
import org.springframework.http.server.reactive.ServerHttpResponse;

/**
 * Builds a {@link RateLimitWebFilter}. The functions that it is given are called on threads that must not block.
 */
public final class RateLimitWebFilterBuilder
        extends FilterBuilder<WebCall, ServerHttpResponse, RateLimitWebFilterBuilder> {

    /** In front of Spring Security, whose place is -100, and behind the filters of Spring itself. */
    int order = -101;

    Predicate<WebCall> exempt = call -> false;

    RateLimitWebFilterBuilder(RateLimiter limiter) {
        super(limiter, ExchangeCall.READER);
    }

    /**
     * Sets the place among the filters; -101 unless stated, which is in front of Spring Security. A filter that limits
     * by the principal must be behind it.
     *
     * @param order lower ones come first
     * @return this builder
     */
    public RateLimitWebFilterBuilder order(int order) {
        this.order = order;
        return this;
    }

    /**
     * Sets which requests pass untouched, whatever patterns say; none unless stated.
     *
     * @param exempt tells whether a request is one of them, such as one of the actuator
     * @return this builder
     */
    public RateLimitWebFilterBuilder exempt(Predicate<? super WebCall> exempt) {
        this.exempt = requireNonNull(exempt, "exempt")::test;
        return this;
    }

    /**
     * Makes the filter.
     *
     * @return the filter
     * @throws IllegalStateException if it is not set who calls, or which endpoints there are
     */
    public RateLimitWebFilter build() {
        return new RateLimitWebFilter(rules(RateLimitWebFilter.class.getName()), order, exempt);
    }
}
