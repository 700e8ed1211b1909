package dev.ratelimit.testkit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Admitted;
import dev.ratelimit.AppliedLimit;
import dev.ratelimit.AsyncRateLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Resolution;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.AdminChecks;
import dev.ratelimit.kernel.Endpoints;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * A rate limiter that is obviously right: a meter is the list of its charges, and each answer is read off that list; a
 * token bucket is reckoned in whole numbers of any size.
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
     * organization have meters of their own, those that first use something. All further ones share the {@linkplain
     * Scope.Endpoint#isOverflow() overflow} of their row.
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
    public Decision tryAcquire(Resolution who, String endpoint, Usage usage) {
        return reserve(who, endpoint, requireNonNull(usage, "usage")).decision();
    }

    @Override
    public Reservation reserve(Resolution who, String endpoint, Usage estimate) {
        return reserve(who, endpoint, estimate, false);
    }

    private synchronized Reservation reserve(Resolution who, String endpoint, Usage estimate, boolean reports) {
        requireNonNull(who, "who");
        requireNonNull(endpoint, "endpoint");
        requireNonNull(estimate, "estimate");
        Resolution resolved = Endpoints.resolve(who, endpoint);
        if (!(resolved instanceof Caller caller)) {
            return Reservation.rejected(refused((Rejected) resolved, reports));
        }
        Booking booking = new Booking(caller, estimate, reports);
        booking.decision = booking.charge(limitsFor(caller, endpoint), limit -> estimate.amountOf(limit.unit()));
        return booking.decision instanceof Rejected rejected ? Reservation.rejected(rejected) : booking;
    }

    @Override
    public Recorded record(Resolution who, String endpoint, Usage usage) {
        return record(who, endpoint, usage, false);
    }

    private synchronized Recorded record(Resolution who, String endpoint, Usage usage, boolean reports) {
        requireNonNull(who, "who");
        requireNonNull(endpoint, "endpoint");
        requireNonNull(usage, "usage");
        Resolution resolved = Endpoints.resolve(who, endpoint);
        if (!(resolved instanceof Caller caller)) {
            return Recorded.notCharged(refused((Rejected) resolved, reports));
        }
        List<AppliedLimit> limits = limitsFor(caller, endpoint);
        Moment now = now(limits);
        Decision answer = decide(caller, refusals(caller, limits, limit -> usage.amountOf(limit.unit()), now));
        for (AppliedLimit applied : limits) {
            ReferenceMeter meter = meter(caller, applied);
            long units = usage.amountOf(applied.limit().unit());
            if (!applied.shadow() || meter.refusal(applied, units, now).isEmpty()) {
                if (meter.chargeAnyway(applied.limit(), units, now) > 0) {
                    charged(caller, applied);
                }
            }
        }
        return Recorded.charged(reports ? answer.withLimits(status(caller, limits, now)) : answer);
    }

    private static Rejected refused(Rejected refusal, boolean reports) {
        return reports ? refusal.withLimits(List.of()) : refusal;
    }

    @Override
    public Decision peek(Resolution who, String endpoint, Usage usage) {
        return peek(who, endpoint, usage, false);
    }

    private synchronized Decision peek(Resolution who, String endpoint, Usage usage, boolean reports) {
        requireNonNull(who, "who");
        requireNonNull(endpoint, "endpoint");
        requireNonNull(usage, "usage");
        Resolution resolved = Endpoints.resolve(who, endpoint);
        if (!(resolved instanceof Caller caller)) {
            return refused((Rejected) resolved, reports);
        }
        List<AppliedLimit> limits = limitsFor(caller, endpoint);
        Moment now = now(limits);
        Decision decision = decide(caller, refusals(caller, limits, limit -> usage.amountOf(limit.unit()), now));
        return reports ? decision.withLimits(status(caller, limits, now)) : decision;
    }

    @Override
    public synchronized List<LimitStatus> status(Resolution who, String endpoint) {
        requireNonNull(who, "who");
        requireNonNull(endpoint, "endpoint");
        return who instanceof Caller caller ? status(caller, limitsFor(caller, endpoint)) : List.of();
    }

    @Override
    public synchronized List<LimitStatus> status(Resolution who) {
        requireNonNull(who, "who");
        if (!(who instanceof Caller caller)) {
            return List.of();
        }
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
        return status(caller, limits, now(limits));
    }

    private List<LimitStatus> status(Caller caller, List<AppliedLimit> limits, Moment now) {
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
        counting.forEach((limit, units) -> meter(caller, limit).chargeAnyway(limit.limit(), units, now));
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
    public Caller caller(String organization) {
        return tiers.callerOf(organization);
    }

    @Override
    public TimeSource timeSource() {
        return time;
    }

    @Override
    public RateLimiter reporting() {
        return new Reporting();
    }

    @Override
    public AsyncRateLimiter async() {
        return AsyncRateLimiter.immediate(this);
    }

    /** The same limiter, whose decisions tell the limits of the call. */
    private final class Reporting implements RateLimiter {

        @Override
        public Decision tryAcquire(Resolution who, String endpoint, Usage usage) {
            return reserve(who, endpoint, requireNonNull(usage, "usage")).decision();
        }

        @Override
        public Decision peek(Resolution who, String endpoint, Usage usage) {
            return ReferenceRateLimiter.this.peek(who, endpoint, usage, true);
        }

        @Override
        public Reservation reserve(Resolution who, String endpoint, Usage estimate) {
            return ReferenceRateLimiter.this.reserve(who, endpoint, estimate, true);
        }

        @Override
        public Recorded record(Resolution who, String endpoint, Usage usage) {
            return ReferenceRateLimiter.this.record(who, endpoint, usage, true);
        }

        @Override
        public List<LimitStatus> status(Resolution who, String endpoint) {
            return ReferenceRateLimiter.this.status(who, endpoint);
        }

        @Override
        public List<LimitStatus> status(Resolution who) {
            return ReferenceRateLimiter.this.status(who);
        }

        @Override
        public Caller caller(String organization) {
            return ReferenceRateLimiter.this.caller(organization);
        }

        @Override
        public TimeSource timeSource() {
            return time;
        }

        @Override
        public RateLimiter reporting() {
            return this;
        }

        @Override
        public AsyncRateLimiter async() {
            return AsyncRateLimiter.immediate(this);
        }
    }

    /** Reads the clocks; the wall clock only for quotas whose periods end, so that only they depend on it. */
    private Moment now(List<AppliedLimit> limits) {
        return limits.stream().anyMatch(ReferenceRateLimiter::goesByTheWallClock) ? clock.read() : clock.readNanoTime();
    }

    private static boolean goesByTheWallClock(AppliedLimit applied) {
        return applied.limit() instanceof Quota quota && !quota.period().equals(QuotaPeriod.lifetime());
    }

    private List<AppliedLimit> limitsFor(Caller caller, String endpoint) {
        Set<Scope> own = unlisted.getOrDefault(caller.organization(), Set.of());
        boolean counts = own.size() < maxUnlistedEndpoints || own.contains(new Scope.Endpoint(endpoint));
        return counts ? caller.tier().limitsFor(endpoint) : caller.tier().overflowFor(endpoint);
    }

    /**
     * Takes note that a limit was charged: if it is of an endpoint that no table names, that endpoint has a meter of
     * its own from now on.
     */
    private void charged(Caller caller, AppliedLimit limit) {
        Stream<Scope> named = caller.tier().namedEndpoints().stream().map(Scope.Endpoint::new);
        if (limit.scope() instanceof Scope.Endpoint endpoint
                && !caller.tier().overflowFor(endpoint.name()).contains(limit)
                && named.noneMatch(endpoint::equals)) {
            unlisted.computeIfAbsent(caller.organization(), name -> new HashSet<>())
                    .add(endpoint);
        }
    }

    /** Returns which limits refuse a call, of which the function tells the units. */
    private List<ReferenceMeter.Refusal> refusals(
            Caller caller, List<AppliedLimit> limits, ToLongFunction<Limit> units, Moment now) {
        return limits.stream()
                .flatMap(applied ->
                        meter(caller, applied).refusal(applied, units.applyAsLong(applied.limit()), now).stream())
                .toList();
    }

    private static Decision decide(Caller caller, List<ReferenceMeter.Refusal> refusals) {
        String notice = caller.tier().message();
        List<Rejected> shadowRejections = refusals.stream()
                .filter(refusal -> refusal.applied().shadow())
                .map(refusal -> refusal.rejected(notice, refusal.certainWait()))
                .toList();
        List<ReferenceMeter.Refusal> inForce =
                refusals.stream().filter(refusal -> !refusal.applied().shadow()).toList();
        Duration certain = inForce.stream()
                .map(ReferenceMeter.Refusal::certainWait)
                .reduce(Duration.ZERO, (longest, next) -> next.compareTo(longest) > 0 ? next : longest);
        return inForce.stream()
                .reduce((longest, next) -> next.outlasts(longest) ? next : longest)
                .map(longest -> (Decision) longest.rejected(notice, certain))
                .orElse(Admitted.of(shadowRejections));
    }

    private ReferenceMeter meter(Caller caller, AppliedLimit applied) {
        return meters.computeIfAbsent(keyOf(caller, applied), missing -> ReferenceMeter.of(applied.limit()));
    }

    private static Key keyOf(Caller caller, AppliedLimit applied) {
        return new Key(caller.organization(), MeterKey.of(caller.tier().account(), applied));
    }

    /** An admitted reservation: what it has charged in each of its limits, oldest first. */
    private final class Booking implements Reservation {

        private final Caller caller;
        private final Map<AppliedLimit, List<ReferenceMeter.Charge>> charges = new LinkedHashMap<>();
        private Decision decision = Decision.admitted();
        private final boolean reports;
        private final Usage estimate;
        private final Map<Unit, Long> used = new HashMap<>();
        private boolean ended;

        Booking(Caller caller, Usage estimate, boolean reports) {
            this.caller = caller;
            this.estimate = estimate;
            this.reports = reports;
        }

        @Override
        public Decision decision() {
            return decision;
        }

        @Override
        public Decision use(Usage piece) {
            requireNonNull(piece, "piece");
            synchronized (ReferenceRateLimiter.this) {
                if (ended) {
                    return refused(Rejected.permanent(new ReservationEnded(), ""), reports);
                }
                Set<Unit> asked = new HashSet<>();
                Usage more = piece;
                for (Unit unit : piece.units()) {
                    long left = Math.max(0, estimate.amountOf(unit) - used.getOrDefault(unit, 0L));
                    long missing = piece.amountOf(unit) - left;
                    if (left == 0 || missing > 0) {
                        asked.add(unit);
                        more = with(more, unit, missing);
                    }
                }
                Usage beyond = more;
                Decision decision = charge(
                        limitsOf(asked),
                        limit -> limit instanceof PerCallLimit
                                ? sum(used.getOrDefault(limit.unit(), 0L), piece.amountOf(limit.unit()))
                                : beyond.amountOf(limit.unit()));
                if (decision.isAdmitted()) {
                    piece.units().forEach(unit -> used.merge(unit, piece.amountOf(unit), ReferenceRateLimiter::sum));
                }
                return decision;
            }
        }

        private List<AppliedLimit> limitsOf(Set<Unit> units) {
            return charges.keySet().stream()
                    .filter(applied -> units.contains(applied.limit().unit()))
                    .toList();
        }

        @Override
        public boolean settle() {
            synchronized (ReferenceRateLimiter.this) {
                Map<Unit, Long> sum = new HashMap<>(used);
                estimate.units().stream()
                        .filter(unit -> !unit.equals(Unit.CALLS))
                        .forEach(unit -> sum.putIfAbsent(unit, 0L));
                Usage actual = Usage.of(Unit.CALLS, estimate.amountOf(Unit.CALLS));
                for (Map.Entry<Unit, Long> each : sum.entrySet()) {
                    actual = with(actual, each.getKey(), each.getValue());
                }
                return settle(actual);
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
                    Limit limit = applied.limit();
                    if (actual.states(limit.unit()) || limit instanceof ConcurrencyLimit) {
                        meter(caller, applied).settle(limit, charged, actual.amountOf(limit.unit()), now);
                    }
                });
                return true;
            }
        }

        @Override
        public boolean renew() {
            synchronized (ReferenceRateLimiter.this) {
                Moment now = clock.readNanoTime();
                boolean allCount = !ended;
                for (Map.Entry<AppliedLimit, List<ReferenceMeter.Charge>> each : charges.entrySet()) {
                    AppliedLimit applied = each.getKey();
                    allCount &= ended || meter(caller, applied).renew(applied.limit(), each.getValue(), now);
                }
                return allCount;
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

        Decision charge(List<AppliedLimit> limits, ToLongFunction<Limit> units) {
            Moment now = now(limits);
            List<ReferenceMeter.Refusal> refusals = refusals(caller, limits, units, now);
            Decision decision = decide(caller, refusals);
            List<AppliedLimit> refusing = refusals.stream()
                    .map(ReferenceMeter.Refusal::applied)
                    .filter(applied -> applied.shadow() == decision.isAdmitted())
                    .toList();
            refusing.forEach(applied -> meter(caller, applied).refused(applied.limit(), now));
            if (decision.isAdmitted()) {
                for (AppliedLimit applied : limits) {
                    if (!refusing.contains(applied)) {
                        Limit limit = applied.limit();
                        ReferenceMeter.Charge charge =
                                meter(caller, applied).charge(limit, units.applyAsLong(limit), now);
                        if (charge.units() > 0) {
                            charged(caller, applied);
                        }
                        List<ReferenceMeter.Charge> all = charges.computeIfAbsent(applied, first -> new ArrayList<>());
                        meter(caller, applied).join(all, charge, now);
                        all.add(charge);
                    }
                }
            }
            return reports ? decision.withLimits(status(caller, limits, now)) : decision;
        }
    }

    /** Returns a usage with another amount of a unit. */
    private static Usage with(Usage usage, Unit unit, long amount) {
        Usage changed = Usage.of(unit, amount);
        for (Unit other : usage.units()) {
            changed = other.equals(unit) ? changed : changed.and(other, usage.amountOf(other));
        }
        return changed;
    }

    private static long sum(long one, long other) {
        return Math.min(one + other, 1L << 53);
    }

    private record Key(String organization, MeterKey meter) {}
}
