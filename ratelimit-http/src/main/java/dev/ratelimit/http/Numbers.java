package dev.ratelimit.http;

import java.time.Duration;

/** Numbers as fields have them: whole, and of at most 15 digits. */
final class Numbers {

    /** The largest integer of a structured field. */
    static final long MAX = 999_999_999_999_999L;

    private static final long MILLIS_OF_SECOND = 1_000;
    private static final long NANOS_OF_MILLI = 1_000_000;

    private Numbers() {}

    static long clamped(long number) {
        return Math.min(number, MAX);
    }

    /** Returns whole seconds, rounded up. */
    static long seconds(Duration wait) {
        return clamped(wait.getSeconds() + (wait.getNano() > 0 ? 1 : 0));
    }

    /** Returns whole milliseconds, rounded up. */
    static long millis(Duration wait) {
        long millis = (wait.getNano() + NANOS_OF_MILLI - 1) / NANOS_OF_MILLI;
        return wait.getSeconds() > MAX / MILLIS_OF_SECOND
                ? MAX
                : clamped(wait.getSeconds() * MILLIS_OF_SECOND + millis);
    }
}
