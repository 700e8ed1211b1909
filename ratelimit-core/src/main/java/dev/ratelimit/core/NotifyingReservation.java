package dev.ratelimit.core;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Reservation;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.UsedPieces;

/**
 * A reservation of which listeners are notified. It is made before the call is decided, so that nothing can fail once
 * the call is charged.
 */
final class NotifyingReservation implements Reservation {

    private final OrganizationStore store;
    private final Caller caller;
    private final String endpoint;
    private final Usage estimate;

    /** Whether its decisions tell where the organization stands. */
    private final boolean reports;

    /** What its pieces have used, for those who hear what it is settled for. */
    private final UsedPieces used;

    /** The reservation itself, set once before any other thread sees this. */
    @SuppressWarnings("NullAway.Init")
    private InMemoryReservation reservation;

    NotifyingReservation(OrganizationStore store, Caller caller, String endpoint, Usage estimate, boolean reports) {
        this.store = store;
        this.caller = caller;
        this.endpoint = endpoint;
        this.estimate = estimate;
        this.reports = reports;
        this.used = new UsedPieces(estimate);
    }

    /** Sets the reservation, once. Returns this. */
    NotifyingReservation of(InMemoryReservation itself) {
        reservation = itself;
        return this;
    }

    @Override
    public Decision decision() {
        return reservation.decision();
    }

    @Override
    public Decision use(Usage more) {
        Report report = Report.of(reports, store.listeners);
        Decision[] decision = new Decision[1];
        Runnable notifying = () -> {
            store.listeners.onAdded(caller, endpoint, more, decision[0]);
            if (report != null && decision[0].isAdmitted()) {
                report.tellNear(caller, endpoint);
            }
        };
        decision[0] = reservation.use(more, report);
        if (decision[0].isAdmitted()) {
            used.take(more);
        }
        store.listeners.attempt(notifying);
        return decision[0];
    }

    @Override
    public boolean settle(Usage actual) {
        Report report = Report.of(false, store.listeners);
        Runnable notifying = () -> {
            store.listeners.onSettled(caller, endpoint, estimate, actual);
            if (report != null) {
                report.tellNear(caller, endpoint);
            }
        };
        boolean settled = reservation.settle(actual, report);
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
