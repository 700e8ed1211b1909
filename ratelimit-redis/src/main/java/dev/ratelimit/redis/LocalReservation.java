package dev.ratelimit.redis;

import dev.ratelimit.Decision;
import dev.ratelimit.Reservation;
import dev.ratelimit.Usage;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A reservation that Redis has no part in.
 *
 * @param reservation does at once what it is asked
 */
record LocalReservation(Reservation reservation) implements AsyncReservation {

    @Override
    public Decision decision() {
        return reservation.decision();
    }

    @Override
    public Decision add(Usage more) {
        return reservation.add(more);
    }

    @Override
    public boolean settle(Usage actual) {
        return reservation.settle(actual);
    }

    @Override
    public boolean cancel() {
        return reservation.cancel();
    }

    @Override
    public CompletionStage<Decision> addAsync(Usage more) {
        return CompletableFuture.completedFuture(add(more));
    }

    @Override
    public CompletionStage<Boolean> settleAsync(Usage actual) {
        return CompletableFuture.completedFuture(settle(actual));
    }

    @Override
    public CompletionStage<Boolean> cancelAsync() {
        return CompletableFuture.completedFuture(cancel());
    }
}
