package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.kernel.AdminChecks;
import dev.ratelimit.spi.RateLimitListener;
import java.util.List;
import java.util.function.Function;

/**
 * What the people who support a vendor's customers do by hand.
 *
 * <pre>{@code
 * for (LimitStatus status : limiter.status("acme")) {
 *   if (status.remaining() == 0 && status.applied().limit() instanceof Quota) {
 *     limiter.admin().grant("acme", status.applied(), 1_000); // 1,000 more until the month ends
 *   }
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads, and while calls go on: a call that is decided at the same time may come before or
 * after. Listeners are told on the calling thread. Tools wait for each other; no call waits for them.
 */
public final class AdminTools {

    private final OrganizationStore store;
    private final Function<String, Tier> tiers;

    AdminTools(OrganizationStore store, Function<String, Tier> tiers) {
        this.store = store;
        this.tiers = tiers;
    }

    /**
     * Grants units beyond the amount of a quota of the organization's tier, as {@link #grant(Caller, AppliedLimit,
     * long)} does.
     *
     * @param organization to whom
     * @param quota the limit, one of the tier's
     * @param units how many more; fewer if negative
     * @return where the organization now stands with the quota
     * @throws IllegalArgumentException if the limit is none of the tier's, or no quota, or the units are not between
     *     -2<sup>53</sup> and 2<sup>53</sup>
     */
    public LimitStatus grant(String organization, AppliedLimit quota, long units) {
        return grant(Caller.of(organization, tiers.apply(organization)), quota, units);
    }

    /**
     * Grants units beyond the amount of a quota until its period ends; or takes back, of what was granted. As much may
     * be used then as the amount and what was granted in all, also where the call itself is of more than the amount. It
     * goes with the meter: it stays when the amount changes, and when the organization changes to a tier that shares
     * the meter. A lifetime quota's is granted for good. An organization that was granted something is kept until then,
     * be there as many as {@link InMemoryRateLimiter.Builder#maxOrganizations} allows or not.
     *
     * @param caller to whom, and under which tier
     * @param quota the limit, one of the tier's, as {@link RateLimiter#status(Caller) status} or {@link Tier#limitsFor}
     *     gives it
     * @param units how many more; fewer if negative. All that is granted in a period is at least 0 and at most
     *     2<sup>53</sup>: what goes beyond is cut off
     * @return where the organization now stands with the quota; {@link LimitStatus#granted()} is all that is granted
     * @throws IllegalArgumentException if the limit is none of the tier's, or no quota, or the units are not between
     *     -2<sup>53</sup> and 2<sup>53</sup>
     * @see RateLimitListener#onGranted
     */
    public LimitStatus grant(Caller caller, AppliedLimit quota, long units) {
        AdminChecks.requireGrant(caller, quota, units);
        LimitStatus status = store.grant(caller, quota, units);
        store.listeners.onGranted(caller, status);
        return status;
    }

    /**
     * Carries over what an organization has used, when its plan changes to one whose limits have other spans. A meter
     * belongs to its span: a month from the 16th is another one than a month from the 15th, and begins with nothing
     * used. This charges to each limit of the caller's tier what the limit of the former tier with the same table,
     * scope and unit counts now, if their spans differ: a quota's period, or a window. All of it counts in the new
     * span, whether it fits or not, so that more may be refused than the former tier would have refused, and never
     * less.
     *
     * <pre>{@code
     * limiter.admin().carryOver(Caller.of("acme", fromThe16th), Caller.of("acme", fromThe15th));
     * }</pre>
     *
     * <p>Call it once, when the plan changes: a second call charges again. Nothing is taken from the limits of the
     * former tier. What was granted is not carried over. Limits of another table, or of an endpoint where there was a
     * group, begin with nothing.
     *
     * @param caller whose limits are charged, and their tier
     * @param former the same organization, and the tier that it had
     * @return where the organization now stands with the limits that were charged, without those of which nothing was
     *     used
     * @throws IllegalArgumentException if the callers are of two organizations
     * @see RateLimitListener#onCarriedOver
     */
    public List<LimitStatus> carryOver(Caller caller, Caller former) {
        AdminChecks.requireSameOrganization(caller, former);
        List<LimitStatus> charged = store.carryOver(caller.organization(), caller.tier(), former.tier());
        if (!charged.isEmpty()) {
            store.listeners.onCarriedOver(caller, former, charged);
        }
        return charged;
    }

    /**
     * Sets all that an organization has used to nothing, in all accounts. What was granted to it stays, and so do the
     * names of its endpoints. What reservations that are open give back is then nothing; what they are settled for
     * beyond their estimates is charged.
     *
     * @param organization whose use is reset; nothing happens if nothing is kept of it
     * @see RateLimitListener#onReset
     */
    public void reset(String organization) {
        if (store.reset(requireNonNull(organization, "organization"))) {
            store.listeners.onReset(organization);
        }
    }

    /**
     * Drops all that is kept of an organization: what it has used, what it was granted, the names of its endpoints. It
     * begins anew with its next call, and with what reservations that are open are settled for beyond their estimates.
     *
     * @param organization whose state is dropped; nothing happens if there is none
     * @see RateLimitListener#onForgotten
     */
    public void forget(String organization) {
        if (store.forget(requireNonNull(organization, "organization"))) {
            store.listeners.onForgotten(organization);
        }
    }
}
