package dev.ratelimit.testkit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Admitted;
import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Cause;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.AdminChecks;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A rate limiter that is obviously right: each meter is the list of its charges, and each answer is read off that list.
 *
 * <p>Exact to the nanosecond for every limit, whatever its {@link dev.ratelimit.Precision}, and therefore what other
 * limiters are compared with. It takes time and memory in proportion to the charges that count, and never drops a meter
 * or the name of an endpoint: for tests only.
 *
 * <p>Safe for use by many threads. Calls are decided one at a time, at one reading of the clocks each, so that the
 * order of the decisions is an order of their times as well.
 */
public final class ReferenceRateLimiter implements RateLimiter {

    private final TierResolver tiers;
    private final TimeSource time;
    private final ReferenceClock clock;
    private final int maxUnlistedEndpoints;
    private final Map<Key, ReferenceMeter> meters = new HashMap<>();

    /**
     * By organization: the endpoints that no table names, that have used something, and that have meters of their own.
     */
    private final Map<String, Set<Scope>> unlisted = new HashMap<>();

    /**
     * Makes a limiter of which nothing is used.
     *
     * @param tiers tells the tier of a call that does not bring one
     * @param time the clocks to go by
     */
    public ReferenceRateLimiter(TierResolver tiers, TimeSource time) {
        this(tiers, time, Integer.MAX_VALUE);
    }

    /**
     * Makes a limiter of which nothing is used, with a bound for the endpoints that no table names. As many of an
     * organization have meters of their own, those that first use something. All further ones share {@link
     * Scope.Endpoint#OVERFLOW}.
     *
     * @param tiers tells the tier of a call that does not bring one
     * @param time the clocks to go by
     * @param maxUnlistedEndpoints how many such endpoints have meters of their own
     */
    public ReferenceRateLimiter(TierResolver tiers, TimeSource time, int maxUnlistedEndpoints) {
        this.tiers = requireNonNull(tiers, "tiers");
        this.time = requireNonNull(time, "time");
        this.clock = new ReferenceClock(time);
        this.maxUnlistedEndpoints = maxUnlistedEndpoints;
    }

    @Override
    public Decision tryAcquire(String organization, String endpoint, Usage usage) {
        return tryAcquire(callerOf(organization), endpoint, usage);
    }

    @Override
    public Decision tryAcquire(Caller caller, String endpoint, Usage usage) {
        return reserve(caller, endpoint, requireNonNull(usage, "usage")).decision();
    }

    @Override
    public Reservation reserve(String organization, String endpoint, Usage estimate) {
        return reserve(callerOf(organization), endpoint, estimate);
    }

    @Override
    public synchronized Reservation reserve(Caller caller, String endpoint, Usage estimate) {
        requireNonNull(caller, "caller");
        requireNonNull(estimate, "estimate");
        Booking booking = new Booking(caller);
        booking.decision = booking.charge(limitsFor(caller, endpoint), estimate);
        return booking.decision instanceof Rejected rejected ? Reservation.rejected(rejected) : booking;
    }

    @Override
    public Decision peek(String organization, String endpoint, Usage usage) {
        return peek(callerOf(organization), endpoint, usage);
    }

    @Override
    public synchronized Decision peek(Caller caller, String endpoint, Usage usage) {
        requireNonNull(caller, "caller");
        requireNonNull(usage, "usage");
        List<AppliedLimit> limits = limitsFor(caller, endpoint);
        return decide(caller, limits, usage, now(limits));
    }

    @Override
    public List<LimitStatus> status(String organization, String endpoint) {
        return status(callerOf(organization), endpoint);
    }

    @Override
    public synchronized List<LimitStatus> status(Caller caller, String endpoint) {
        requireNonNull(caller, "caller");
        return status(caller, limitsFor(caller, endpoint));
    }

    @Override
    public List<LimitStatus> status(String organization) {
        return status(callerOf(organization));
    }

    @Override
    public synchronized List<LimitStatus> status(Caller caller) {
        requireNonNull(caller, "caller");
        Tier tier = caller.tier();
        Set<String> others = new TreeSet<>();
        for (Key key : meters.keySet()) {
            if (key.organization.equals(caller.organization())
                    && key.meter.scope() instanceof Scope.Endpoint endpoint) {
                others.add(endpoint.name());
            }
        }
        tier.namedEndpoints().forEach(name -> others.remove(new Scope.Endpoint(name).name()));
        List<AppliedLimit> known = tier.namedLimits();
        List<AppliedLimit> all = new ArrayList<>(known);
        for (String other : others) {
            tier.limitsFor(other).stream()
                    .filter(limit -> limit.scope() instanceof Scope.Endpoint)
                    .forEach(all::add);
        }
        return status(caller, all).stream()
                .filter(status -> known.contains(status.applied()) || status.used() > 0)
                .toList();
    }

    private List<LimitStatus> status(Caller caller, List<AppliedLimit> limits) {
        Moment now = now(limits);
        return limits.stream()
                .map(applied -> meter(caller, applied).status(applied, now))
                .toList();
    }

    /**
     * Charges to the limits of a caller's tier what those of a former tier count now that have the same table, scope
     * and unit, and another span. All of it is charged, whether it fits or not, each time that this is called.
     *
     * @param caller whose limits are charged, and their tier
     * @param former the same organization, and the tier that it had
     * @throws IllegalArgumentException if the callers are of two organizations
     */
    public synchronized void carryOver(Caller caller, Caller former) {
        AdminChecks.requireSameOrganization(caller, former);
        Moment now = clock.read();
        Map<AppliedLimit, Long> counting = new LinkedHashMap<>();
        for (Key key : List.copyOf(meters.keySet())) {
            limitsOf(former, key.meter)
                    .filter(limit -> keyOf(former, limit).equals(key))
                    .forEach(limit -> limitsOf(caller, key.meter)
                            .filter(other -> !MeterKey.Span.of(other.limit()).equals(key.meter.span()))
                            .forEach(other ->
                                    counting.put(other, meter(former, limit).used(now))));
        }
        counting.forEach((limit, units) -> meter(caller, limit).chargeAnyway(units, now));
    }

    /** Returns the limits of a caller's tier that have the table, the scope and the unit of a meter. */
    private static Stream<AppliedLimit> limitsOf(Caller caller, MeterKey key) {
        List<AppliedLimit> limits = key.scope() instanceof Scope.Endpoint endpoint
                ? caller.tier().limitsFor(endpoint.name())
                : caller.tier().namedLimits();
        return limits.stream()
                .filter(limit -> limit.table().equals(key.table())
                        && limit.scope().equals(key.scope())
                        && limit.limit().unit().equals(key.unit()));
    }

    @Override
    public TimeSource timeSource() {
        return time;
    }

    private Caller callerOf(String organization) {
        return tiers.callerOf(organization);
    }

    /** Reads the clocks; the wall clock only for quotas whose periods end, so that only they depend on it. */
    private Moment now(List<AppliedLimit> limits) {
        return limits.stream().anyMatch(ReferenceRateLimiter::goesByTheWallClock) ? clock.read() : clock.readNanoTime();
    }

    private static boolean goesByTheWallClock(AppliedLimit applied) {
        return applied.limit() instanceof Quota quota && !quota.period().equals(QuotaPeriod.lifetime());
    }

    private List<AppliedLimit> limitsFor(Caller caller, String endpoint) {
        List<AppliedLimit> limits = caller.tier().limitsFor(endpoint);
        Set<Scope> own = unlisted.getOrDefault(caller.organization(), Set.of());
        boolean counts = caller.tier().namedEndpoints().contains(endpoint)
                || own.size() < maxUnlistedEndpoints
                || own.contains(new Scope.Endpoint(endpoint));
        return counts
                ? limits
                : limits.stream().map(ReferenceRateLimiter::shared).toList();
    }

    private static AppliedLimit shared(AppliedLimit limit) {
        return limit.scope() instanceof Scope.Endpoint
                ? AppliedLimit.of(limit.table(), Scope.Endpoint.OVERFLOW, limit.limit(), limit.shadow())
                : limit;
    }

    /**
     * Takes note that a limit was charged: if it is of an endpoint that no table names, that endpoint has a meter of
     * its own from now on.
     */
    private void charged(Caller caller, AppliedLimit limit) {
        Stream<Scope> named = caller.tier().namedEndpoints().stream().map(Scope.Endpoint::new);
        if (limit.scope() instanceof Scope.Endpoint
                && !limit.scope().equals(Scope.Endpoint.OVERFLOW)
                && named.noneMatch(limit.scope()::equals)) {
            unlisted.computeIfAbsent(caller.organization(), name -> new HashSet<>())
                    .add(limit.scope());
        }
    }

    private Decision decide(Caller caller, List<AppliedLimit> limits, Usage usage, Moment now) {
        List<ReferenceMeter.Refusal> refusals = limits.stream()
                .flatMap(applied -> meter(caller, applied).refusal(applied, usage, now).stream())
                .toList();
        String notice = caller.tier().message();
        List<Rejected> shadowRejections = refusals.stream()
                .filter(refusal -> refusal.applied().shadow())
                .map(refusal -> refusal.rejected(notice))
                .toList();
        return refusals.stream()
                .filter(refusal -> !refusal.applied().shadow())
                .reduce((longest, next) -> next.outlasts(longest) ? next : longest)
                .map(longest -> (Decision) longest.rejected(notice))
                .orElse(new Admitted(shadowRejections));
    }

    private ReferenceMeter meter(Caller caller, AppliedLimit applied) {
        Limit limit = applied.limit();
        return meters.computeIfAbsent(
                keyOf(caller, applied),
                missing -> limit instanceof RateLimit rate
                        ? new ReferenceWindow(rate.window())
                        : new ReferenceQuota(((Quota) limit).period()));
    }

    private static Key keyOf(Caller caller, AppliedLimit applied) {
        return new Key(caller.organization(), MeterKey.of(caller.tier().account(), applied));
    }

    /** An admitted reservation: what it has charged in each of its limits, oldest first. */
    private final class Booking implements Reservation {

        private final Caller caller;
        private final Map<AppliedLimit, List<ReferenceMeter.Charge>> charges = new LinkedHashMap<>();
        private Decision decision = Decision.admitted();
        private boolean ended;

        Booking(Caller caller) {
            this.caller = caller;
        }

        @Override
        public Decision decision() {
            return decision;
        }

        @Override
        public Decision add(Usage more) {
            requireNonNull(more, "more");
            synchronized (ReferenceRateLimiter.this) {
                return ended ? Rejected.permanent(new ReservationEnded(), "") : charge(statedBy(more), more);
            }
        }

        @Override
        public boolean settle(Usage actual) {
            requireNonNull(actual, "actual");
            synchronized (ReferenceRateLimiter.this) {
                if (ended) {
                    return false;
                }
                ended = true;
                // The wall clock is not asked: a charge to a period that is over is forgotten as soon as somebody asks.
                Moment now = clock.readNanoTime();
                charges.forEach((applied, charged) -> {
                    if (actual.states(applied.limit().unit())) {
                        long units = actual.amountOf(applied.limit().unit());
                        meter(caller, applied).settle(charged, units, now);
                    }
                });
                return true;
            }
        }

        @Override
        public boolean cancel() {
            Usage nothing = Usage.of(Unit.CALLS, 0);
            for (AppliedLimit applied : charges.keySet()) {
                nothing = nothing.and(applied.limit().unit(), 0);
            }
            return settle(nothing);
        }

        Decision charge(List<AppliedLimit> limits, Usage usage) {
            Moment now = now(limits);
            Decision decision = decide(caller, limits, usage, now);
            if (decision instanceof Admitted admitted) {
                for (AppliedLimit applied : chargedBy(admitted, limits)) {
                    long units = usage.amountOf(applied.limit().unit());
                    if (units > 0) {
                        charged(caller, applied);
                    }
                    ReferenceMeter.Charge charge = meter(caller, applied).charge(units, now);
                    charges.computeIfAbsent(applied, first -> new ArrayList<>()).add(charge);
                }
            }
            return decision;
        }

        /** Returns the limits without those that only would have refused. */
        private static List<AppliedLimit> chargedBy(Admitted admitted, List<AppliedLimit> limits) {
            List<Cause> refusing =
                    admitted.shadowRejections().stream().map(Rejected::cause).toList();
            return limits.stream()
                    .filter(applied -> !refusing.contains(new LimitReached(applied)))
                    .toList();
        }

        private List<AppliedLimit> statedBy(Usage usage) {
            return charges.keySet().stream()
                    .filter(applied -> usage.states(applied.limit().unit()))
                    .toList();
        }
    }

    private record Key(String organization, MeterKey meter) {}
}
