package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.CapacityReached;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Member;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.Party;
import dev.ratelimit.spi.Printable;
import dev.ratelimit.spi.WaitingCalls;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The organizations of a limiter by name: a concurrent map with a capacity, and the decisions over it.
 *
 * <p>A call whose state was dropped meanwhile is decided again on a new state.
 *
 * <p>Calls drop idle states themselves. A call that adds an organization, and one call in every millisecond, makes some
 * steps of the {@link IdleSweeper}.
 *
 * <p><b>Guarantees.</b> An organization has at most one live state. No call is refused for want of a place while its
 * organization is being added.
 *
 * <p><b>Progress.</b> A call of a known organization takes no lock here. To add one locks its bin of the map. Where
 * there is no place, a new name is refused without a lock.
 */
final class OrganizationStore {

    /** The steps of a call that adds an organization: more than one, so that fewer remain in the end. */
    private static final int STEPS_FOR_NEW = 4;

    /**
     * The bounds of a store.
     *
     * @param endpoints the most unlisted endpoints of a party that have meters of their own
     * @param members the most members of an organization that have states of their own
     * @param organizations the most organizations
     */
    record Bounds(int endpoints, int members, long organizations) {}

    final Clocks clocks;
    final Listeners listeners;
    final TierCache tierCache = new TierCache();
    final PendingRefunds refunds = new PendingRefunds();
    final Decider decider;
    final WaitingCalls waitingCalls;

    /** Lets calls wait for the store of quotas; null if quotas are counted here. */
    final @Nullable StoreWaits waits;

    /** Held by the tools of support while they change a state, and by a snapshot while it reads one. */
    final Object adminLock = new Object();

    private final long max;
    private final Decision capacityPolicy;

    private final ConcurrentHashMap<String, OrganizationState> byName = new ConcurrentHashMap<>();
    private final StateHints hints = new StateHints();
    private final OrganizationContext context;
    private final PartyGroups groups;
    final IdleSweeper sweeper;

    /** The number of organizations in the map. Both change together, so that no call misses a free place. */
    private final AtomicLong size = new AtomicLong();

    /** The number of snapshots that have begun. */
    private final AtomicInteger snapshots = new AtomicInteger();

    /** The number of calls that have begun to add an organization, and the number that have ended it. */
    private final AtomicLong addsBegun = new AtomicLong();

    private final AtomicLong addsEnded = new AtomicLong();

    /** Whether it was said that members share their meters. */
    private final AtomicBoolean saidThatMembersShare = new AtomicBoolean();

    /** Makes a store where each member has a state of its own. */
    OrganizationStore(Clocks clocks, Listeners listeners, int maxEndpoints, long max, CapacityPolicy capacityPolicy) {
        this(clocks, listeners, new Bounds(maxEndpoints, Integer.MAX_VALUE, max), capacityPolicy, null);
    }

    OrganizationStore(
            Clocks clocks,
            Listeners listeners,
            Bounds bounds,
            CapacityPolicy capacityPolicy,
            @Nullable StoreWaits waits) {
        long max = bounds.organizations;
        this.clocks = clocks;
        this.listeners = listeners;
        this.waitingCalls = listeners.waitingCalls();
        this.waits = waits;
        this.context = new OrganizationContext(
                clocks, tierCache, bounds.endpoints, bounds.members, waits == null ? null : waits.leases::meter);
        this.groups = new PartyGroups(bounds.members, this::addMember);
        this.max = max;
        this.capacityPolicy = capacityPolicy == CapacityPolicy.ADMIT_UNMETERED
                ? Decision.admitted()
                : Rejected.permanent(new CapacityReached(max), "");
        this.sweeper = new IdleSweeper(clocks, listeners, tierCache, this::remove, this::isAtMax);
        this.decider = new Decider(clocks, tierCache, refunds, sweeper, listeners);
    }

    /* ---------------- Callers that name members ---------------- */

    /** Decides a call of a caller, who may name members. */
    Decision tryAcquire(Caller caller, String endpoint, Usage usage, @Nullable Report report) {
        if (caller.members().isEmpty()) {
            return tryAcquire(caller.organization(), caller.tier(), endpoint, usage, report);
        }
        while (true) {
            PartyGroup group = group(caller, endpoint);
            if (group == null) {
                return decisionAtCapacity(report);
            }
            Decision decision = decider.decideCall(group, group.limits, endpoint, usage, report);
            if (decision != null) {
                return decision;
            }
            removeEnded(group.states);
        }
    }

    Recorded record(Caller caller, String endpoint, Usage usage, @Nullable Report report) {
        if (caller.members().isEmpty()) {
            return record(caller.organization(), caller.tier(), endpoint, usage, report);
        }
        while (true) {
            PartyGroup group = group(caller, endpoint);
            if (group == null) {
                return Recorded.notCharged(decisionAtCapacity(report));
            }
            Decision answer = decider.record(group, group.limits, usage, report);
            if (answer != null) {
                return Recorded.charged(answer);
            }
            removeEnded(group.states);
        }
    }

    Decision peek(Caller caller, String endpoint, Usage usage, @Nullable Report report) {
        PartyGroup group = peekGroup(caller, endpoint);
        return group == null ? decisionAtCapacity(report) : decider.peek(group, group.limits, usage, report);
    }

    /** Returns the parties of a call, with states that are not kept where there are none; null if there is no place. */
    @Nullable
    PartyGroup peekGroup(Caller caller, String endpoint) {
        OrganizationState known = byName.get(caller.organization());
        return known == null && isFull() ? null : groups.peek(orUnseen(known, caller), caller, endpoint);
    }

    List<LimitStatus> status(Caller caller, String endpoint) {
        refunds.make();
        List<LimitStatus> all = new ArrayList<>();
        forEachKnown(caller, (state, tier) -> all.addAll(OrganizationStatus.of(state, tier, endpoint)));
        return Collections.unmodifiableList(all);
    }

    List<LimitStatus> status(Caller caller) {
        refunds.make();
        List<LimitStatus> all = new ArrayList<>();
        forEachKnown(caller, (state, tier) -> all.addAll(OrganizationStatus.of(state, tier)));
        return Collections.unmodifiableList(all);
    }

    /** Returns the parties of a call with the states that they have or get; null if there is no place for it. */
    @Nullable
    PartyGroup group(Caller caller, String endpoint) {
        OrganizationState organization = get(caller.organization());
        return organization == null ? null : groups.of(organization, caller, endpoint);
    }

    /** Returns the state of a party of an organization, which may be one that it shares. A missing one is made. */
    OrganizationState state(OrganizationState organization, Party party) {
        return groups.state(organization, party);
    }

    /** Visits the parties of a caller, with states that are not kept where there are none. */
    void forEachKnown(Caller caller, BiConsumer<OrganizationState, Tier> visitor) {
        groups.forEachKnown(orUnseen(byName.get(caller.organization()), caller), caller, visitor);
    }

    private OrganizationState orUnseen(@Nullable OrganizationState known, Caller caller) {
        return known == null ? unseen(caller.organization()) : known;
    }

    /** Puts a new state of a member into the list of the sweeper. That some share one is said once. */
    void addMember(OrganizationState added) {
        sweeper.add(added);
        Member member = requireNonNull(added.member());
        if (member.isOverflow() && saidThatMembersShare.compareAndSet(false, true)) {
            listeners.warn("An organization has as many members as may have meters of their own, and further ones share"
                    + " some; organization=" + Printable.name(added.name) + ", kind=" + member.kind() + ", maxMembers="
                    + context.maxMembers());
        }
    }

    /* ---------------- Callers that name none ---------------- */

    Decision tryAcquire(String name, Tier tier, String endpoint, Usage usage) {
        return tryAcquire(name, tier, endpoint, usage, null);
    }

    Decision tryAcquire(String name, Tier tier, String endpoint, Usage usage, @Nullable Report report) {
        while (true) {
            OrganizationState organization = get(name);
            if (organization == null) {
                return decisionAtCapacity(report);
            }
            Decision decision = decider.tryAcquire(organization, tier, endpoint, usage, report);
            if (decision != null) {
                return decision;
            }
            remove(organization);
        }
    }

    Recorded record(String name, Tier tier, String endpoint, Usage usage, @Nullable Report report) {
        while (true) {
            OrganizationState organization = get(name);
            if (organization == null) {
                return Recorded.notCharged(decisionAtCapacity(report));
            }
            CompiledLimit[] limits = organization.limits(tier, endpoint, tierCache);
            Decision answer = decider.record(organization, limits, usage, report);
            if (answer != null) {
                return Recorded.charged(answer);
            }
            remove(organization);
        }
    }

    List<LimitStatus> status(String name, Tier tier, String endpoint) {
        refunds.make();
        OrganizationState known = byName.get(name);
        return OrganizationStatus.of(known == null ? unseen(name) : known, tier, endpoint);
    }

    List<LimitStatus> status(String name, Tier tier) {
        refunds.make();
        OrganizationState known = byName.get(name);
        return OrganizationStatus.of(known == null ? unseen(name) : known, tier);
    }

    /** Returns the state of an organization that has used nothing. The state is not kept. */
    OrganizationState unseen(String name) {
        return new OrganizationState(name, context, 0);
    }

    /** Returns the answer to a new organization for which there is no place. */
    Decision decisionAtCapacity(@Nullable Report report) {
        if (report == null) {
            return capacityPolicy;
        }
        report.begin();
        return report.in(capacityPolicy);
    }

    /** Tells whether there is no place for a new organization. Idle ones are looked for first. */
    private boolean isFull() {
        if (!isAtMax()) {
            return false;
        }
        sweeper.sweepIfDue(clocks.nanoTime());
        return isAtMax();
    }

    private boolean isAtMax() {
        return size.get() >= max;
    }

    /** Returns the state of an organization; null if there is none. */
    @Nullable
    OrganizationState find(String name) {
        return byName.get(name);
    }

    /** Returns the state of an organization, which is added if there is none; null if there is no place for it. */
    @Nullable
    OrganizationState get(String name) {
        OrganizationState known = hints.find(name);
        return known != null ? known : getAndHint(name);
    }

    private @Nullable OrganizationState getAndHint(String name) {
        OrganizationState known = byName.get(name);
        OrganizationState found = known != null ? known : getOrAdd(name);
        if (found != null) {
            hints.add(found, size.get());
        }
        return found;
    }

    /**
     * Takes no lock where there is no place. So a flood of new names costs less than the calls that it is kept from.
     *
     * <p>Another call may have taken the last place for this very organization, and be about to put it into the map. So
     * the answer is null only if no call was adding any organization, from before this one read the map until it found
     * no place.
     */
    private @Nullable OrganizationState getOrAdd(String name) {
        long begun = addsBegun.get();
        boolean noneUnderWay = addsEnded.get() == begun;
        OrganizationState known = byName.get(name);
        if (known != null) {
            return known;
        }
        return isFull() && noneUnderWay && addsBegun.get() == begun ? null : add(name, max);
    }

    /** Returns the state of an organization, which is added if there is none, beyond the capacity if need be. */
    OrganizationState require(String name) {
        OrganizationState known = byName.get(name);
        return known != null ? known : requireNonNull(add(name, Long.MAX_VALUE));
    }

    private @Nullable OrganizationState add(String name, long most) {
        sweeper.sweep(STEPS_FOR_NEW, clocks.nanoTime());
        boolean[] added = {false};
        addsBegun.getAndIncrement();
        OrganizationState found;
        try {
            found = byName.computeIfAbsent(name, missing -> {
                added[0] = size.getAndUpdate(taken -> taken < most ? taken + 1 : taken) < most;
                return added[0] ? new OrganizationState(missing, context, snapshots.get()) : null;
            });
        } finally {
            addsEnded.getAndIncrement();
        }
        if (found != null && added[0]) {
            sweeper.add(found);
        }
        return found;
    }

    /** Notifies listeners of a decision, and of what its charges brought near. */
    void notifyDecided(Caller caller, String endpoint, Usage usage, Decision decision, @Nullable Report report) {
        listeners.onDecided(caller, endpoint, usage, decision);
        if (report != null && decision.isAdmitted()) {
            report.tellNear(caller, endpoint);
        }
    }

    /** Tells listeners of usage that has happened, and of what it brought near. */
    void notifyRecorded(Caller caller, String endpoint, Usage usage, Recorded recorded, @Nullable Report report) {
        listeners.onRecorded(caller, endpoint, usage, recorded);
        if (report != null && recorded.isCharged()) {
            report.tellNear(caller, endpoint);
        }
    }

    /** Removes a state that has ended. */
    void remove(OrganizationState ended) {
        if (ended.key != null) {
            ended.removeFromHome();
            return;
        }
        hints.remove(ended);
        byName.computeIfPresent(ended.name, (name, known) -> {
            if (known == ended) {
                size.getAndDecrement();
            }
            return known == ended ? null : known;
        });
    }

    /** Removes those of some states that have ended. */
    void removeEnded(OrganizationState... states) {
        for (OrganizationState state : states) {
            if (!state.confirmLive()) {
                remove(state);
            }
        }
    }

    /** Returns the state that replaces one that has ended. */
    OrganizationState renewed(OrganizationState ended) {
        remove(ended);
        OrganizationState organization = require(ended.name);
        return ended.key == null ? organization : organization.members().require(ended.key, this::addMember);
    }

    /** Drops all states that are idle now. */
    void sweepAll() {
        sweeper.sweepAll();
    }

    /** Ends the state of an organization, idle or not. Returns false if there is none. */
    boolean forget(String name) {
        OrganizationState known = byName.get(name);
        if (known == null) {
            return false;
        }
        known.endAll();
        remove(known);
        return true;
    }

    /**
     * Puts another state in the place of one, which ends. Its members go on under the other one. Nobody finds the other
     * one while calls still find this one, by a hint, and charge it. Returns false if that one is no longer in the map.
     */
    boolean replace(OrganizationState known, OrganizationState other) {
        other.adoptMembersOf(known);
        OrganizationState found = byName.computeIfPresent(known.name, (name, present) -> {
            if (present != known) {
                return present;
            }
            MemberStates members = other.membersIfAny();
            if (members != null) {
                members.ownedBy(other); // before the end of the former owner, with which they would end
            }
            known.end();
            return other;
        });
        if (found != other) {
            return false;
        }
        hints.remove(known);
        sweeper.add(other);
        return true;
    }

    /** Ends the states of some members of an organization, idle or not. */
    void forgetMembers(OrganizationState organization, Predicate<MemberKey> which) {
        MemberStates members = organization.membersIfAny();
        for (OrganizationState known : members == null ? List.<OrganizationState>of() : members.all()) {
            if (which.test(requireNonNull(known.key))) {
                known.end();
                remove(known);
            }
        }
    }

    /** Puts states of members, of which nothing is used, in the place of some that fulfil a condition. */
    void resetMembers(OrganizationState organization, Predicate<MemberKey> which) {
        MemberStates members = organization.membersIfAny();
        for (OrganizationState known : members == null ? List.<OrganizationState>of() : members.all()) {
            MemberKey key = requireNonNull(known.key);
            OrganizationState unused = which.test(key) ? known.unused() : known;
            if (unused != known && requireNonNull(members).replace(key, known, unused)) {
                sweeper.add(unused);
                known.end();
            }
        }
    }

    /** Adds a restored state, beyond the capacity if need be. Nobody has called yet. */
    void put(OrganizationState restored) {
        byName.put(restored.name, restored);
        size.getAndIncrement();
        sweeper.add(restored);
        MemberStates members = restored.membersIfAny();
        if (members != null) {
            members.all().forEach(sweeper::add);
        }
    }

    /** Returns all states. One that is removed and added again meanwhile may come twice. */
    Collection<OrganizationState> all() {
        return byName.values();
    }

    /** Counts a snapshot that begins. Returns how many had begun before. */
    int beginSnapshot() {
        return snapshots.getAndIncrement();
    }
}
