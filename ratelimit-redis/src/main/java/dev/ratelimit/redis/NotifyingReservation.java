package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import java.util.concurrent.CompletionStage;

/**
 * A reservation that listeners are told of.
 *
 * @param reservation was admitted
 * @param listeners are told
 * @param caller who called
 * @param endpoint what was called
 * @param estimate what was charged first
 */
record NotifyingReservation(
        AsyncReservation reservation, Listeners listeners, Caller caller, String endpoint, Usage estimate)
        implements AsyncReservation {

    @Override
    public Decision decision() {
        return reservation.decision();
    }

    @Override
    public Decision add(Usage more) {
        return added(more, reservation.add(more));
    }

    @Override
    public CompletionStage<Decision> addAsync(Usage more) {
        return reservation.addAsync(more).thenApply(decision -> added(more, decision));
    }

    private Decision added(Usage more, Decision decision) {
        listeners.onAdded(caller, endpoint, more, decision);
        return decision;
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
