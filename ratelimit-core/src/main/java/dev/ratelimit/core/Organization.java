package dev.ratelimit.core;

import static java.util.Comparator.comparingInt;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is kept for one organization: its meters by key.
 *
 * <h2>Its life</h2>
 *
 * State that is idle, so that no later decision depends on it, is dropped. {@code life} is a ticket that only grows: even while the state is
 * live, odd while somebody checks whether it is idle, and {@link #DEAD} in the end. Who checks raises it to an odd number, then looks at all
 * meters, then either raises it again or puts DEAD in its place, by a CAS from the number it had set. Who has decided a call
 * then reads {@code life}: if a check is under way, he raises it, and the check's last CAS fails; if the state is dead, he decides again
 * on a new one. A charge is written before {@code life} is read, and {@code life} is set to odd before the charges are read; so one of the
 * two sees the other, and no charge that was reported as admitted is ever dropped while it counts.
 *
 * <p>Lock-free: a call decides again only when the state was dropped meanwhile.
 */
final class Organization extends MeterTable {

    /** Even, so that nobody takes it for a check; no count of checks gets there. */
    private static final long DEAD = Long.MIN_VALUE;

    /* As measured, with names of about 20 characters, on a JVM that compresses pointers. */
    private static final long BYTES = 160;
    private static final long BYTES_OF_METER = 90;
    private static final long BYTES_OF_NAMES = 150;
    private static final long BYTES_OF_NEAR_LIMITS = 200;

    private static final Scope FURTHER = new Scope.Endpoint(EndpointNames.FURTHER);

    private static final VarHandle LIFE = Handles.of(MethodHandles.lookup(), "life", long.class);

    final String name;
    final Organizations organizations;

    /** How many snapshots had begun when this organization got its place. */
    final int snapshots;

    private volatile long life;

    /** A hint: the plan of the tier that it was last on. */
    private @Nullable Plan plan;

    /** The next in the list of organizations, which guards it. */
    @Nullable
    Organization older;

    /** Made with the first endpoint that no table names. */
    private volatile @Nullable EndpointNames unlisted;

    /** Made with the first call that listeners are told near limits of. */
    private volatile @Nullable NearLimits near;

    Organization(String name, Organizations organizations, int snapshots) {
        this.name = name;
        this.organizations = organizations;
        this.snapshots = snapshots;
    }

    /** Returns the plan of a tier. */
    Plan plan(Tier tier) {
        Plan known = plan; // may be seen late, but never half made: its fields are final
        if (known != null && known.tier.equals(tier)) {
            return known;
        }
        Plan found = organizations.plans.of(tier);
        plan = found;
        return found;
    }

    /** Returns the rules of an endpoint, in the order of charging. */
    Rule[] rules(Plan plan, String endpoint) {
        Rule[] known = plan.known(endpoint);
        return known != null ? known : plan.unlisted(meteredName(endpoint));
    }

    /** Returns the rules of an endpoint, in the order of charging, as a call would meet them; that they are asked for takes up no name. */
    Rule[] knownRules(Plan plan, String endpoint) {
        Rule[] known = plan.known(endpoint);
        return known != null ? known : plan.unlisted(knownName(endpoint));
    }

    /** Returns what to look at some rules' meters in: this, if it has all of them; or else a copy that is not kept, to make the others in. */
    Organization view(Rule[] rules) {
        for (Rule rule : rules) {
            if (known(rule) == null) {
                return copy(rules);
            }
        }
        return this;
    }

    private Organization copy(Rule[] rules) {
        Organization copy = new Organization(name, organizations, snapshots);
        for (Rule rule : rules) {
            Meter meter = known(rule);
            if (meter != null) {
                copy.put(rule.key, meter);
            }
        }
        return copy;
    }

    @Override
    Meter newMeter(Rule.Key key) {
        Clocks clocks = organizations.clocks;
        return key.span() instanceof Duration window
                ? new SlidingWindow(window.toNanos() + clocks.lag, clocks.nanoTime())
                : new PeriodCounter((QuotaPeriod) key.span(), clocks);
    }

    /** Returns where this organization stands with the limits of an endpoint, in the order of the tables. */
    List<LimitStatus> status(Tier tier, String endpoint) {
        Rule[] rules = knownRules(plan(tier), endpoint);
        Organization view = view(rules);
        long now = organizations.clocks.nanoTime();
        return Arrays.stream(rules)
                .sorted(comparingInt(rule -> rule.order))
                .map(rule -> view.meter(rule).status(rule, now))
                .toList();
    }

    /** Returns where it stands with all limits of a tier, and behind them those of other endpoints of which something is used or granted. */
    List<LimitStatus> status(Tier tier) {
        long now = organizations.clocks.nanoTime();
        Stream<LimitStatus> known = status(tier, tier.limits().stream(), now);
        Stream<AppliedLimit> others = meteredEndpoints(tier).stream()
                .filter(endpoint -> !tier.namedEndpoints().contains(endpoint))
                .flatMap(endpoint -> tier.limitsFor(endpoint).stream())
                .filter(limit -> limit.scope() instanceof Scope.Endpoint);
        Stream<LimitStatus> touched =
                status(tier, others, now).filter(status -> status.used() > 0 || status.granted() > 0);
        return Stream.concat(known, touched).toList();
    }

    private Stream<LimitStatus> status(Tier tier, Stream<AppliedLimit> limits, long now) {
        return limits.map(limit -> status(Rule.of(tier, limit), now));
    }

    /** Returns where this organization stands with a limit; that it is asked for makes no meter. */
    private LimitStatus status(Rule rule, long now) {
        Meter meter = known(rule);
        return meter != null ? meter.status(rule, now) : LimitStatus.of(rule.limit, 0, 0, Optional.of(Duration.ZERO));
    }

    /** Returns the endpoints that have meters, those that a tier does not name by the names that it would meter them by. */
    private Set<String> meteredEndpoints(Tier tier) {
        Set<String> endpoints = new TreeSet<>();
        forEach((key, meter) -> {
            if (key.scope() instanceof Scope.Endpoint endpoint) {
                String name = endpoint.name();
                endpoints.add(tier.namedEndpoints().contains(name) ? name : knownName(name));
            }
        });
        return endpoints;
    }

    /** Returns a limit of a tier, where an endpoint that no table names is that which it is metered by. */
    Rule rule(Tier tier, AppliedLimit limit) {
        if (limit.scope() instanceof Scope.Endpoint endpoint
                && !tier.namedEndpoints().contains(endpoint.name())) {
            Scope metered = new Scope.Endpoint(meteredName(endpoint.name()));
            limit = new AppliedLimit(limit.table(), metered, limit.limit(), limit.shadow());
        }
        return new Rule(organizations.plans.canonical(Rule.Key.of(tier, limit)), limit, 0);
    }

    /** Grants so many units more of a quota, or fewer, and returns where this organization then stands. */
    LimitStatus grant(Rule quota, long units) {
        Meter meter = meter(quota);
        long now = organizations.clocks.nanoTime();
        ((PeriodCounter) meter).grant(units, now);
        return meter.status(quota, now);
    }

    /** Returns another state of this organization: with the same names of endpoints and the same grants, of which nothing is used. */
    Organization unused() {
        Organization unused = new Organization(name, organizations, snapshots);
        unused.unlisted = unlisted;
        forEach((key, meter) -> {
            PeriodCounter granted = meter instanceof PeriodCounter counter ? counter.unused() : null;
            if (granted != null) {
                unused.put(key, granted);
            }
        });
        return unused;
    }

    /** Estimates the heap that this organization takes with so many meters, but for their marks, and its entry in the map of organizations. */
    long estimatedBytes(long meters) {
        long bytes = BYTES + meters * BYTES_OF_METER;
        return bytes + (unlisted == null ? 0 : BYTES_OF_NAMES) + (near == null ? 0 : BYTES_OF_NEAR_LIMITS);
    }

    /** Returns the name that an endpoint which no table names is or would be metered by, without taking it up. */
    private String knownName(String endpoint) {
        EndpointNames names = unlisted;
        return (names != null ? names : newNames()).knownName(endpoint);
    }

    /** Returns the name that an endpoint which no table names is metered by. */
    String meteredName(String endpoint) {
        EndpointNames names = unlisted;
        if (names == null) {
            names = addNames();
        }
        return names.meteredName(endpoint);
    }

    /** Returns which limits of this organization are nearly used up. */
    NearLimits near() {
        NearLimits known = near;
        return known != null ? known : addNear();
    }

    private synchronized NearLimits addNear() {
        NearLimits known = near;
        if (known == null) {
            known = new NearLimits(organizations.clocks);
            near = known;
        }
        return known;
    }

    private synchronized EndpointNames addNames() {
        EndpointNames names = unlisted;
        if (names == null) {
            names = newNames();
            unlisted = names;
        }
        return names;
    }

    private EndpointNames newNames() {
        return new EndpointNames(organizations.maxEndpoints);
    }

    /** Tells whether what was decided here holds. If the state was found to be idle meanwhile, it must be decided again elsewhere. */
    boolean keep() {
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
    Organization renewed() {
        organizations.remove(this);
        return organizations.require(name);
    }

    /** Returns what counts of this organization, with ages as of a reading of the monotonic clock. */
    SavedOrganization save(long now) {
        List<SavedMeter> saved = new ArrayList<>();
        forEach((key, meter) -> {
            SavedMeter one = meter.save(key, now);
            if (one != null) {
                saved.add(one);
            }
        });
        EndpointNames names = unlisted;
        return new SavedOrganization(name, saved, names == null ? List.of() : names.own());
    }

    /** Puts back what was saved so many nanoseconds ago. Endpoints that shared meters then go on to share them. */
    void restore(SavedOrganization saved, long elapsed) {
        Clocks clocks = organizations.clocks;
        boolean shared = false;
        for (SavedMeter meter : saved.meters()) {
            Rule.Key key = organizations.plans.canonical(meter.key());
            if (meter instanceof SavedMeter.Window window) {
                put(key, new SlidingWindow(window, elapsed, clocks.lag, clocks.nanoTime()));
            } else if (meter instanceof SavedMeter.Period period
                    && clocks.highest().isBefore(period.bounds().end())) {
                put(key, new PeriodCounter(period, clocks));
            }
            shared |= meter.key().scope().equals(FURTHER);
        }
        if (shared || !saved.endpoints().isEmpty()) {
            unlisted = new EndpointNames(shared ? 0 : organizations.maxEndpoints, saved.endpoints());
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

    /** Ends a check, and this state if it is idle and nobody has called meanwhile. Tells whether it has ended. */
    boolean endCheck(boolean idle) {
        long checking = life;
        if ((checking & 1) != 0 && !LIFE.compareAndSet(this, checking, idle ? DEAD : checking + 1)) {
            return false;
        }
        return life == DEAD;
    }

    boolean isIdle() {
        return isIdle(organizations.clocks.nanoTime());
    }
}
