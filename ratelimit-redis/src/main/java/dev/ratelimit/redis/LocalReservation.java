package dev.ratelimit.redis;

import dev.ratelimit.Decision;
import dev.ratelimit.Reservation;
import dev.ratelimit.Usage;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A reservation that Redis has no part in, whose own does at once what it is asked. */
final class LocalReservation implements AsyncReservation {

    private final Reservation reservation;
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

    LocalReservation(Reservation reservation) {
        this.reservation = reservation;
        if (!reservation.decision().isAdmitted()) {
            ended.complete(false);
        }
    }

    @Override
    public Decision decision() {
        return reservation.decision();
    }

    @Override
    public Decision use(Usage piece) {
        return reservation.use(piece);
    }

    @Override
    public boolean settle(Usage actual) {
        return ended(reservation.settle(actual));
    }

    @Override
    public boolean settle() {
        return ended(reservation.settle());
    }

    @Override
    public boolean cancel() {
        return ended(reservation.cancel());
    }

    private boolean ended(boolean now) {
        if (now) {
            ended.complete(true);
        }
        return now;
    }

    @Override
    public CompletionStage<Decision> useAsync(Usage piece) {
        return CompletableFuture.completedFuture(use(piece));
    }

    @Override
    public CompletionStage<Boolean> settleAsync(Usage actual) {
        return CompletableFuture.completedFuture(settle(actual));
    }

    @Override
    public CompletionStage<Boolean> settleAsync() {
        return CompletableFuture.completedFuture(settle());
    }

    @Override
    public CompletionStage<Boolean> cancelAsync() {
        return CompletableFuture.completedFuture(cancel());
    }

    @Override
    public boolean renew() {
        return reservation.renew();
    }

    @Override
    public CompletionStage<Boolean> renewAsync() {
        return CompletableFuture.completedFuture(renew());
    }

    @Override
    public CompletionStage<Boolean> confirmed() {
        return ended.minimalCompletionStage();
    }
}
