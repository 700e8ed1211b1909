package dev.ratelimit.core;

import dev.ratelimit.LimitStatus;

/**
 * The counter behind one limit of one organization. What may change from call to call, the amount first of all, comes with the
 * {@link Rule}. Lock-free; {@code now} is a reading of the monotonic clock made by the calling thread during the call.
 */
sealed interface Meter permits SlidingWindow, PeriodCounter {

    /** The wait when waiting does not help. As nanoseconds it would be 292 years. */
    long NEVER = Long.MAX_VALUE;

    /** Returns 0 if so many units would be admitted, otherwise the least wait in nanoseconds after which they would be. */
    long look(Rule rule, long units, long now);

    /**
     * Charges so many units if they are admitted.
     *
     * @return a receipt, which is not negative; or, refused, the complement {@code ~wait} of what {@link #look} returns
     */
    long charge(Rule rule, long units, long now);

    /** Gives back, once, units that were charged. Does nothing if they do not count any more. */
    void refund(long receipt, long units);

    LimitStatus status(Rule rule, long now);
}
