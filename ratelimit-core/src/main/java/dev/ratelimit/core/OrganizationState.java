package dev.ratelimit.core;

import static java.util.Comparator.comparingInt;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.kernel.MeterKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is kept for one organization: its meters by key.
 *
 * <h2>Its life</h2>
 *
 * State that is idle, so that no later decision depends on it, is dropped. {@code life} is a ticket that only grows:
 * even while the state is live, odd while somebody checks whether it is idle, and {@link #DEAD} in the end. Who checks
 * raises it to an odd number, then looks at all meters, then either raises it again or puts DEAD in its place, by a CAS
 * from the number it had set. Who has decided a call then reads {@code life}: if a check is under way, he raises it,
 * and the check's last CAS fails; if the state is dead, he decides again on a new one. A charge is written before
 * {@code life} is read, and {@code life} is set to odd before the charges are read; so one of the two sees the other,
 * and no charge that was reported as admitted is ever dropped while it counts.
 *
 * <p>Lock-free: a call decides again only when the state was dropped meanwhile.
 */
final class OrganizationState extends MeterTable {

    /** Even, so that nobody takes it for a check; no count of checks gets there. */
    private static final long DEAD = Long.MIN_VALUE;

    /* As measured, with names of about 20 characters, on a JVM that compresses pointers. */
    private static final long BYTES = 160;
    private static final long BYTES_OF_METER = 90;
    private static final long BYTES_OF_NEAR_LIMITS = 200;

    private static final VarHandle LIFE = VarHandles.of(MethodHandles.lookup(), "life", long.class);

    final String name;
    final OrganizationStore store;

    /** How many snapshots had begun when this organization got its place. */
    final int snapshots;

    private volatile long life;

    /** The compiled tier of the tier that it was last on, as a hint, and to hold it. */
    private @Nullable CompiledTier compiled;

    /** The next in the list of the {@link IdleSweeper}, which guards it. */
    @Nullable
    OrganizationState older;

    /** Made with the first endpoint that no table names. */
    private volatile @Nullable UnlistedEndpoints unlisted;

    /** Made with the first call that listeners are told near limits of. */
    private volatile @Nullable NearLimitTracker near;

    OrganizationState(String name, OrganizationStore store, int snapshots) {
        this.name = name;
        this.store = store;
        this.snapshots = snapshots;
    }

    /** Returns the compiled tier of a tier, and holds it. */
    CompiledTier compiled(Tier tier) {
        CompiledTier known = compiled; // may be seen late, but never half made: its fields are final
        if (known != null && known.tier.equals(tier)) {
            return known;
        }
        CompiledTier found = store.tierCache.of(tier);
        compiled = found;
        return found;
    }

    /** Holds a compiled tier, so that it stays while this organization is on its tier. */
    void hold(CompiledTier usual) {
        if (compiled != usual) {
            compiled = usual;
        }
    }

    /** Returns the limits of an endpoint, in the order of charging. */
    CompiledLimit[] limits(CompiledTier compiled, String endpoint) {
        CompiledLimit[] known = compiled.find(endpoint);
        return known != null ? known : unlisted().limits(compiled, endpoint);
    }

    /**
     * Returns the limits of an endpoint, in the order of charging, as a call would meet them; that they are asked for
     * takes up no name.
     */
    CompiledLimit[] peekLimits(CompiledTier compiled, String endpoint) {
        CompiledLimit[] known = compiled.find(endpoint);
        if (known != null) {
            return known;
        }
        UnlistedEndpoints endpoints = unlisted;
        return (endpoints != null ? endpoints : newUnlisted()).peekLimits(compiled, endpoint);
    }

    /**
     * Returns what to look at some limits' meters in: this, if it has all of them; or else a copy that is not kept, to
     * make the others in.
     */
    OrganizationState view(CompiledLimit[] limits) {
        for (CompiledLimit limit : limits) {
            if (find(limit) == null) {
                return copy(limits);
            }
        }
        return this;
    }

    private OrganizationState copy(CompiledLimit[] limits) {
        OrganizationState copy = new OrganizationState(name, store, snapshots);
        for (CompiledLimit limit : limits) {
            Meter meter = find(limit);
            if (meter != null) {
                copy.put(limit.key, meter);
            }
        }
        return copy;
    }

    @Override
    Meter newMeter(MeterKey key) {
        Clocks clocks = store.clocks;
        return key.span() instanceof MeterKey.Window window
                ? new SlidingWindow(window.length().toNanos() + clocks.lag, clocks.nanoTime())
                : new PeriodCounter(SavedMeter.Period.periods(key), clocks);
    }

    /** Returns where this organization stands with the limits of an endpoint, in the order of the tables. */
    List<LimitStatus> status(Tier tier, String endpoint) {
        CompiledLimit[] limits = peekLimits(compiled(tier), endpoint);
        OrganizationState view = view(limits);
        long now = store.clocks.nanoTime();
        return inOrderOfTables(limits)
                .map(limit -> view.meter(limit).status(limit, now))
                .toList();
    }

    /**
     * Returns where it stands with all limits of a tier, and behind them those of other endpoints of which something is
     * used or granted.
     */
    List<LimitStatus> status(Tier tier) {
        long now = store.clocks.nanoTime();
        CompiledTier compiled = compiled(tier);
        Stream<LimitStatus> known = compiled.limits.values().stream().map(limit -> status(limit, now));
        Stream<LimitStatus> touched = otherEndpoints(compiled).stream()
                .flatMap(endpoint -> inOrderOfTables(peekLimits(compiled, endpoint)))
                .filter(limit -> limit.key.scope() instanceof Scope.Endpoint)
                .map(limit -> status(limit, now))
                .filter(status -> status.used() > 0 || status.granted() > 0);
        return Stream.concat(known, touched).toList();
    }

    private static Stream<CompiledLimit> inOrderOfTables(CompiledLimit[] limits) {
        return Arrays.stream(limits).sorted(comparingInt(limit -> limit.order));
    }

    /** Returns where this organization stands with a limit; that it is asked for makes no meter. */
    private LimitStatus status(CompiledLimit limit, long now) {
        Meter meter = find(limit);
        return meter != null
                ? meter.status(limit, now)
                : LimitStatus.of(limit.applied, 0, 0, Optional.of(Duration.ZERO));
    }

    /** Returns the endpoints that have meters but no name in a tier, by the names that they are metered by under it. */
    private Set<String> otherEndpoints(CompiledTier compiled) {
        Set<String> named = compiled.tier.namedEndpoints().stream()
                .map(endpoint -> new Scope.Endpoint(endpoint).name())
                .collect(Collectors.toSet());
        UnlistedEndpoints endpoints = unlisted;
        UnlistedEndpoints known = endpoints != null ? endpoints : newUnlisted();
        Set<String> others = new TreeSet<>();
        forEach((key, meter) -> {
            if (key.scope() instanceof Scope.Endpoint endpoint && !named.contains(endpoint.name())) {
                others.add(known.peekName(endpoint.name()));
            }
        });
        return others;
    }

    /**
     * Returns the compiled form of a limit. That of an endpoint which no table names is the one that the endpoint is
     * metered by.
     */
    CompiledLimit limit(Tier tier, AppliedLimit applied) {
        CompiledTier compiled = compiled(tier);
        CompiledLimit named = compiled.limits.get(applied);
        return named != null
                ? named
                : Arrays.stream(limits(compiled, applied.scope().name()))
                        .filter(limit -> limit.applied.table().equals(applied.table()))
                        .findFirst()
                        .orElseThrow();
    }

    /** Grants so many units more of a quota, or fewer, and returns where this organization then stands. */
    LimitStatus grant(CompiledLimit quota, long units) {
        PeriodCounter counter = (PeriodCounter) meter(quota);
        return counter.grant(quota, units, store.clocks.nanoTime());
    }

    /**
     * Returns another state of this organization: with the same names of endpoints and the same grants, of which
     * nothing is used.
     */
    OrganizationState unused() {
        OrganizationState unused = new OrganizationState(name, store, snapshots);
        unused.unlisted = unlisted;
        forEach((key, meter) -> {
            PeriodCounter granted = meter instanceof PeriodCounter counter ? counter.unused() : null;
            if (granted != null) {
                unused.put(key, granted);
            }
        });
        return unused;
    }

    /**
     * Estimates the heap that this organization takes with so many meters, but for their marks, and its entry in the
     * map of organizations.
     */
    long estimatedBytes(long meters) {
        long bytes = BYTES + meters * BYTES_OF_METER + (near == null ? 0 : BYTES_OF_NEAR_LIMITS);
        UnlistedEndpoints endpoints = unlisted;
        return endpoints == null ? bytes : bytes + endpoints.estimatedBytes();
    }

    private UnlistedEndpoints unlisted() {
        UnlistedEndpoints known = unlisted;
        return known != null ? known : addUnlisted();
    }

    private synchronized UnlistedEndpoints addUnlisted() {
        UnlistedEndpoints known = unlisted;
        if (known == null) {
            known = newUnlisted();
            unlisted = known;
        }
        return known;
    }

    private UnlistedEndpoints newUnlisted() {
        return new UnlistedEndpoints(store.maxEndpoints);
    }

    /** Returns which limits of this organization are nearly used up. */
    NearLimitTracker near() {
        NearLimitTracker known = near;
        return known != null ? known : addNear();
    }

    private synchronized NearLimitTracker addNear() {
        NearLimitTracker known = near;
        if (known == null) {
            known = new NearLimitTracker(store.clocks);
            near = known;
        }
        return known;
    }

    /**
     * Tells whether what was decided here holds. If the state was found to be idle meanwhile, it must be decided again
     * elsewhere.
     */
    boolean confirmLive() {
        long seen = life;
        while ((seen & 1) != 0) {
            if (LIFE.compareAndSet(this, seen, seen + 1)) {
                return true;
            }
            seen = life;
        }
        return seen != DEAD;
    }

    /** Returns the state that takes the place of this one, which has ended. */
    OrganizationState renewed() {
        store.remove(this);
        return store.require(name);
    }

    /**
     * Returns what counts of this organization, with ages as of a reading of the monotonic clock. A meter that cannot
     * be saved is left out and logged: it must not cost anybody else the snapshot.
     */
    SavedOrganization save(long now) {
        List<SavedMeter> saved = new ArrayList<>();
        forEach((key, meter) -> {
            try {
                SavedMeter one = meter.save(key, now);
                if (one != null) {
                    saved.add(one);
                }
            } catch (RuntimeException thrown) {
                store.listeners.log("A meter could not be saved in a snapshot", thrown);
            }
        });
        UnlistedEndpoints endpoints = unlisted;
        return new SavedOrganization(name, saved, endpoints == null ? List.of() : endpoints.names());
    }

    /** Puts back what was saved so many nanoseconds ago. Endpoints that shared meters then go on to share them. */
    void restore(SavedOrganization saved, long elapsed) {
        Clocks clocks = store.clocks;
        reserve(saved.meters().size());
        for (SavedMeter meter : saved.meters()) {
            Meter restored = meter instanceof SavedMeter.Window window
                    ? new SlidingWindow(window, elapsed, clocks.lag, clocks.nanoTime())
                    : PeriodCounter.restored((SavedMeter.Period) meter, elapsed, clocks);
            if (!restored.isIdle(clocks.nanoTime())) {
                put(meter.key(), restored);
            }
        }
        boolean shared =
                saved.meters().stream().anyMatch(meter -> meter.key().scope().equals(Scope.Endpoint.OVERFLOW));
        if (shared || !saved.endpoints().isEmpty()) {
            unlisted = new UnlistedEndpoints(shared ? 0 : store.maxEndpoints, saved.endpoints());
        }
    }

    /** Ends this state, idle or not. */
    void end() {
        life = DEAD;
    }

    /** Begins to check whether this state is idle, unless it has ended. For one thread at a time. */
    boolean beginCheck() {
        long live = life;
        return live != DEAD && LIFE.compareAndSet(this, live, live + 1);
    }

    /** Tells whether a check is under way that no call has stopped. */
    boolean isUnderCheck() {
        return (life & 1) != 0;
    }

    /** Ends a check, and this state if it is idle and nobody has called meanwhile. Tells whether it has ended. */
    boolean endCheck(boolean idle) {
        long checking = life;
        if ((checking & 1) != 0 && !LIFE.compareAndSet(this, checking, idle ? DEAD : checking + 1)) {
            return false;
        }
        return life == DEAD;
    }
}
