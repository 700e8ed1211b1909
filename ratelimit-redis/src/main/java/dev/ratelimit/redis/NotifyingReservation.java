package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.UsedPieces;
import java.util.concurrent.CompletionStage;

/** A reservation that listeners are told of. */
final class NotifyingReservation implements AsyncReservation {

    private final AsyncReservation reservation;
    private final Listeners listeners;
    private final Caller caller;
    private final String endpoint;
    private final Usage estimate;

    /** What its pieces have used, for those who hear what it is settled for. */
    private final UsedPieces used;

    NotifyingReservation(
            AsyncReservation reservation, Listeners listeners, Caller caller, String endpoint, Usage estimate) {
        this.reservation = reservation;
        this.listeners = listeners;
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
    public Decision use(Usage piece) {
        return used(piece, reservation.use(piece));
    }

    @Override
    public CompletionStage<Decision> useAsync(Usage piece) {
        return reservation.useAsync(piece).thenApply(decision -> used(piece, decision));
    }

    private Decision used(Usage piece, Decision decision) {
        if (decision.isAdmitted()) {
            used.take(piece);
        }
        listeners.onAdded(caller, endpoint, piece, decision);
        return decision;
    }

    @Override
    public boolean settle() {
        return settle(used.sum());
    }

    @Override
    public CompletionStage<Boolean> settleAsync() {
        return settleAsync(used.sum());
    }

    @Override
    public boolean settle(Usage actual) {
        return settled(actual, reservation.settle(actual));
    }

    @Override
    public CompletionStage<Boolean> settleAsync(Usage actual) {
        return reservation.settleAsync(actual).thenApply(ended -> settled(actual, ended));
    }

    private boolean settled(Usage actual, boolean ended) {
        if (ended) {
            listeners.onSettled(caller, endpoint, estimate, actual);
        }
        return ended;
    }

    @Override
    public boolean cancel() {
        return cancelled(reservation.cancel());
    }

    @Override
    public CompletionStage<Boolean> cancelAsync() {
        return reservation.cancelAsync().thenApply(this::cancelled);
    }

    @Override
    public boolean renew() {
        return reservation.renew();
    }

    @Override
    public CompletionStage<Boolean> renewAsync() {
        return reservation.renewAsync();
    }

    @Override
    public CompletionStage<Boolean> confirmed() {
        return reservation.confirmed();
    }

    private boolean cancelled(boolean ended) {
        if (ended) {
            listeners.onCancelled(caller, endpoint, estimate);
        }
        return ended;
    }
}
