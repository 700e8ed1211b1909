package dev.ratelimit.testkit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * An admitted reservation of a {@link ReferenceRateLimiter}: what it has charged in each of its limits, oldest first.
 */
final class ReferenceReservation implements Reservation {

    private final ReferenceDecider decider;
    private final ReferenceMeters meters;
    private final Object lock;
    private final Caller caller;
    private final Map<AppliedLimit, List<ReferenceMeter.Charge>> charges = new LinkedHashMap<>();
    private final boolean reports;
    private final Usage estimate;
    private final Map<Unit, Long> used = new HashMap<>();
    private Decision decision = Decision.admitted();
    private boolean ended;

    /** Makes one that has charged nothing; the lock is that of all decisions. */
    ReferenceReservation(ReferenceDecider decider, Object lock, Caller caller, Usage estimate, boolean reports) {
        this.decider = decider;
        this.meters = decider.meters;
        this.lock = lock;
        this.caller = caller;
        this.estimate = estimate;
        this.reports = reports;
    }

    /** Decides the call by the estimate, and charges that if it is admitted. */
    Decision begin(List<AppliedLimit> limits) {
        decision = charge(limits, limit -> estimate.amountOf(limit.unit()));
        return decision;
    }

    @Override
    public Decision decision() {
        return decision;
    }

    @Override
    public Decision use(Usage piece) {
        requireNonNull(piece, "piece");
        synchronized (lock) {
            if (ended) {
                Rejected late = Rejected.permanent(new ReservationEnded(), "");
                return reports ? late.withLimits(List.of()) : late;
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
                piece.units().forEach(unit -> used.merge(unit, piece.amountOf(unit), ReferenceReservation::sum));
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
        synchronized (lock) {
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
        synchronized (lock) {
            if (ended) {
                return false;
            }
            ended = true;
            // The wall clock is not asked: a charge to a period that is over is forgotten as soon as somebody asks.
            Moment now = decider.clock.readNanoTime();
            charges.forEach((applied, charged) -> {
                Limit limit = applied.limit();
                if (actual.states(limit.unit()) || limit instanceof ConcurrencyLimit) {
                    meters.of(caller, applied).settle(limit, charged, actual.amountOf(limit.unit()), now);
                }
            });
            return true;
        }
    }

    @Override
    public boolean renew() {
        synchronized (lock) {
            Moment now = decider.clock.readNanoTime();
            boolean allCount = !ended;
            for (Map.Entry<AppliedLimit, List<ReferenceMeter.Charge>> each : charges.entrySet()) {
                AppliedLimit applied = each.getKey();
                allCount &= ended || meters.of(caller, applied).renew(applied.limit(), each.getValue(), now);
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

    private Decision charge(List<AppliedLimit> limits, ToLongFunction<Limit> units) {
        Moment now = decider.now(limits);
        List<ReferenceMeter.Refusal> refusals = decider.refusals(caller, limits, units, now);
        Decision decision = ReferenceDecider.decide(caller, refusals);
        List<AppliedLimit> refusing = refusals.stream()
                .map(ReferenceMeter.Refusal::applied)
                .filter(applied -> applied.shadow() == decision.isAdmitted())
                .toList();
        refusing.forEach(applied -> meters.of(caller, applied).refused(applied.limit(), now));
        if (decision.isAdmitted()) {
            for (AppliedLimit applied : limits) {
                if (!refusing.contains(applied)) {
                    Limit limit = applied.limit();
                    ReferenceMeter.Charge charge =
                            meters.of(caller, applied).charge(limit, units.applyAsLong(limit), now);
                    if (charge.units() > 0) {
                        meters.charged(caller, applied);
                    }
                    List<ReferenceMeter.Charge> all = charges.computeIfAbsent(applied, first -> new ArrayList<>());
                    meters.of(caller, applied).join(all, charge, now);
                    all.add(charge);
                }
            }
        }
        return reports ? decision.withLimits(decider.status(caller, limits, now)) : decision;
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
}
