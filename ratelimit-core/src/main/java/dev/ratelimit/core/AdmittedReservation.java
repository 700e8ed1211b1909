package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Usage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The reservation of a call that was admitted: its charges, and the places where they were written.
 *
 * <p>The charges are a list, newest first. To settle or to cancel puts {@link #ENDED} in its place, which only one call can do, and that one
 * owns what the list was. More that was charged meanwhile finds the end there, and is given back.
 *
 * <p>Lock-free. Views and meters are reached through final fields, so a reservation may be handed to another thread in any way.
 */
final class AdmittedReservation implements Reservation {

    private static final VarHandle CHARGES;

    static {
        try {
            CHARGES = MethodHandles.lookup().findVarHandle(AdmittedReservation.class, "charges", Charge.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final Charge ENDED = new Charge(new Rule[0], new Meter.Place[0], new long[0], null);

    private final TierView view;
    private final TierView.Line line;
    private volatile Charge charges;

    AdmittedReservation(TierView view, TierView.Line line, Usage estimate, Meter.Place[] places) {
        this.view = view;
        this.line = line;
        this.charges = new Charge(line.rules, places, units(line.rules, estimate), null);
    }

    private static long[] units(Rule[] rules, Usage usage) {
        long[] units = new long[rules.length];
        for (int i = 0; i < units.length; i++) {
            units[i] = usage.amountOf(rules[i].unit);
        }
        return units;
    }

    @Override
    public Decision decision() {
        return Decision.admitted();
    }

    @Override
    public Decision add(Usage more) {
        requireNonNull(more, "more");
        if (charges == ENDED) {
            return ended();
        }
        Rule[] asked =
                Arrays.stream(line.rules).filter(rule -> more.states(rule.unit)).toArray(Rule[]::new);
        Meter.Place[] places = new Meter.Place[asked.length];
        Rejected rejected = view.charge(asked, line.meters, more, places);
        if (rejected != null) {
            return rejected;
        }
        long[] units = units(asked, more);
        for (Charge last = charges; last != ENDED; last = charges) {
            if (CHARGES.compareAndSet(this, last, last.followedBy(asked, places, units))) {
                return Decision.admitted();
            }
        }
        Charge late = new Charge(asked, places, units, null);
        for (Rule rule : asked) {
            replace(late, rule, 0);
        }
        return ended();
    }

    private static Rejected ended() {
        return Rejected.forGood(new ReservationEnded(), "");
    }

    @Override
    public boolean settle(Usage actual) {
        requireNonNull(actual, "actual");
        Charge last = end();
        for (Rule rule : line.rules) {
            if (last != ENDED && actual.states(rule.unit)) {
                replace(last, rule, actual.amountOf(rule.unit));
            }
        }
        return last != ENDED;
    }

    @Override
    public boolean cancel() {
        Charge last = end();
        for (Rule rule : line.rules) {
            replace(last, rule, 0);
        }
        return last != ENDED;
    }

    private Charge end() {
        return (Charge) CHARGES.getAndSet(this, ENDED);
    }

    /** Leaves so many units of a limit charged: the newest of what there is, and more if there are too few. */
    private void replace(Charge last, Rule rule, long units) {
        Meter meter = view.meter(line.meters, rule);
        Charge newest = null;
        long missing = units;
        for (Charge charge = last; charge != null; charge = charge.earlier) {
            int i = charge.indexOf(rule);
            if (i >= 0) {
                newest = newest == null ? charge : newest;
                long kept = Math.min(missing, charge.units[i]);
                missing -= kept;
                if (kept < charge.units[i]) {
                    meter.refund(charge.places[i], charge.units[i] - kept);
                }
            }
        }
        if (missing > 0 && newest != null) {
            meter.chargeMore(rule, newest.places[newest.indexOf(rule)], missing, view.clocks.nanoTime());
        }
    }

    /** What was charged at once: so many units of each rule, and where. */
    private static final class Charge {

        final Rule[] rules;
        final Meter.Place[] places;
        final long[] units;
        final @Nullable Charge earlier;

        Charge(Rule[] rules, Meter.Place[] places, long[] units, @Nullable Charge earlier) {
            this.rules = rules;
            this.places = places;
            this.units = units;
            this.earlier = earlier;
        }

        /** Returns the charges with a further one, which is one with the last if it was written to the same places. */
        Charge followedBy(Rule[] rules, Meter.Place[] places, long[] units) {
            if (!Arrays.equals(this.rules, rules) || !Arrays.equals(this.places, places)) {
                return new Charge(rules, places, units, this);
            }
            long[] sums = new long[units.length];
            Arrays.setAll(sums, i -> this.units[i] + units[i]);
            return new Charge(rules, places, sums, earlier);
        }

        int indexOf(Rule rule) {
            return Arrays.asList(rules).indexOf(rule);
        }
    }
}
