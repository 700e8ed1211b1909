package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Admitted;
import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.CapacityReached;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The organizations of a limiter, by name, and the decisions over them: a call that finds that its organization's state was dropped decides
 * again on a new one.
 *
 * <p>Idle ones are dropped by the calls themselves: each that brings a new organization, and one in every millisecond, looks at the
 * next few. For this they are a list as well, newest first; to walk the map would take time in proportion to the most it ever held.
 * Anybody puts an organization before the list by a CAS on its head; only the one who looks takes any out.
 */
final class Organizations {

    private static final Tier UNLIMITED = Tier.named("unlimited").build();

    /** A new organization has so many others looked at: more than one, so that there are fewer in the end. */
    private static final int LOOKS_FOR_NEW = 4;

    /** How many are looked at for one that finds no place. */
    private static final int LOOKS_FOR_PLACE = 64;

    /** How many are looked at in every millisecond with calls; that takes some thousandths of it. */
    private static final int LOOKS_IN_TIME = 16;

    private static final long MILLISECOND = 1_000_000;

    private static final VarHandle NEWEST = Handles.of(MethodHandles.lookup(), "newest", Organization.class);
    private static final VarHandle LOOK_AT = Handles.of(MethodHandles.lookup(), "lookAt", long.class);

    final Clocks clocks;
    final Listeners listeners;
    final int maxEndpoints;
    final Plans plans = new Plans();
    final Decider decider;

    private final long max;
    private final AtCapacity atCapacity;

    private final ConcurrentHashMap<String, Organization> byName = new ConcurrentHashMap<>();
    private volatile @Nullable Organization newest;

    /** How many are in the map; changes together with it, so that no call misses a place that is free. */
    private final AtomicLong size = new AtomicLong();

    /** How many snapshots have begun. */
    private final AtomicInteger snapshots = new AtomicInteger();

    /** When a call will look at some again. */
    private volatile long lookAt;

    /* Held by the one who looks; others go on without. It guards `looked`, and the links of the list. */
    private final AtomicBoolean looking = new AtomicBoolean();

    /** The last one that was looked at and stays; null at the beginning of the list. */
    private @Nullable Organization looked;

    Organizations(Clocks clocks, Listeners listeners, int maxEndpoints, long max, AtCapacity atCapacity) {
        this.clocks = clocks;
        this.listeners = listeners;
        this.maxEndpoints = maxEndpoints;
        this.max = max;
        this.atCapacity = atCapacity;
        this.lookAt = clocks.nanoTime();
        this.decider = new Decider(this);
    }

    Decision tryAcquire(String name, Tier tier, String endpoint, Usage usage) {
        while (true) {
            Organization organization = get(name);
            if (organization == null) {
                return decisionAtCapacity();
            }
            Decision decision = decider.tryAcquire(organization, tier, endpoint, usage);
            if (organization.keep()) {
                return decision;
            }
            remove(organization);
        }
    }

    Reservation reserve(String name, Tier tier, String endpoint, Usage estimate) {
        while (true) {
            Organization organization = get(name);
            if (organization == null) {
                return decisionAtCapacity() instanceof Rejected rejected
                        ? Reservation.rejected(rejected)
                        : decider.reserve(unseen(name), UNLIMITED, endpoint, estimate);
            }
            Reservation reservation = decider.reserve(organization, tier, endpoint, estimate);
            if (organization.keep()) {
                return reservation;
            }
            remove(organization);
        }
    }

    Decision peek(String name, Tier tier, String endpoint, Usage usage) {
        Organization known = byName.get(name);
        if (known == null && isFull()) {
            return decisionAtCapacity();
        }
        return decider.peek(known == null ? unseen(name) : known, tier, endpoint, usage);
    }

    List<LimitStatus> status(String name, Tier tier, String endpoint) {
        Organization known = byName.get(name);
        return (known == null ? unseen(name) : known).status(tier, endpoint);
    }

    List<LimitStatus> status(String name, Tier tier) {
        Organization known = byName.get(name);
        return (known == null ? unseen(name) : known).status(tier);
    }

    /** Returns the state of an organization that has used nothing, which is not kept. */
    private Organization unseen(String name) {
        return new Organization(name, this, 0);
    }

    /** Tells whether there is no place for a new organization, though some are looked at for it. */
    private boolean isFull() {
        if (size.get() < max) {
            return false;
        }
        look(LOOKS_FOR_PLACE);
        return size.get() >= max;
    }

    Decision decisionAtCapacity() {
        return atCapacity == AtCapacity.ADMIT_UNMETERED
                ? Decision.admitted()
                : Rejected.forGood(new CapacityReached(max), "");
    }

    /** Returns the organization of a name, null if nothing is known of it. */
    @Nullable
    Organization known(String name) {
        return byName.get(name);
    }

    /** Returns the organization of a name; null if nothing is known of it and there are as many as there may be. */
    @Nullable
    Organization get(String name) {
        Organization known = byName.get(name);
        Organization found = known != null ? known : add(name, max);
        if (found == null) {
            look(LOOKS_FOR_PLACE);
            found = add(name, max);
        }
        return found;
    }

    /** Returns the organization of a name, be there as many as there may be or not. */
    Organization require(String name) {
        Organization known = byName.get(name);
        return known != null ? known : requireNonNull(add(name, Long.MAX_VALUE));
    }

    private @Nullable Organization add(String name, long most) {
        look(LOOKS_FOR_NEW);
        boolean[] added = {false};
        Organization found = byName.computeIfAbsent(name, missing -> {
            added[0] = size.getAndUpdate(taken -> taken < most ? taken + 1 : taken) < most;
            return added[0] ? new Organization(missing, this, snapshots.get()) : null;
        });
        if (found != null && added[0]) {
            addToList(found);
        }
        return found;
    }

    private void addToList(Organization added) {
        do {
            added.older = newest;
        } while (!NEWEST.compareAndSet(this, added.older, added));
    }

    /** Tells listeners of a decision that began at some time. */
    void tell(Caller caller, String endpoint, Usage usage, Decision decision, long began) {
        if (decision instanceof Admitted admitted) {
            listeners.admitted(caller, endpoint, usage);
            listeners.wouldReject(caller, endpoint, usage, admitted);
            tellNear(caller, endpoint, admitted.shadowRejections(), usage::amountOf, began);
        } else {
            listeners.rejected(caller, endpoint, usage, (Rejected) decision);
        }
    }

    /**
     * Tells listeners which limits of an endpoint a call has brought near that began at some time, and charged so many units but to those that
     * would have rejected it.
     */
    void tellNear(Caller caller, String endpoint, List<Rejected> notCharged, ToLongFunction<Unit> charged, long began) {
        Organization known = listeners.hearNearLimits() ? byName.get(caller.organization()) : null;
        if (known != null) {
            NearLimits near = known.near();
            for (Rule rule : known.rules(known.plan(caller.tier()), endpoint)) {
                long units = rule.isCauseOf(notCharged) ? 0 : charged.applyAsLong(rule.unit);
                near.charged(rule, known.meter(rule), units, began, listeners, caller, endpoint);
            }
        }
    }

    /** Forgets an organization that has ended. */
    void remove(Organization ended) {
        byName.computeIfPresent(ended.name, (name, known) -> {
            if (known == ended) {
                size.getAndDecrement();
            }
            return known == ended ? null : known;
        });
    }

    /** Lets the first call in a millisecond look at some. */
    void lookInTime(long now) {
        long due = lookAt;
        if (now - due >= 0 && LOOK_AT.compareAndSet(this, due, now + MILLISECOND)) {
            look(LOOKS_IN_TIME);
        }
    }

    private void look(int count) {
        if (looking.compareAndSet(false, true)) {
            try {
                for (int i = 0; i < count && lookAtNext(); i++) {}
            } finally {
                looking.set(false);
            }
        }
    }

    /** Looks at all that there are now. */
    void lookAtAll() {
        while (!looking.compareAndSet(false, true)) {
            Thread.onSpinWait();
        }
        try {
            looked = null;
            while (lookAtNext()) {}
        } finally {
            looking.set(false);
        }
    }

    /** Drops the next organization if it is idle. Returns false at the end of the list; then the next is the newest. */
    private boolean lookAtNext() {
        Organization before = looked;
        Organization next = before == null ? newest : before.older;
        if (next == null) {
            looked = null;
            return false;
        }
        next.beginCheck();
        if (!next.endCheck(next.isIdle())) {
            looked = next;
            return true;
        }
        remove(next);
        if (before != null) {
            before.older = next.older;
        } else if (!NEWEST.compareAndSet(this, next, next.older)) {
            looked = next; // it is not the newest any more, and will be taken out in the next round
        }
        return true;
    }

    LimiterStats stats(@Nullable DecisionCounter counter) {
        long organizations = 0;
        long meters = 0;
        long marks = 0;
        long bytes = 0;
        for (Organization organization : byName.values()) {
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
     * Writes what counts. Charges that were reported before this is called are in it, those made meanwhile may be; but no organization
     * that is added meanwhile is, since the map may show one that was removed and added again a second time.
     */
    void save(OutputStream out) throws IOException {
        int before = snapshots.getAndIncrement();
        long now = clocks.nanoTime();
        Instant wall = clocks.instant();
        SnapshotWriter writer = new SnapshotWriter(out, new SnapshotHeader(wall, clocks.highest()));
        for (Organization organization : byName.values()) {
            SavedOrganization saved = save(organization, now);
            if (organization.snapshots - before <= 0 && !saved.meters().isEmpty()) {
                writer.organization(saved);
            }
        }
        writer.finish();
    }

    /** Nothing is granted meanwhile, so this is what was used and granted at one time. */
    private synchronized SavedOrganization save(Organization organization, long now) {
        return organization.save(now);
    }

    /** Reads what was saved, into a limiter that nobody has called yet. The time since then is measured by the wall clock. */
    void restore(InputStream in) throws IOException {
        SnapshotReader reader = new SnapshotReader(in);
        Instant wall = clocks.instant();
        clocks.raiseHighest(reader.header().highest());
        Duration since = Duration.between(reader.header().taken(), wall);
        long elapsed = since.isNegative() ? 0 : TimeUnit.NANOSECONDS.convert(since);
        reader.forEach(saved -> {
            Arguments.require(!byName.containsKey(saved.name()), "name", "that of one organization", saved.name());
            require(saved.name()).restore(saved, elapsed);
        });
    }

    /** Grants so many units more of a quota, or fewer, and returns where the organization then stands. */
    synchronized LimitStatus grant(Caller caller, AppliedLimit quota, long units) {
        while (true) {
            Organization organization = require(caller.organization());
            LimitStatus status = organization.grant(organization.rule(caller.tier(), quota), units);
            if (organization.keep()) {
                return status;
            }
            remove(organization);
        }
    }

    /** Ends an organization, idle or not; returns false if there is none. */
    synchronized boolean forget(String name) {
        Organization known = byName.get(name);
        if (known == null) {
            return false;
        }
        known.end();
        remove(known);
        return true;
    }

    /**
     * Puts one that has used nothing in the place of an organization; returns false if there is none. Nothing is granted or forgotten
     * meanwhile, so the new one has all that was granted to the old one when it takes its place.
     */
    synchronized boolean reset(String name) {
        for (Organization known = byName.get(name); known != null; known = byName.get(name)) {
            Organization unused = known.unused();
            if (byName.replace(name, known, unused)) {
                addToList(unused);
                known.end();
                return true;
            }
        }
        return false;
    }
}
