package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.kernel.AdminChecks;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.Party;
import dev.ratelimit.spi.RateLimitListener;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * What the people who support a vendor's customers do by hand. A method returns when Redis has done it, and throws a
 * {@link RedisUnavailableException} if Redis does not answer in time. Then it may be done or not.
 *
 * <p>Redis knows no list of what an organization has used under all its tiers. So each method is about the limits of
 * one tier: the one that a caller brings, or that the limiter's resolver gives. It is about the parties that the caller
 * names: the organization, and its members under their tiers.
 *
 * <p>Safe for use by many threads. Listeners of this limiter are told on the calling thread. Rejections that other
 * limiters {@linkplain RedisRateLimiterBuilder#rememberRefusals remember} last on.
 */
public final class RedisAdminTools {

    private final PartyClient partyClient;
    private final ScriptExecutor executor;
    private final Listeners listeners;
    private final Function<String, Caller> callers;

    RedisAdminTools(
            PartyClient partyClient, ScriptExecutor executor, Listeners listeners, Function<String, Caller> callers) {
        this.partyClient = partyClient;
        this.executor = executor;
        this.listeners = listeners;
        this.callers = callers;
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
        return grant(callers.apply(organization), quota, units);
    }

    /**
     * Grants units beyond the amount of a quota until its period ends; or takes back, of what was granted. The amount
     * and what is granted may then be used, also by a call of more than the amount. A grant belongs to the meter: it
     * stays when the amount changes. A lifetime quota keeps it for good.
     *
     * @param caller to whom, and under which tiers
     * @param quota the limit, one of a party's; of a member that shares meters, it is granted to all that share them
     * @param units how many more; fewer if negative. What is granted in all is at least 0 and at most 2<sup>53</sup>:
     *     what goes beyond is cut off
     * @return where the organization now stands with the quota; {@link LimitStatus#granted()} is all that is granted
     * @throws IllegalArgumentException if the limit is none of the tier's, or no quota, or the units are not between
     *     -2<sup>53</sup> and 2<sup>53</sup>
     * @see RateLimitListener#onGranted
     */
    public LimitStatus grant(Caller caller, AppliedLimit quota, long units) {
        Party party = AdminChecks.requireGrant(caller, quota, units);
        LimitStatus status = await(partyClient.grant(caller, party, quota, units));
        listeners.onGranted(caller, status);
        return status;
    }

    /**
     * Carries over what an organization has used, when its plan changes to one whose limits have other spans. A meter
     * belongs to its span: a month from the 16th is another one than a month from the 15th, and begins with nothing
     * used. This charges to each limit of the caller's tier what the limit of the former tier with the same table,
     * scope and unit counts now, if their spans differ. All of it counts in the new span, whether it fits or not.
     *
     * <p>So it is for each member that both callers name, whose tier may be another one. Call it once, when the plan
     * changes: a second call charges again. Nothing is taken from the limits of the former tier. What was granted is
     * not carried over. The limits of one endpoint are charged in one step.
     *
     * @param caller whose limits are charged, and their tier
     * @param former the same organization, and the tier that it had
     * @return where the organization now stands with the limits that were charged
     * @throws IllegalArgumentException if the callers are of two organizations
     * @see RateLimitListener#onCarriedOver
     */
    public List<LimitStatus> carryOver(Caller caller, Caller former) {
        AdminChecks.requireSameOrganization(caller, former);
        List<LimitStatus> charged = await(partyClient.carryOver(caller, former));
        if (!charged.isEmpty()) {
            listeners.onCarriedOver(caller, former, charged);
        }
        return charged;
    }

    /**
     * Sets what an organization has used to nothing, under the tier that the limiter's resolver gives.
     *
     * @param organization whose use is reset
     * @see #reset(Caller)
     */
    public void reset(String organization) {
        reset(callers.apply(organization));
    }

    /**
     * Sets what an organization has used of the limits of a tier to nothing, and so for the members that the caller
     * names. What was granted stays. Then open reservations give back nothing. What they are settled for beyond their
     * estimates is charged.
     *
     * @param caller whose use is reset, and under which tier; nothing happens if nothing is used or granted
     * @see RateLimitListener#onReset
     */
    public void reset(Caller caller) {
        if (await(partyClient.drop(Request.Operation.RESET, requireNonNull(caller, "caller")))) {
            listeners.onReset(caller.organization());
        }
    }

    /**
     * Drops what an organization has used and was granted, under the tier that the limiter's resolver gives.
     *
     * @param organization whose state is dropped
     * @see #forget(Caller)
     */
    public void forget(String organization) {
        forget(callers.apply(organization));
    }

    /**
     * Drops what an organization has used and was granted of the limits of a tier, and so for the members that the
     * caller names. It begins anew with its next call. The names of its endpoints keep their places until they would
     * have been idle.
     *
     * @param caller whose state is dropped, and under which tier; nothing happens if there is none
     * @see RateLimitListener#onForgotten
     */
    public void forget(Caller caller) {
        if (await(partyClient.drop(Request.Operation.FORGET, requireNonNull(caller, "caller")))) {
            listeners.onForgotten(caller.organization());
        }
    }

    private <T> T await(CompletableFuture<T> answer) {
        return executor.await(answer, failure -> {
            throw new RedisUnavailableException("Redis must answer to change what an organization has", failure);
        });
    }
}
