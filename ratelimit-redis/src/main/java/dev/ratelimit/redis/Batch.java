package dev.ratelimit.redis;

/**
 * Units that a lease takes ahead.
 *
 * @param units how many, those of the call that asks among them
 * @param micros for how many microseconds
 */
record Batch(long units, long micros) {

    static final Batch NONE = new Batch(0, 0);

    boolean isNone() {
        return units == 0;
    }
}
