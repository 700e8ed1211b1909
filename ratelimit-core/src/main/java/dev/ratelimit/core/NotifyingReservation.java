package dev.ratelimit.core;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Reservation;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.UsedPieces;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

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

    /** Notifies of the answer to the estimate; if it is admitted, of a reservation that is open now. */
    void notifyReserved(Decision decision, @Nullable Report report) {
        store.notifyDecided(caller, endpoint, estimate, decision, report);
        if (decision.isAdmitted()) {
            store.listeners.onReserved(caller, endpoint, estimate);
        }
    }

    @Override
    public Decision decision() {
        return reservation.decision();
    }

    @Override
    public Decision use(Usage more) {
        Report report = Report.of(reports, store.listeners);
        Decision[] decision = new Decision[1];
        Runnable notifying = () -> notifyUsed(more, decision[0], report);
        decision[0] = reservation.use(more, report);
        took(more, decision[0]);
        store.listeners.attempt(notifying);
        return decision[0];
    }

    @Override
    public CompletionStage<Decision> useAsync(Usage more) {
        Report report = Report.of(reports, store.listeners);
        return reservation.useAsync(more, report).thenApply(decision -> {
            took(more, decision);
            store.listeners.attempt(() -> notifyUsed(more, decision, report));
            return decision;
        });
    }

    private void took(Usage more, Decision decision) {
        if (decision.isAdmitted()) {
            used.take(more);
        }
    }

    private void notifyUsed(Usage more, Decision decision, @Nullable Report report) {
        store.listeners.onAdded(caller, endpoint, more, decision);
        if (report != null && decision.isAdmitted()) {
            report.tellNear(caller, endpoint);
        }
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
