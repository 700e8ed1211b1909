package dev.ratelimit.bench;

import dev.ratelimit.Precision;
import dev.ratelimit.RateLimit;

/**
 * What a limit promises, in numbers.
 *
 * @param amount units in any window, at most
 * @param window the length of the window in nanoseconds
 * @param held nanoseconds that a charge may count for, at most; at least the window
 */
record Terms(long amount, long window, long held) {

    static Terms of(RateLimit limit) {
        long window = limit.window().toNanos();
        return new Terms(
                limit.amount(), window, limit.precision() == Precision.EXACT ? window : window + window / 1_024);
    }
}
