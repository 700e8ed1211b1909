package dev.ratelimit.kernel;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Tier;
import java.util.List;

/**
 * The limits that a call of an endpoint falls under by a tier. An immutable value.
 *
 * <p>Limits are resolved by the real name of the endpoint. Only the scope of a meter depends on the bound of names: a
 * name that stands for many would match another row, or none.
 *
 * @param own the limits as long as the endpoint has meters of its own
 * @param overflow the same limits in the same order beyond the bound of names; those that would have the scope of the
 *     endpoint have the overflow of their row
 */
public record EndpointLimits(List<AppliedLimit> own, List<AppliedLimit> overflow) {

    /**
     * Resolves an endpoint.
     *
     * @param tier the tier
     * @param endpoint the endpoint, as the call gives it
     * @return its limits
     */
    public static EndpointLimits of(Tier tier, String endpoint) {
        return new EndpointLimits(tier.limitsFor(endpoint), tier.overflowFor(endpoint));
    }

    /**
     * Tells whether the name of the endpoint takes one of the places that an organization has for names: it has a meter
     * of its own, and no table names it exactly.
     *
     * @return false if its meters do not depend on the bound
     */
    public boolean takesPlace() {
        return !own.equals(overflow);
    }
}
