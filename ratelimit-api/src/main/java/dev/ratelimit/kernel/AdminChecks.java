package dev.ratelimit.kernel;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Quota;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;

/** Checks of what a host does by hand. */
public final class AdminChecks {

    private AdminChecks() {}

    /**
     * Requires that units of a quota can be granted.
     *
     * @param caller to whom, and under which tier
     * @param quota the quota, one of the tier's
     * @param units how many
     * @throws IllegalArgumentException if the limit is none of the tier's, or no quota, or the units are not between
     *     -2<sup>53</sup> and 2<sup>53</sup>
     */
    public static void requireGrant(Caller caller, AppliedLimit quota, long units) {
        requireNonNull(caller, "caller");
        requireNonNull(quota, "quota");
        Arguments.require(quota.limit() instanceof Quota, "quota", "a quota", quota);
        Arguments.require(
                isOf(caller.tier(), quota),
                "quota",
                "a limit of tier \"" + caller.tier().name() + '"',
                quota);
        boolean inRange = units >= -Arguments.MAX_AMOUNT && units <= Arguments.MAX_AMOUNT;
        Arguments.require(inRange, "units", ">= -2^53 and <= 2^53", units);
    }

    private static boolean isOf(Tier tier, AppliedLimit limit) {
        return tier.namedLimits().contains(limit)
                || (limit.scope() instanceof Scope.Endpoint endpoint
                        && tier.limitsFor(endpoint.name()).contains(limit));
    }

    /**
     * Requires that two callers are one organization under two tiers.
     *
     * @param caller the organization and its tier
     * @param former the organization and its former tier
     * @throws IllegalArgumentException if the organizations differ
     */
    public static void requireSameOrganization(Caller caller, Caller former) {
        requireNonNull(caller, "caller");
        requireNonNull(former, "former");
        Arguments.require(
                former.organization().equals(caller.organization()),
                "former",
                "of organization \"" + caller.organization() + '"',
                former.organization());
    }
}
