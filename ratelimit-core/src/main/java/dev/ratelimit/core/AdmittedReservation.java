package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Admitted;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The reservation of a call that was admitted.
 *
 * <p>Its charges are a list, newest first. To settle or to cancel takes the list away, which only one call can do, and that one owns it
 * then. More that was charged meanwhile finds that it is gone, and is given back.
 *
 * <p>It may outlive the state of its organization, which is dropped when it is idle. What it gives back is then nothing, since it does
 * not count any more; what it charges goes to the new state.
 *
 * <p>Lock-free. It must be published safely, by a volatile field or a queue for example: a thread that gets hold of it by a race may find
 * it ended.
 */
final class AdmittedReservation implements Reservation {

    private static final VarHandle CHARGES = Handles.of(MethodHandles.lookup(), "charges", Charge.class);

    private final Tier tier;
    private final Admitted decision;
    private final Charge estimate;
    private volatile @Nullable Charge charges;

    AdmittedReservation(Tier tier, Admitted decision, Charge estimate) {
        this.tier = tier;
        this.decision = decision;
        this.estimate = estimate;
        this.charges = estimate;
    }

    @Override
    public Decision decision() {
        return decision;
    }

    @Override
    public Decision add(Usage more) {
        requireNonNull(more, "more");
        Charge last = charges;
        if (last == null) {
            return ended();
        }
        Rule[] asked = Arrays.stream(estimate.rules)
                .filter(rule -> more.states(rule.unit))
                .toArray(Rule[]::new);
        Organization organization = last.organization;
        Charge added = new Charge(organization, asked, more);
        Decision decided = charge(added, more);
        while (!organization.keep()) {
            organization = organization.renewed();
            added = new Charge(organization, asked, more);
            decided = charge(added, more);
        }
        return decided instanceof Admitted admitted
                ? append(added.without(admitted.shadowRejections()), admitted)
                : decided;
    }

    private Decision charge(Charge added, Usage more) {
        Organization organization = added.organization;
        return organization.organizations.decider.charge(organization.plan(tier), added, more);
    }

    private Decision append(Charge added, Admitted admitted) {
        for (Charge last = charges; last != null; last = charges) {
            if (CHARGES.compareAndSet(this, last, added.after(last))) {
                return admitted;
            }
        }
        for (int i = 0; i < added.rules.length; i++) {
            added.keep(i, 0);
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
        if (last == null) {
            return false;
        }
        for (Rule rule : estimate.rules) {
            if (actual.states(rule.unit)) {
                replace(last, rule, actual.amountOf(rule.unit));
            }
        }
        return true;
    }

    @Override
    public boolean cancel() {
        Charge last = end();
        if (last == null) {
            return false;
        }
        for (Rule rule : estimate.rules) {
            replace(last, rule, 0);
        }
        return true;
    }

    private @Nullable Charge end() {
        return (Charge) CHARGES.getAndSet(this, null);
    }

    /** Leaves so many units of a limit charged: the newest of what there is, and more of it if that is too little. */
    private static void replace(Charge last, Rule rule, long units) {
        Charge newest = null;
        long missing = units;
        for (Charge charge = last; charge != null; charge = charge.earlier) {
            int i = charge.indexOf(rule);
            if (i >= 0) {
                newest = newest == null ? charge : newest;
                missing -= charge.keep(i, missing);
            }
        }
        if (newest != null && missing > 0) {
            newest.chargeMore(rule, missing);
        }
    }
}
