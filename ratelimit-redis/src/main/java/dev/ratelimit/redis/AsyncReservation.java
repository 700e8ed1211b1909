package dev.ratelimit.redis;

import dev.ratelimit.Decision;
import dev.ratelimit.Reservation;
import dev.ratelimit.Usage;
import java.util.concurrent.CompletionStage;

/**
 * A {@link Reservation} that can also be used, settled and cancelled without a thread that waits. Safe for use by
 * many threads.
 *
 * <p>{@link #settle()} and {@link #cancel}, and their asynchronous twins, answer whether they ended the reservation;
 * they do so within the {@linkplain RedisRateLimiterBuilder#timeout time of a decision}, also if Redis does not. An end
 * that does not reach Redis is sent again until Redis confirms it, or until the windows and periods are over that it
 * concerns, or for a day. It is never booked twice. {@link #confirmed} tells what came of it, and {@link
 * OutageListener} hears of all that is delayed and lost.
 */
public interface AsyncReservation extends Reservation {

    /**
     * Uses a piece of the estimate, as {@link #use} does.
     *
     * @param piece what is used now
     * @return the answer, when there is one
     */
    @Override
    CompletionStage<Decision> useAsync(Usage piece);

    /**
     * Replaces what was charged by what the call really used, as {@link #settle(Usage)} does.
     *
     * @param actual what the call used in all
     * @return whether this ended the reservation, when it is done
     */
    @Override
    CompletionStage<Boolean> settleAsync(Usage actual);

    /**
     * Settles for the pieces that were used, as {@link #settle()} does.
     *
     * @return whether this ended the reservation, when it is done
     */
    @Override
    CompletionStage<Boolean> settleAsync();

    /**
     * Gives back all that was charged, as {@link #cancel} does.
     *
     * @return whether this ended the reservation, when it is done
     */
    @Override
    CompletionStage<Boolean> cancelAsync();

    /**
     * Lets what this reservation holds in flight count for the longest time from now on, as {@link #renew} does.
     *
     * @return whether all of it still counted, when it is done; false also if Redis did not answer
     */
    @Override
    CompletionStage<Boolean> renewAsync();

    /**
     * Returns whether Redis has confirmed how the reservation ended.
     *
     * @return completed with true when Redis has confirmed the end, or when there is nothing to tell it; with false
     *     when the end was given up, and if the call was rejected; incomplete before. An end that was given up leaves
     *     what was charged as it was, unless Redis had booked it and only the answer was lost
     */
    CompletionStage<Boolean> confirmed();
}
