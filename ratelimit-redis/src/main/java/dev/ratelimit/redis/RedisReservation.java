package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The reservation of a call that Redis admitted: it remembers what was charged where, and Redis remembers nothing of it but the charges.
 *
 * <p>To settle or to cancel takes the charges away, which only one call can do. More that was admitted meanwhile finds that they are
 * gone, and is given back. The lock is held for no longer than that takes, never while Redis is asked.
 */
final class RedisReservation implements AsyncReservation {

    private static final long MOST_UNITS = 1L << 53;

    private final Meters meters;
    private final Away away;
    private final String endpoint;
    private final Target target;
    private final Decision decision;
    private final List<Rule> rules;

    /** By rule, oldest first; null when the reservation has ended. Guarded by this. */
    private @Nullable List<List<Meters.Charge>> charges;

    RedisReservation(Meters meters, Away away, String endpoint, Meters.Outcome estimate) {
        this.meters = meters;
        this.away = away;
        this.endpoint = endpoint;
        this.decision = estimate.decision();
        this.target = estimate.charged();
        this.rules = target.rules();
        List<List<Meters.Charge>> none = new ArrayList<>();
        rules.forEach(rule -> none.add(new ArrayList<>()));
        this.charges = none;
        append(none, estimate);
    }

    @Override
    public Decision decision() {
        return decision;
    }

    @Override
    public Decision add(Usage more) {
        return Link.await(added(more), failure -> away.add(target.caller(), endpoint, more));
    }

    @Override
    public CompletionStage<Decision> addAsync(Usage more) {
        return Link.otherwise(added(more), failure -> away.add(target.caller(), endpoint, more));
    }

    private CompletableFuture<Decision> added(Usage more) {
        requireNonNull(more, "more");
        if (hasEnded()) {
            return CompletableFuture.completedFuture(ended());
        }
        List<Rule> asked =
                rules.stream().filter(rule -> more.states(rule.unit())).toList();
        return meters.charge(target.only(asked), more).thenCompose(this::keep);
    }

    private synchronized boolean hasEnded() {
        return charges == null;
    }

    private CompletableFuture<Decision> keep(Meters.Outcome more) {
        synchronized (this) {
            if (charges != null) {
                append(charges, more);
                return CompletableFuture.completedFuture(more.decision());
            }
        }
        List<Meters.Change> back = new ArrayList<>();
        for (int i = 0; i < more.charges().size(); i++) {
            Meters.Charge charge = more.charges().get(i);
            if (charge.units() > 0) {
                back.add(new Meters.Change(more.charged().rules().get(i), List.of(charge), 0, charge.first()));
            }
        }
        // Not waited for: it is on its way before the answer, and so before whatever is asked thereafter.
        CompletableFuture<Boolean> unused = meters.settle(target, back);
        return CompletableFuture.completedFuture(ended());
    }

    private void append(List<List<Meters.Charge>> to, Meters.Outcome more) {
        for (int i = 0; i < more.charges().size(); i++) {
            Rule rule = more.charged().rules().get(i);
            Meters.Charge charge = more.charges().get(i);
            // Nothing leaves no mark in a window, but says to which period of a quota the reservation belongs.
            if (charge.units() > 0 || rule.periods != null) {
                append(to.get(rules.indexOf(rule)), charge);
            }
        }
    }

    private static void append(List<Meters.Charge> to, Meters.Charge charge) {
        int last = to.size() - 1;
        if (last >= 0 && isAtTheSamePlace(to.get(last), charge)) {
            long units = to.get(last).units() + charge.units();
            to.set(last, new Meters.Charge(charge.first(), charge.second(), units));
        } else {
            to.add(charge);
        }
    }

    private static boolean isAtTheSamePlace(Meters.Charge one, Meters.Charge other) {
        return one.first() == other.first()
                && one.second() == other.second()
                && one.units() + other.units() <= MOST_UNITS;
    }

    private static Decision ended() {
        return Rejected.forGood(new ReservationEnded(), "");
    }

    @Override
    public boolean settle(Usage actual) {
        return Link.await(settled(requireNonNull(actual, "actual")), failure -> true);
    }

    @Override
    public CompletionStage<Boolean> settleAsync(Usage actual) {
        return Link.otherwise(settled(requireNonNull(actual, "actual")), failure -> true);
    }

    @Override
    public boolean cancel() {
        return Link.await(settled(null), failure -> true);
    }

    @Override
    public CompletionStage<Boolean> cancelAsync() {
        return Link.otherwise(settled(null), failure -> true);
    }

    /** Ends the reservation with what was used, or, if that is null, with nothing. */
    private CompletableFuture<Boolean> settled(@Nullable Usage actual) {
        List<List<Meters.Charge>> taken = end();
        if (taken == null) {
            return CompletableFuture.completedFuture(false);
        }
        List<Meters.Change> changes = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            if (actual == null || actual.states(rule.unit())) {
                long units = actual == null ? 0 : actual.amountOf(rule.unit());
                addChange(changes, rule, taken.get(i), units);
            }
        }
        return meters.settle(target, changes);
    }

    private synchronized @Nullable List<List<Meters.Charge>> end() {
        List<List<Meters.Charge>> taken = charges;
        charges = null;
        return taken;
    }

    /** Leaves so many units charged: the newest of what there is, and more if that is too little. */
    private static void addChange(List<Meters.Change> changes, Rule rule, List<Meters.Charge> charged, long units) {
        List<Meters.Charge> refunds = new ArrayList<>();
        long missing = units;
        for (int i = charged.size() - 1; i >= 0; i--) {
            Meters.Charge charge = charged.get(i);
            long kept = Math.min(charge.units(), missing);
            missing -= kept;
            if (kept < charge.units()) {
                refunds.add(new Meters.Charge(charge.first(), charge.second(), charge.units() - kept));
            }
        }
        if (missing > 0 || !refunds.isEmpty()) {
            long period =
                    rule.periods == null ? 0 : charged.get(charged.size() - 1).first();
            changes.add(new Meters.Change(rule, refunds, missing, period));
        }
    }
}
