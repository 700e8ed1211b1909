package dev.ratelimit.core;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.UsedPieces;
import java.util.ArrayList;
import java.util.List;

/**
 * A reservation of which listeners are notified. It is made before the call is decided, so that nothing can fail once
 * the call is charged.
 */
final class NotifyingReservation implements Reservation {

    private final OrganizationStore store;
    private final Caller caller;
    private final String endpoint;
    private final Usage estimate;

    /** What its pieces have used, for those who hear what it is settled for. */
    private final UsedPieces used;

    /** The reservation itself, set once before any other thread sees this. */
    @SuppressWarnings("NullAway.Init")
    Reservation reservation;

    NotifyingReservation(OrganizationStore store, Caller caller, String endpoint, Usage estimate) {
        this.store = store;
        this.caller = caller;
        this.endpoint = endpoint;
        this.estimate = estimate;
        this.used = new UsedPieces(estimate);
    }

    @Override
    public Decision decision() {
        return reservation.decision();
    }

    @Override
    public Decision use(Usage more) {
        long began = store.clocks.nanoTime();
        Decision[] decision = new Decision[1];
        Runnable notifying = () -> notifyAdded(more, decision[0], began);
        decision[0] = reservation.use(more);
        if (decision[0].isAdmitted()) {
            used.take(more);
        }
        store.listeners.attempt(notifying);
        return decision[0];
    }

    private void notifyAdded(Usage more, Decision decision, long began) {
        store.listeners.onAdded(caller, endpoint, more, decision);
        if (decision instanceof Admitted admitted) {
            List<Rejected> notCharged = new ArrayList<>(admitted.shadowRejections());
            if (decision() instanceof Admitted estimated) {
                notCharged.addAll(estimated.shadowRejections()); // those limits are not asked for more
            }
            store.notifyNear(caller, endpoint, notCharged, unit -> more.states(unit) ? more.amountOf(unit) : 0, began);
        }
    }

    @Override
    public boolean settle(Usage actual) {
        long began = store.clocks.nanoTime();
        Runnable notifying = () -> {
            store.listeners.onSettled(caller, endpoint, estimate, actual);
            store.notifyNear(caller, endpoint, List.of(), unit -> 0, began);
        };
        boolean settled = reservation.settle(actual);
        if (settled) {
            store.listeners.attempt(notifying);
        }
        return settled;
    }

    @Override
    public boolean settle() {
        return settle(used.sum());
    }

    @Override
    public boolean cancel() {
        Runnable notifying = () -> store.listeners.onCancelled(caller, endpoint, estimate);
        boolean cancelled = reservation.cancel();
        if (cancelled) {
            store.listeners.attempt(notifying);
        }
        return cancelled;
    }

    @Override
    public boolean renew() {
        return reservation.renew();
    }
}
