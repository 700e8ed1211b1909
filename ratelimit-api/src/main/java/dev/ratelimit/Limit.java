package dev.ratelimit;

/**
 * One number of a tier table, with the time it is counted over: a {@link RateLimit} counts over a window of elapsed time,
 * a {@link Quota} over a calendar period or for ever.
 */
public sealed interface Limit permits RateLimit, Quota {

    /**
     * Returns what is counted.
     *
     * @return the unit
     */
    Unit unit();

    /**
     * Returns how many units are admitted in one window or period, between 0 (none) and 2<sup>53</sup>.
     *
     * @return the amount, in units
     */
    long amount();

    /**
     * Returns the limit in words, for example {@code "20 calls per minute"}; messages print it.
     *
     * @return amount, unit and span
     */
    @Override
    String toString();
}
