package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.spi.RateLimitListener;
import java.util.List;
import java.util.function.Function;

/**
 * What the people who support a vendor's customers do by hand.
 *
 * <pre>{@code
 * for (LimitStatus status : limiter.status("acme")) {
 *   if (status.remaining() == 0 && status.limit().limit() instanceof Quota) {
 *     limiter.support().grant("acme", status.limit(), 1_000); // 1,000 more until the month ends
 *   }
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads, and while calls go on: a call that is decided at the same time may come before or after. Listeners are
 * told on the calling thread. Tools wait for each other; no call waits for them.
 */
public final class SupportTools {

    private final Organizations organizations;
    private final Function<String, Tier> tiers;

    SupportTools(Organizations organizations, Function<String, Tier> tiers) {
        this.organizations = organizations;
        this.tiers = tiers;
    }

    /**
     * Grants units beyond the amount of a quota of the organization's tier, as {@link #grant(Caller, AppliedLimit, long)} does.
     *
     * @param organization to whom
     * @param quota the limit, one of the tier's
     * @param units how many more; fewer if negative
     * @return where the organization now stands with the quota
     * @throws IllegalArgumentException if the limit is none of the tier's, or no quota, or the units are not between -2<sup>53</sup> and
     *     2<sup>53</sup>
     */
    public LimitStatus grant(String organization, AppliedLimit quota, long units) {
        return grant(new Caller(organization, tiers.apply(organization)), quota, units);
    }

    /**
     * Grants units beyond the amount of a quota until its period ends; or takes back, of what was granted. As much may be used
     * then as the amount and what was granted in all, also where the call itself is of more than the amount. It goes with the meter: it stays when the amount changes, and when the organization
     * changes to a tier that shares the meter. A lifetime quota's is granted for good. An organization that was granted something is kept
     * until then, be there as many as {@link InMemoryRateLimiter.Builder#maxOrganizations} allows or not.
     *
     * @param caller to whom, and under which tier
     * @param quota the limit, one of the tier's, as {@link RateLimiter#status(Caller) status} or {@link Tier#limitsFor} gives it
     * @param units how many more; fewer if negative. All that is granted in a period is at least 0 and at most 2<sup>53</sup>: what goes
     *     beyond is cut off
     * @return where the organization now stands with the quota; {@link LimitStatus#granted()} is all that is granted
     * @throws IllegalArgumentException if the limit is none of the tier's, or no quota, or the units are not between -2<sup>53</sup> and
     *     2<sup>53</sup>
     * @see RateLimitListener#granted
     */
    public LimitStatus grant(Caller caller, AppliedLimit quota, long units) {
        requireNonNull(caller, "caller");
        requireNonNull(quota, "quota");
        Arguments.require(quota.limit() instanceof Quota, "quota", "a quota", quota);
        List<AppliedLimit> limits = quota.scope() instanceof Scope.Endpoint endpoint
                ? caller.tier().limitsFor(endpoint.name())
                : caller.tier().limits();
        Arguments.require(
                limits.contains(quota),
                "quota",
                "a limit of tier \"" + caller.tier().name() + '"',
                quota);
        Arguments.require(
                units >= -Meter.MOST_GRANTED && units <= Meter.MOST_GRANTED, "units", ">= -2^53 and <= 2^53", units);
        LimitStatus status = organizations.grant(caller, quota, units);
        organizations.listeners.granted(caller, status);
        return status;
    }

    /**
     * Sets all that an organization has used to nothing, in all accounts. What was granted to it stays, and so do the names of its
     * endpoints. What reservations that are open give back
     * is then nothing; what they are settled for beyond their estimates is charged.
     *
     * @param organization whose use is reset; nothing happens if nothing is kept of it
     * @see RateLimitListener#reset
     */
    public void reset(String organization) {
        if (organizations.reset(requireNonNull(organization, "organization"))) {
            organizations.listeners.reset(organization);
        }
    }

    /**
     * Drops all that is kept of an organization: what it has used, what it was granted, the names of its endpoints. It begins anew with its
     * next call, and with what reservations that are open are settled for beyond their estimates.
     *
     * @param organization whose state is dropped; nothing happens if there is none
     * @see RateLimitListener#forgotten
     */
    public void forget(String organization) {
        if (organizations.forget(requireNonNull(organization, "organization"))) {
            organizations.listeners.forgotten(organization);
        }
    }
}
