package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.kernel.AdminChecks;
import dev.ratelimit.kernel.Party;
import dev.ratelimit.spi.QuotaStore;
import dev.ratelimit.spi.RateLimitListener;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The tools of the people who support a vendor's customers.
 *
 * <pre>{@code
 * for (LimitStatus status : limiter.status("acme")) {
 *   if (status.remaining() == 0 && status.applied().limit() instanceof Quota) {
 *     limiter.admin().grant("acme", status.applied(), 1_000); // 1,000 more until the month ends
 *   }
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads, and while calls go on. A call that is decided at the same time may come before or
 * after. Listeners are notified on the calling thread. Tools wait for each other; no call waits for them.
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
     * @param organization the organization
     * @param quota the limit, one of the tier's
     * @param units the units to grant; to take back, if negative
     * @return where the organization then stands with the quota
     * @throws IllegalArgumentException if the limit is none of the tier's, or no quota, or the units are not between
     *     -2<sup>53</sup> and 2<sup>53</sup>
     */
    public LimitStatus grant(String organization, AppliedLimit quota, long units) {
        return grant(Caller.of(organization, tiers.apply(organization)), quota, units);
    }

    /**
     * Grants units beyond the amount of a quota until its period ends, or takes back some that were granted.
     *
     * <p>The amount and all that was granted may then be used, also by one call of more than the amount. A grant goes
     * with the meter: it stays when the amount changes, and when the organization changes to a tier that shares the
     * meter. A grant of a lifetime quota is for good. The state of an organization with a grant is kept until then,
     * beyond {@link InMemoryRateLimiterBuilder#maxOrganizations} if need be.
     *
     * @param caller the organization, and its tier
     * @param quota the limit, one of the tier's, as {@link RateLimiter#status(Caller) status} or {@link Tier#limitsFor}
     *     gives it
     * @param units the units to grant; to take back, if negative. All that is granted in a period is at least 0 and at
     *     most 2<sup>53</sup>: what goes beyond is cut off
     * @return where the organization then stands with the quota; {@link LimitStatus#granted()} is all that is granted
     * @throws IllegalArgumentException if the limit is none of the tier's, or no quota, or the units are not between
     *     -2<sup>53</sup> and 2<sup>53</sup>
     * @see RateLimitListener#onGranted
     */
    public LimitStatus grant(Caller caller, AppliedLimit quota, long units) {
        Party party = AdminChecks.requireGrant(caller, quota, units);
        LimitStatus status = granted(caller.organization(), party, quota, units);
        store.listeners.onGranted(caller, status);
        return status;
    }

    private LimitStatus granted(String name, Party party, AppliedLimit quota, long units) {
        MemberKey key = PartyGroups.keyOf(party);
        synchronized (store.adminLock) {
            while (true) {
                OrganizationState organization = store.require(name);
                OrganizationState state =
                        key == null ? organization : organization.members().require(key, store::addMember);
                LimitStatus status = granted(state, state.limit(party.tier(), quota), units);
                if (state.confirmLive()) {
                    return status;
                }
                store.removeEnded(state, organization);
            }
        }
    }

    private LimitStatus granted(OrganizationState state, CompiledLimit limit, long units) {
        StoreWaits waits = store.waits;
        if (waits == null) {
            return state.grant(limit, units);
        }
        long now = store.clocks.nanoTime();
        LeasedQuota leased = (LeasedQuota) state.meter(limit);
        waits.require(waits.leases.grant(leased.at(now), UUID.randomUUID(), units));
        return state.whose(0, leased.status(limit, now));
    }

    /**
     * Carries over what an organization has used, when its plan changes to one whose limits have other spans.
     *
     * <p>A meter belongs to its span. A month from the 16th is another span than a month from the 15th, and begins with
     * nothing used. This method charges the limits of the caller's tier. Each is charged what the limit of the former
     * tier with the same table, scope and unit counts now, if their spans differ. A span is a quota's period or a
     * window. All of it counts in the new span, whether it fits or not. So more may be refused than under the former
     * tier, and never less.
     *
     * <pre>{@code
     * limiter.admin().carryOver(Caller.of("acme", fromThe16th), Caller.of("acme", fromThe15th));
     * }</pre>
     *
     * <p>Call it once, when the plan changes: a second call charges again. Nothing is taken from the limits of the
     * former tier. Grants are not carried over. Limits of another table, or of an endpoint where there was a group,
     * begin with nothing.
     *
     * @param caller the organization, and the tier whose limits are charged
     * @param former the same organization, and its former tier
     * @return where the organization then stands with the limits that were charged, without those of which nothing was
     *     used
     * @throws IllegalArgumentException if the callers are of two organizations
     * @see RateLimitListener#onCarriedOver
     */
    public List<LimitStatus> carryOver(Caller caller, Caller former) {
        AdminChecks.requireSameOrganization(caller, former);
        List<LimitStatus> charged = carriedOver(caller, former);
        if (!charged.isEmpty()) {
            store.listeners.onCarriedOver(caller, former, charged);
        }
        return charged;
    }

    private List<LimitStatus> carriedOver(Caller caller, Caller former) {
        List<LimitStatus> all = new ArrayList<>();
        synchronized (store.adminLock) {
            for (Party party : Party.of(caller)) {
                for (Party before : Party.of(former)) {
                    if (Objects.equals(party.member(), before.member())) {
                        all.addAll(carriedOver(caller.organization(), party, before));
                    }
                }
            }
        }
        return Collections.unmodifiableList(all);
    }

    private List<LimitStatus> carriedOver(String name, Party party, Party former) {
        for (OrganizationState known = store.find(name); known != null; known = store.find(name)) {
            OrganizationState source = find(known, former);
            if (source == null) {
                return List.of();
            }
            OrganizationState state = store.state(known, party);
            refresh(state, party.tier());
            refresh(source, former.tier());
            List<LimitStatus> charged = CarryOver.charge(state, party.tier(), source, former.tier());
            if (state.confirmLive()) {
                return charged;
            }
            store.removeEnded(state, known);
        }
        return List.of();
    }

    /** Asks the store of quotas, if there is one, what is used of a tier's quotas. */
    private void refresh(OrganizationState state, Tier tier) {
        StoreWaits waits = store.waits;
        if (waits != null) {
            state.makeQuotas(tier);
            waits.require(waits.leases.refresh(state.leasedQuotas()));
        }
    }

    /** Returns the state that a party of an organization has, which may be one that it shares; null if it has none. */
    private static @Nullable OrganizationState find(OrganizationState organization, Party party) {
        MemberKey key = PartyGroups.keyOf(party);
        MemberStates members = organization.membersIfAny();
        if (key == null) {
            return organization;
        }
        return members == null ? null : members.find(members.keyOf(key));
    }

    /**
     * Sets all that an organization has used to nothing, in all accounts. Its grants and the names of its endpoints
     * stay. An open reservation then gives back nothing. What it is settled for beyond its estimate is charged. What is
     * in flight counts no more either: where five of five calls run, five more may begin.
     *
     * @param organization the organization; nothing happens if there is no state of it
     * @see RateLimitListener#onReset
     */
    public void reset(String organization) {
        requireNonNull(organization, "organization");
        reset(new QuotaStore.Owners(organization, Optional.empty()), key -> true);
    }

    /**
     * Sets all that the parties of a caller have used to nothing: the organization, in all accounts, and the members
     * that the caller names. Other members keep what they have used. Otherwise as {@link #reset(String)}.
     *
     * @param caller the organization and its members; nothing happens if there is no state of it
     * @see RateLimitListener#onReset
     */
    public void reset(Caller caller) {
        reset(owners(caller), named(caller));
    }

    private void reset(QuotaStore.Owners owners, Predicate<MemberKey> members) {
        String name = owners.organization();
        List<LeasedQuota> former = leasedQuotas(name, members);
        boolean isReplaced = isReplaced(name, OrganizationState::unused, unused -> store.resetMembers(unused, members));
        if (isClearedInStore(owners, former, false) || isReplaced) {
            store.listeners.onReset(name);
        }
    }

    private static QuotaStore.Owners owners(Caller caller) {
        return new QuotaStore.Owners(caller.organization(), Optional.of(Set.copyOf(caller.members())));
    }

    private List<LeasedQuota> leasedQuotas(String name, Predicate<MemberKey> members) {
        OrganizationState known = store.waits == null ? null : store.find(name);
        List<LeasedQuota> quotas = new ArrayList<>();
        if (known != null) {
            quotas.addAll(known.leasedQuotas());
            MemberStates states = known.membersIfAny();
            for (OrganizationState member : states == null ? List.<OrganizationState>of() : states.all()) {
                if (members.test(requireNonNull(member.key))) {
                    quotas.addAll(member.leasedQuotas());
                }
            }
        }
        return quotas;
    }

    /**
     * Resets or forgets owners in the store of quotas. Returns false if there is none.
     *
     * @param former the meters that they had until now
     */
    private boolean isClearedInStore(QuotaStore.Owners owners, List<LeasedQuota> former, boolean forgets) {
        StoreWaits waits = store.waits;
        if (waits == null) {
            return false;
        }
        waits.require(waits.leases.rounds.forget(former));
        waits.require(waits.leases.clear(owners, forgets));
        long now = store.clocks.nanoTime();
        leasedQuotas(owners.organization(), key -> true)
                .forEach(quota -> quota.at(now).doubt(now));
        return true;
    }

    /**
     * Drops the state of an organization: what it has used, its grants, the names of its endpoints. A new state begins
     * with its next call, and with what an open reservation is settled for beyond its estimate.
     *
     * @param organization the organization; nothing happens if there is no state of it
     * @see RateLimitListener#onForgotten
     */
    public void forget(String organization) {
        requireNonNull(organization, "organization");
        List<LeasedQuota> former = leasedQuotas(organization, key -> true);
        boolean forgotten;
        synchronized (store.adminLock) {
            forgotten = store.forget(organization);
        }
        QuotaStore.Owners owners = new QuotaStore.Owners(organization, Optional.empty());
        if (isClearedInStore(owners, former, true) || forgotten) {
            store.listeners.onForgotten(organization);
        }
    }

    /**
     * Drops what the parties of a caller have: the state of the organization, and those of the members that the caller
     * names. Other members keep theirs. Otherwise as {@link #forget(String)}.
     *
     * @param caller the organization and its members; nothing happens if there is no state of it
     * @see RateLimitListener#onForgotten
     */
    public void forget(Caller caller) {
        String name = caller.organization();
        List<LeasedQuota> former = leasedQuotas(name, named(caller));
        boolean isReplaced =
                isReplaced(name, known -> store.unseen(name), fresh -> store.forgetMembers(fresh, named(caller)));
        if (isClearedInStore(owners(caller), former, true) || isReplaced) {
            store.listeners.onForgotten(name);
        }
    }

    private static Predicate<MemberKey> named(Caller caller) {
        return key -> caller.members().contains(key.member());
    }

    /**
     * Puts another state in the place of an organization's, if it has one, and then changes its members. Nothing is
     * granted or forgotten meanwhile. So the new state has all grants of the old one.
     */
    private boolean isReplaced(
            String name, UnaryOperator<OrganizationState> other, Consumer<OrganizationState> changeMembers) {
        synchronized (store.adminLock) {
            for (OrganizationState known = store.find(name); known != null; known = store.find(name)) {
                OrganizationState fresh = other.apply(known);
                if (store.replace(known, fresh)) {
                    changeMembers.accept(fresh);
                    return true;
                }
            }
            return false;
        }
    }
}
