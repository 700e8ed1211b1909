package dev.ratelimit.spring;

import dev.ratelimit.Usage;

/**
 * Says what a request is expected to use, which is charged before its handler runs. A bean of this type takes the place
 * of one call for each request.
 *
 * <p>Every call that an endpoint matches asks it, on the thread of the request, which in WebFlux must not block. It
 * does not read the body, which the handler wants to read. What it throws reaches the server, as if a handler had
 * thrown it. Safe for use by many threads.
 */
@FunctionalInterface
public interface UsageEstimator {

    /**
     * Returns what a request is expected to use.
     *
     * @param call the request
     * @return the usage, for example the length that a field states in {@link dev.ratelimit.Unit#TOKENS}
     */
    Usage estimate(WebCall call);
}
