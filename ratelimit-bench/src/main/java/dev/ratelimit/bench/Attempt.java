package dev.ratelimit.bench;

/**
 * One call that was admitted, or a run of calls of one thread that were refused one after the other. Times are
 * nanoseconds since the beginning of the epoch, read on the calling thread around the call: it was decided at some time
 * from start to end.
 *
 * @param key what was asked for
 * @param units how much of it, by each call
 * @param refusals how many calls were refused; 0: one call was admitted
 * @param start read before the first call
 * @param end read after the last call
 * @param actual what the call was settled for in the end; its units, if it was not
 * @param settling read before it was settled; the end, if it was not
 * @param settled read after it was settled; the end, if it was not
 */
record Attempt(int key, long units, int refusals, long start, long end, long actual, long settling, long settled) {

    static Attempt refused(int key, long units, int refusals, long start, long end) {
        return new Attempt(key, units, refusals, start, end, 0, end, end);
    }

    static Attempt admitted(int key, long units, long start, long end) {
        return new Attempt(key, units, 0, start, end, units, end, end);
    }

    Attempt settledFor(long actualUnits, long settlingAt, long settledAt) {
        return new Attempt(key, units, refusals, start, end, actualUnits, settlingAt, settledAt);
    }

    boolean isAdmitted() {
        return refusals == 0;
    }

    int calls() {
        return Math.max(1, refusals);
    }

    /** Returns the units that were admitted and not given back. */
    long kept() {
        return Math.min(units, actual);
    }

    /** Returns the units that were given back by settling. */
    long givenBack() {
        return units - kept();
    }

    /** Returns the units that settling charged without asking whether they fit. */
    long overrun() {
        return actual - kept();
    }
}
