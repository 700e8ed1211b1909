package dev.ratelimit.spring;

import dev.ratelimit.Resolution;

/**
 * Says who calls. A bean of this type takes the place of all properties about callers: keys, principals and members.
 *
 * <pre>{@code
 * CallerResolver byTenant = call -> call.attribute("tenant")
 *     .<Resolution>map(tenant -> limiter.caller(tenant.toString()))
 *     .orElse(Rejected.permanent(new KeyUnknown(), ""));
 * }</pre>
 *
 * <p>Every call that an endpoint matches asks it, on the thread of the request, which in WebFlux must not block. So it
 * answers from memory. If it throws, the call is answered with 503. Safe for use by many threads.
 */
@FunctionalInterface
public interface CallerResolver {

    /**
     * Returns who calls and under which tier.
     *
     * @param call the request
     * @return a {@link dev.ratelimit.Caller}, or the {@link dev.ratelimit.Rejected} that is the answer
     */
    Resolution resolve(WebCall call);
}
