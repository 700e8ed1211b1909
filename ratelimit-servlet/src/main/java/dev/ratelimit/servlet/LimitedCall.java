package dev.ratelimit.servlet;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Reservation;
import dev.ratelimit.Usage;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The reservation of a call, as its handler gets it. It remembers whether pieces were used and whether the handler has
 * ended it, so that the filter knows what is left to do. Safe for use by many threads.
 */
final class LimitedCall implements Reservation {

    private final Reservation reservation;
    private final Caller caller;
    private final Usage estimate;
    private volatile boolean hasPieces;
    private volatile boolean hasEnded;

    LimitedCall(Reservation reservation, Caller caller, Usage estimate) {
        this.reservation = reservation;
        this.caller = caller;
        this.estimate = estimate;
    }

    Caller caller() {
        return caller;
    }

    Usage estimate() {
        return estimate;
    }

    /** Tells whether the handler has settled or cancelled it. */
    boolean hasEnded() {
        return hasEnded;
    }

    /**
     * Settles for what is known: the pieces, or the estimate if there are none. Without a piece {@link #settle()} would
     * give the estimate back.
     */
    CompletionStage<Boolean> settleForWhatIsKnown(boolean mayWait) {
        if (!hasPieces) {
            return settleFor(estimate, mayWait);
        }
        return mayWait ? CompletableFuture.completedFuture(settle()) : settleAsync();
    }

    CompletionStage<Boolean> settleFor(Usage actual, boolean mayWait) {
        return mayWait ? CompletableFuture.completedFuture(settle(actual)) : settleAsync(actual);
    }

    CompletionStage<Boolean> cancel(boolean mayWait) {
        return mayWait ? CompletableFuture.completedFuture(cancel()) : cancelAsync();
    }

    private Decision noted(Decision decision) {
        if (decision.isAdmitted()) {
            hasPieces = true;
        }
        return decision;
    }

    private <T> T ended(T answer) {
        hasEnded = true;
        return answer;
    }

    @Override
    public Decision decision() {
        return reservation.decision();
    }

    @Override
    public Decision use(Usage piece) {
        return noted(reservation.use(piece));
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

    @Override
    public boolean renew() {
        return reservation.renew();
    }

    @Override
    public CompletionStage<Decision> useAsync(Usage piece) {
        return reservation.useAsync(piece).thenApply(this::noted);
    }

    @Override
    public CompletionStage<Boolean> settleAsync(Usage actual) {
        return ended(reservation.settleAsync(actual));
    }

    @Override
    public CompletionStage<Boolean> settleAsync() {
        return ended(reservation.settleAsync());
    }

    @Override
    public CompletionStage<Boolean> cancelAsync() {
        return ended(reservation.cancelAsync());
    }

    @Override
    public CompletionStage<Boolean> renewAsync() {
        return reservation.renewAsync();
    }
}
