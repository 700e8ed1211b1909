package dev.ratelimit.redis;

import dev.ratelimit.Decision;
import dev.ratelimit.Reservation;
import dev.ratelimit.Usage;
import java.util.concurrent.CompletionStage;

/** A {@link Reservation} that can also be added to, settled and cancelled without a thread that waits. Safe for use by many threads. */
public interface AsyncReservation extends Reservation {

    /**
     * Asks for more while the call goes on, as {@link #add} does.
     *
     * @param more what is used beyond what was charged before
     * @return the answer, when there is one
     */
    CompletionStage<Decision> addAsync(Usage more);

    /**
     * Replaces what was charged by what the call really used, as {@link #settle} does.
     *
     * @param actual what the call used in all
     * @return whether this ended the reservation, when it is done
     */
    CompletionStage<Boolean> settleAsync(Usage actual);

    /**
     * Gives back all that was charged, as {@link #cancel} does.
     *
     * @return whether this ended the reservation, when it is done
     */
    CompletionStage<Boolean> cancelAsync();
}
