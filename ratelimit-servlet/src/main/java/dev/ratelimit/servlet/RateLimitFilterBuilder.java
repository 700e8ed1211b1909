package dev.ratelimit.servlet;

import dev.ratelimit.RateLimiter;
import dev.ratelimit.http.filter.FilterBuilder;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** Builds a {@link RateLimitFilter}. */
public final class RateLimitFilterBuilder
        extends FilterBuilder<HttpServletRequest, HttpServletResponse, RateLimitFilterBuilder> {

    RateLimitFilterBuilder(RateLimiter limiter) {
        super(limiter, new ServletRequestReader());
    }

    /**
     * Makes the filter.
     *
     * @return the filter
     * @throws IllegalStateException if it is not set who calls, or which endpoints there are
     */
    public RateLimitFilter build() {
        return new RateLimitFilter(rules(RateLimitFilter.class.getName()));
    }
}
