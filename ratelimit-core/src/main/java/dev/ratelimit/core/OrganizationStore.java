package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Admitted;
import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.CapacityReached;
import dev.ratelimit.Cause;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.Listeners;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The organizations of a limiter, by name, and the decisions over them: a call that finds that its organization's state
 * was dropped decides again on a new one.
 *
 * <p>Idle ones are dropped by the calls themselves: each that brings a new organization, and one in every millisecond,
 * makes some steps of the {@link IdleSweeper}.
 */
final class OrganizationStore {

    private static final Tier UNLIMITED = Tier.named("unlimited").build();

    /** The steps for a new organization: more than one, so that there are fewer in the end. */
    private static final int STEPS_FOR_NEW = 4;

    /** The steps in every millisecond with calls; they take some thousandths of it. */
    private static final int STEPS_IN_TIME = 16;

    /** The same while there is no place for a new organization. */
    private static final int STEPS_FOR_PLACE = 64;

    final Clocks clocks;
    final Listeners listeners;
    final int maxEndpoints;
    final TierCache tierCache = new TierCache();
    final PendingRefunds refunds = new PendingRefunds();
    final Decider decider;

    private final long max;
    private final Decision capacityPolicy;

    private final ConcurrentHashMap<String, OrganizationState> byName = new ConcurrentHashMap<>();
    private final IdleSweeper sweeper;

    /** How many are in the map; changes together with it, so that no call misses a place that is free. */
    private final AtomicLong size = new AtomicLong();

    /** How many snapshots have begun. */
    private final AtomicInteger snapshots = new AtomicInteger();

    /** How many calls have begun to put an organization into the map, and how many have ended that. */
    private final AtomicLong addsBegun = new AtomicLong();

    private final AtomicLong addsEnded = new AtomicLong();

    OrganizationStore(Clocks clocks, Listeners listeners, int maxEndpoints, long max, CapacityPolicy capacityPolicy) {
        this.clocks = clocks;
        this.listeners = listeners;
        this.maxEndpoints = maxEndpoints;
        this.max = max;
        this.capacityPolicy = capacityPolicy == CapacityPolicy.ADMIT_UNMETERED
                ? Decision.admitted()
                : Rejected.permanent(new CapacityReached(max), "");
        this.sweeper = new IdleSweeper(clocks, listeners, this::remove, tierCache);
        this.decider = new Decider(this);
    }

    Decision tryAcquire(String name, Tier tier, String endpoint, Usage usage) {
        while (true) {
            OrganizationState organization = get(name);
            if (organization == null) {
                return decisionAtCapacity();
            }
            Decision decision = decider.tryAcquire(organization, tier, endpoint, usage);
            if (decision != null) {
                return decision;
            }
            remove(organization);
        }
    }

    Reservation reserve(String name, Tier tier, String endpoint, Usage estimate) {
        while (true) {
            OrganizationState organization = get(name);
            if (organization == null) {
                return decisionAtCapacity() instanceof Rejected rejected
                        ? Reservation.rejected(rejected)
                        : new InMemoryReservation(UNLIMITED, unseen(name), new CompiledLimit[0]);
            }
            Reservation reservation = decider.reserve(organization, tier, endpoint, estimate);
            if (reservation != null) {
                return reservation;
            }
            remove(organization);
        }
    }

    Decision peek(String name, Tier tier, String endpoint, Usage usage) {
        OrganizationState known = byName.get(name);
        if (known == null && isFull()) {
            return decisionAtCapacity();
        }
        return decider.peek(known == null ? unseen(name) : known, tier, endpoint, usage);
    }

    List<LimitStatus> status(String name, Tier tier, String endpoint) {
        refunds.make();
        OrganizationState known = byName.get(name);
        return (known == null ? unseen(name) : known).status(tier, endpoint);
    }

    List<LimitStatus> status(String name, Tier tier) {
        refunds.make();
        OrganizationState known = byName.get(name);
        return (known == null ? unseen(name) : known).status(tier);
    }

    /** Returns the state of an organization that has used nothing, which is not kept. */
    private OrganizationState unseen(String name) {
        return new OrganizationState(name, this, 0);
    }

    Decision decisionAtCapacity() {
        return capacityPolicy;
    }

    /** Tells whether there is no place for a new organization, though idle ones are looked for. */
    private boolean isFull() {
        if (size.get() < max) {
            return false;
        }
        sweepIfDue(clocks.nanoTime());
        return size.get() >= max;
    }

    /** Returns the organization of a name, null if nothing is known of it. */
    @Nullable
    OrganizationState find(String name) {
        return byName.get(name);
    }

    /** Returns the organization of a name; null if nothing is known of it and there are as many as there may be. */
    @Nullable
    OrganizationState get(String name) {
        OrganizationState known = byName.get(name);
        return known != null ? known : getOrAdd(name);
    }

    /**
     * Takes no lock where there is no place, so that a flood of new names costs less than the calls it is kept from.
     * Another call may have taken the last place for this very organization, and be about to put it into the map. So
     * the answer is null only if no call was putting any there, from before this one looked into the map until it found
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

    /** Returns the organization of a name, be there as many as there may be or not. */
    OrganizationState require(String name) {
        OrganizationState known = byName.get(name);
        return known != null ? known : requireNonNull(add(name, Long.MAX_VALUE));
    }

    private @Nullable OrganizationState add(String name, long most) {
        sweeper.sweep(STEPS_FOR_NEW);
        boolean[] added = {false};
        addsBegun.getAndIncrement();
        OrganizationState found;
        try {
            found = byName.computeIfAbsent(name, missing -> {
                added[0] = size.getAndUpdate(taken -> taken < most ? taken + 1 : taken) < most;
                return added[0] ? new OrganizationState(missing, this, snapshots.get()) : null;
            });
        } finally {
            addsEnded.getAndIncrement();
        }
        if (found != null && added[0]) {
            sweeper.add(found);
        }
        return found;
    }

    /** Tells listeners of a decision that began at some time. */
    void notifyDecided(Caller caller, String endpoint, Usage usage, Decision decision, long began) {
        listeners.onDecided(caller, endpoint, usage, decision);
        if (decision instanceof Admitted admitted) {
            notifyNear(caller, endpoint, admitted.shadowRejections(), usage::amountOf, began);
        }
    }

    /**
     * Tells listeners which limits of an endpoint a call has brought near that began at some time, and charged so many
     * units but to those that would have rejected it.
     */
    void notifyNear(
            Caller caller, String endpoint, List<Rejected> notCharged, ToLongFunction<Unit> charged, long began) {
        OrganizationState known = listeners.hearNearLimits() ? byName.get(caller.organization()) : null;
        if (known != null) {
            NearLimitTracker near = known.near();
            Set<Cause> causes = notCharged.stream().map(Rejected::cause).collect(Collectors.toSet());
            for (CompiledLimit limit : known.limits(known.compiled(caller.tier()), endpoint)) {
                long units = causes.contains(limit.cause) ? 0 : charged.applyAsLong(limit.unit);
                near.charged(limit, known.meter(limit), units, began, listeners, caller, endpoint);
            }
        }
    }

    /** Forgets an organization that has ended. */
    void remove(OrganizationState ended) {
        byName.computeIfPresent(ended.name, (name, known) -> {
            if (known == ended) {
                size.getAndDecrement();
            }
            return known == ended ? null : known;
        });
    }

    /** Lets the first call in a millisecond sweep. */
    void sweepIfDue(long now) {
        if (sweeper.isDue(now)) {
            sweeper.sweep(size.get() < max ? STEPS_IN_TIME : STEPS_FOR_PLACE);
        }
    }

    /** Looks at all that there are now. */
    void sweepAll() {
        sweeper.sweepAll();
    }

    LimiterStats stats(@Nullable DecisionCounter counter) {
        long organizations = 0;
        long meters = 0;
        long marks = 0;
        long bytes = tierCache.estimatedBytes();
        for (OrganizationState organization : byName.values()) {
            long[] kept = new long[3];
            organization.forEach((key, meter) -> {
                kept[0]++;
                if (meter instanceof SlidingWindow window) {
                    kept[1] += window.countMarks();
                    kept[2] += window.estimatedBytes();
                }
            });
            organizations++;
            meters += kept[0];
            marks += kept[1];
            bytes += organization.estimatedBytes(kept[0]) + kept[2];
        }
        return new LimiterStats(
                organizations,
                meters,
                marks,
                bytes,
                counter == null ? OptionalLong.empty() : OptionalLong.of(counter.admitted.sum()),
                counter == null ? OptionalLong.empty() : OptionalLong.of(counter.rejected.sum()));
    }

    /**
     * Writes what counts. Charges that were reported before this is called are in it, those made meanwhile may be; but
     * no organization that is added meanwhile is, since the map may show one that was removed and added again a second
     * time.
     */
    void save(OutputStream out) throws IOException {
        refunds.make();
        int before = snapshots.getAndIncrement();
        long now = clocks.nanoTime();
        SnapshotWriter writer =
                new SnapshotWriter(out, clocks.readTimeOfDay(now).save(now));
        for (OrganizationState organization : byName.values()) {
            SavedOrganization saved = save(organization, now);
            if (organization.snapshots - before <= 0 && !saved.meters().isEmpty()) {
                writer.organization(saved);
            }
        }
        writer.finish();
    }

    /** Nothing is granted meanwhile, so this is what was used and granted at one time. */
    private synchronized SavedOrganization save(OrganizationState organization, long now) {
        return organization.save(now);
    }

    /**
     * Reads what was saved, into a limiter that nobody has called yet. The time since then is measured by the wall
     * clock, as far as that is believed. An organization of which nothing counts any more takes no place; of the others
     * all do, be there as many as there may be or not.
     */
    void restore(InputStream in) throws IOException {
        SnapshotReader reader = new SnapshotReader(in);
        long now = clocks.nanoTime();
        TimeOfDay time = clocks.restore(reader.header(), now);
        Duration since = Duration.between(reader.header().taken(), time.at(now));
        long elapsed = since.isNegative() ? 0 : TimeUnit.NANOSECONDS.convert(since);
        Set<String> names = new HashSet<>();
        reader.forEach(saved -> {
            Arguments.require(names.add(saved.name()), "name", "that of one organization", saved.name());
            OrganizationState restored = unseen(saved.name());
            restored.restore(saved, elapsed);
            if (!restored.isIdle(clocks.nanoTime())) {
                byName.put(saved.name(), restored);
                size.getAndIncrement();
                sweeper.add(restored);
            }
        });
    }

    /** Grants so many units more of a quota, or fewer, and returns where the organization then stands. */
    synchronized LimitStatus grant(Caller caller, AppliedLimit quota, long units) {
        while (true) {
            OrganizationState organization = require(caller.organization());
            LimitStatus status = organization.grant(organization.limit(caller.tier(), quota), units);
            if (organization.confirmLive()) {
                return status;
            }
            remove(organization);
        }
    }

    /**
     * Charges what an organization has used under a former tier to a tier, and returns where it then stands with the
     * limits that were charged.
     */
    synchronized List<LimitStatus> carryOver(String name, Tier tier, Tier former) {
        for (OrganizationState known = byName.get(name); known != null; known = byName.get(name)) {
            List<LimitStatus> charged = CarryOver.charge(known, tier, former);
            if (known.confirmLive()) {
                return charged;
            }
            remove(known);
        }
        return List.of();
    }

    /** Ends an organization, idle or not; returns false if there is none. */
    synchronized boolean forget(String name) {
        OrganizationState known = byName.get(name);
        if (known == null) {
            return false;
        }
        known.end();
        remove(known);
        return true;
    }

    /**
     * Puts one that has used nothing in the place of an organization; returns false if there is none. Nothing is
     * granted or forgotten meanwhile, so the new one has all that was granted to the old one when it takes its place.
     */
    synchronized boolean reset(String name) {
        for (OrganizationState known = byName.get(name); known != null; known = byName.get(name)) {
            OrganizationState unused = known.unused();
            if (byName.replace(name, known, unused)) {
                sweeper.add(unused);
                known.end();
                return true;
            }
        }
        return false;
    }
}
