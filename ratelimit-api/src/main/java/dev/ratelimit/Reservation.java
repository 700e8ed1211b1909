package dev.ratelimit;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A call whose cost is known only after it. An estimate is charged at once; what was really used replaces it when that
 * is known.
 *
 * <pre>{@code
 * Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, promptTokens + maxTokens));
 * if (reservation.decision() instanceof Rejected no) {
 *   return tooManyRequests(no.message(), no.retryAfter());
 * }
 * try {
 *   Answer answer = model.answer(prompt);
 *   reservation.settle(Usage.of(Unit.TOKENS, promptTokens + answer.tokens()));
 *   return answer;
 * } finally {
 *   reservation.cancel(); // gives all back if something was thrown, and changes nothing once it is settled
 * }
 * }</pre>
 *
 * <p>A reservation is open from its admission until it is settled or cancelled; the first of these to be called wins.
 * One that is never settled stays charged as it is, so a call that fails must end its reservation, whatever was thrown.
 * It is tied to no thread and to no scope, holds nothing that must be closed, and may be kept for as long as the call
 * takes.
 *
 * <p>Reservations that are settled for no more than was charged never exceed a limit's amount. One that is settled for
 * more may overrun it: what goes beyond counts as used, and nothing is admitted until it is paid off.
 *
 * <p>Implementations are safe for use by many threads. Methods throw {@link NullPointerException} for a {@code null}
 * argument.
 */
public interface Reservation {

    /**
     * Returns the answer to the estimate.
     *
     * @return whether the call may go ahead; if it is rejected, nothing is charged, and nothing can be used or settled
     */
    Decision decision();

    /**
     * Uses a piece of the estimate while the call goes on, for output that comes piece by piece. Pieces use up the
     * estimate first. What a piece uses beyond it is asked for, now and all or nothing: as a call of its own would be,
     * by the limits of those units, as they are in the tier that the reservation was made under. A piece that does not
     * state {@link Unit#CALLS} is no further call.
     *
     * <p>Admitted, what was asked for is charged and belongs to this reservation: {@link #settle()} replaces it
     * together with the estimate, and {@link #cancel} gives it back. Rejected, the piece charges nothing and uses
     * nothing of the estimate, and the reservation stays open. A host may stop the call, or wait and ask again.
     *
     * @param piece what is used now
     * @return whether it fits; the answer to the estimate, if that was rejected; if the reservation is not open any
     *     more, a rejection by {@link ReservationEnded}
     */
    Decision use(Usage piece);

    /**
     * Replaces what was charged, the estimate and all that was added, by what the call really used in all, for each
     * unit that it states. Units that it does not state stay as they are charged, {@link Unit#CALLS} among them.
     *
     * <p>What was charged too much is given back where it was charged, to that moment of a window and to that period,
     * the estimate's before what was added; where that does not count any more, nothing is given back. What was charged
     * too little is charged whether it fits or not: in a window now, in a quota to the period that was last charged,
     * and not at all if that is over.
     *
     * <p>To a token bucket only units are given back that have not flowed back since they were charged. What is
     * {@linkplain ConcurrencyLimit in flight} is given back whatever the call used, and nothing more is charged to it.
     *
     * @param actual what the call used in all
     * @return whether this ended the reservation; if not, because it was rejected, settled or cancelled, nothing is
     *     changed
     */
    boolean settle(Usage actual);

    /**
     * Settles for the pieces that were used: replaces what was charged by their sum, for every unit of the estimate and
     * every unit that a piece states. {@link Unit#CALLS} stay as they are charged, unless a piece states them.
     *
     * @return whether this ended the reservation; if not, because it was rejected, settled or cancelled, nothing is
     *     changed
     */
    boolean settle();

    /**
     * Gives back all that was charged, as if the call had not been made; where that does not count any more, nothing.
     *
     * @return whether this ended the reservation; if not, because it was rejected, settled or cancelled, nothing is
     *     changed
     */
    boolean cancel();

    /**
     * Lets what this reservation holds {@linkplain ConcurrencyLimit in flight} count for the longest time from now on,
     * for a call that takes longer than that. What counts no more is not taken again.
     *
     * @return whether the reservation is open and all that it holds in flight still counted; true for an open one that
     *     holds nothing in flight
     */
    boolean renew();

    /**
     * Uses a piece, as {@link #use} does, without a thread that waits for the answer of a store. Unless a backend
     * overrides it, this method calls {@link #use}, which is right where no call waits for a store.
     *
     * @param piece what is used now
     * @return the answer, when there is one
     */
    default CompletionStage<Decision> useAsync(Usage piece) {
        return CompletableFuture.completedFuture(use(piece));
    }

    /**
     * Replaces what was charged, as {@link #settle(Usage)} does, without a thread that waits for the answer of a store.
     * Unless a backend overrides it, this method calls {@link #settle(Usage)}, which is right where no call waits for a
     * store.
     *
     * @param actual what the call used in all
     * @return whether this ended the reservation, when it is done
     */
    default CompletionStage<Boolean> settleAsync(Usage actual) {
        return CompletableFuture.completedFuture(settle(actual));
    }

    /**
     * Settles for the pieces that were used, as {@link #settle()} does, without a thread that waits for the answer of a
     * store. Unless a backend overrides it, this method calls {@link #settle()}, which is right where no call waits for
     * a store.
     *
     * @return whether this ended the reservation, when it is done
     */
    default CompletionStage<Boolean> settleAsync() {
        return CompletableFuture.completedFuture(settle());
    }

    /**
     * Gives back all that was charged, as {@link #cancel} does, without a thread that waits for the answer of a store.
     * Unless a backend overrides it, this method calls {@link #cancel}, which is right where no call waits for a store.
     *
     * @return whether this ended the reservation, when it is done
     */
    default CompletionStage<Boolean> cancelAsync() {
        return CompletableFuture.completedFuture(cancel());
    }

    /**
     * Lets what this reservation holds in flight count for the longest time from now on, as {@link #renew} does,
     * without a thread that waits for the answer of a store. Unless a backend overrides it, this method calls {@link
     * #renew}, which is right where no call waits for a store.
     *
     * @return whether all that it holds in flight still counted, when it is done
     */
    default CompletionStage<Boolean> renewAsync() {
        return CompletableFuture.completedFuture(renew());
    }

    /**
     * Returns the reservation of a call that was rejected; for backends.
     *
     * @param decision the answer to the estimate
     * @return a reservation that has charged nothing and is not open
     */
    static Reservation rejected(Rejected decision) {
        return new RejectedReservation(decision);
    }
}
