package dev.ratelimit.testkit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.AsyncRateLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Member;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Scope;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.AdminChecks;
import dev.ratelimit.kernel.Endpoints;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.kernel.Party;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A rate limiter that is obviously right: a meter is the list of its charges, and each answer is read off that list; a
 * token bucket is reckoned in whole numbers of any size.
 *
 * <p>Exact to the nanosecond for every limit, whatever its {@link dev.ratelimit.Precision}, and therefore what other
 * limiters are compared with. It takes time and memory in proportion to the charges that count, and never drops a
 * meter, a member or the name of an endpoint: for tests only.
 *
 * <p>Safe for use by many threads. Calls are decided one at a time, at one reading of the clocks each, so that the
 * order of the decisions is an order of their times as well.
 */
public final class ReferenceRateLimiter implements RateLimiter {

    private final TierResolver tiers;
    private final TimeSource time;
    private final ReferenceMeters meters;
    private final ReferenceDecider decider;

    /**
     * Makes a limiter of which nothing is used.
     *
     * @param tiers tells the tier of a call that does not bring one
     * @param time the clocks to go by
     */
    public ReferenceRateLimiter(TierResolver tiers, TimeSource time) {
        this(tiers, time, Integer.MAX_VALUE, Integer.MAX_VALUE);
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
        this(tiers, time, maxUnlistedEndpoints, Integer.MAX_VALUE);
    }

    /**
     * Makes a limiter of which nothing is used, with a bound for the endpoints that no table names, and one for
     * members. As many members of an organization have meters of their own, those that first use something. All further
     * ones of a kind share its {@linkplain Member#overflow overflow}, and so do all new ones once one does.
     *
     * @param tiers tells the tier of a call that does not bring one
     * @param time the clocks to go by
     * @param maxUnlistedEndpoints how many endpoints that no table names have meters of their own, for each party
     * @param maxMembers how many members of an organization have meters of their own
     */
    public ReferenceRateLimiter(TierResolver tiers, TimeSource time, int maxUnlistedEndpoints, int maxMembers) {
        this.tiers = requireNonNull(tiers, "tiers");
        this.time = requireNonNull(time, "time");
        this.meters = new ReferenceMeters(maxUnlistedEndpoints, maxMembers);
        this.decider = new ReferenceDecider(new ReferenceClock(time), meters);
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
        ReferenceReservation reservation = new ReferenceReservation(decider, this, caller, estimate, reports);
        return reservation.begin(meters.limitsFor(caller, endpoint)) instanceof Rejected rejected
                ? Reservation.rejected(rejected)
                : reservation;
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
        List<AppliedLimit> limits = meters.limitsFor(caller, endpoint);
        Moment now = decider.now(limits);
        Decision answer = ReferenceDecider.decide(
                caller, decider.refusals(caller, limits, limit -> usage.amountOf(limit.unit()), now));
        for (AppliedLimit applied : limits) {
            ReferenceMeter meter = meters.of(caller, applied);
            long units = usage.amountOf(applied.limit().unit());
            if (!applied.shadow() || meter.refusal(applied, units, now).isEmpty()) {
                if (meter.chargeAnyway(applied.limit(), units, now) > 0) {
                    meters.charged(caller, applied);
                }
            }
        }
        return Recorded.charged(reports ? answer.withLimits(decider.status(caller, limits, now)) : answer);
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
        List<AppliedLimit> limits = meters.limitsFor(caller, endpoint);
        Moment now = decider.now(limits);
        Decision decision = ReferenceDecider.decide(
                caller, decider.refusals(caller, limits, limit -> usage.amountOf(limit.unit()), now));
        return reports ? decision.withLimits(decider.status(caller, limits, now)) : decision;
    }

    @Override
    public synchronized List<LimitStatus> status(Resolution who, String endpoint) {
        requireNonNull(who, "who");
        requireNonNull(endpoint, "endpoint");
        return who instanceof Caller caller ? status(caller, meters.limitsFor(caller, endpoint)) : List.of();
    }

    @Override
    public synchronized List<LimitStatus> status(Resolution who) {
        requireNonNull(who, "who");
        if (!(who instanceof Caller caller)) {
            return List.of();
        }
        return meters.parties(caller).stream()
                .flatMap(party -> overview(caller, party).stream())
                .toList();
    }

    /** Returns the limits that a party has one meter of, used or not, and those of other endpoints that are used. */
    private List<LimitStatus> overview(Caller caller, Party party) {
        Set<String> others = meters.endpoints(caller, party);
        party.tier().namedEndpoints().forEach(name -> others.remove(new Scope.Endpoint(name).name()));
        List<AppliedLimit> known = party.namedLimits();
        List<AppliedLimit> all = new ArrayList<>(known);
        for (String other : others) {
            party.limits(other).own().stream()
                    .filter(limit -> limit.scope() instanceof Scope.Endpoint)
                    .forEach(all::add);
        }
        return status(caller, all).stream()
                .filter(status -> known.contains(status.applied()) || status.used() > 0)
                .toList();
    }

    private List<LimitStatus> status(Caller caller, List<AppliedLimit> limits) {
        return decider.status(caller, limits, decider.now(limits));
    }

    /**
     * Charges to the limits of a caller's tier what those of a former tier count now that have the same table, scope
     * and unit, and another span; so for each member that both callers name. All of it is charged, whether it fits or
     * not, each time that this is called.
     *
     * @param caller whose limits are charged, and their tier
     * @param former the same organization, and the tier that it had
     * @throws IllegalArgumentException if the callers are of two organizations
     */
    public synchronized void carryOver(Caller caller, Caller former) {
        AdminChecks.requireSameOrganization(caller, former);
        Moment now = decider.clock.read();
        Map<AppliedLimit, Long> counting = new LinkedHashMap<>();
        for (AppliedLimit limit : meters.metered(former)) {
            MeterKey key = MeterKey.of(former.tier().account(), limit);
            meters.limitsOf(caller, key)
                    .filter(other -> !MeterKey.Span.of(other.limit()).equals(key.span()))
                    .forEach(other ->
                            counting.put(other, meters.of(former, limit).used(now)));
        }
        counting.forEach((limit, units) -> meters.of(caller, limit).chargeAnyway(limit.limit(), units, now));
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
}
