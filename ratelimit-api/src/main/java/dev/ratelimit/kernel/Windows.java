package dev.ratelimit.kernel;

import dev.ratelimit.Precision;
import dev.ratelimit.RateLimit;

/** How exactly a window keeps the times of its charges, on every backend. */
public final class Windows {

    /** A window of at most this amount, with at most this many live marks, is exact at any precision. */
    private static final int EXACT_MARKS = 1_024;

    private Windows() {}

    /**
     * Returns how many live marks of a window are exact. The stamps of further ones are rounded up to a grain.
     *
     * @param limit the limit
     * @return {@link Integer#MAX_VALUE} if all are exact, 0 if none is
     */
    public static int exactMarks(RateLimit limit) {
        if (limit.precision() == Precision.EXACT) {
            return Integer.MAX_VALUE;
        }
        return limit.amount() <= EXACT_MARKS ? EXACT_MARKS : 0;
    }

    /**
     * Returns the grain of a window: a power of two, window/2,048 to window/1,024, and at least 1.
     *
     * @param window the length of the window, in any unit of time
     * @return the grain, in the same unit
     */
    public static long grain(long window) {
        return Long.highestOneBit(Math.max(1, window >> 10));
    }
}
