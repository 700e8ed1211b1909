package dev.ratelimit.redis;

import java.time.Duration;
import java.time.Instant;

/** Conversions between the types of {@code java.time} and microseconds, which the script counts in. */
final class Micros {

    /** An instant beyond all that is counted: the end of a period that has none. */
    static final long ENDLESS = 1L << 62;

    private static final long LONGEST = Long.MAX_VALUE / 1_000;
    private static final long LAST_SECOND = ENDLESS / 1_000_000;

    private Micros() {}

    /**
     * Returns the first whole microsecond that is not before an instant, since 1970; so a period that begins there
     * holds the same microseconds. At most {@link #ENDLESS} and at least its negative.
     */
    static long of(Instant instant) {
        long seconds = instant.getEpochSecond();
        if (Math.abs(seconds) >= LAST_SECOND) {
            return seconds > 0 ? ENDLESS : -ENDLESS;
        }
        return seconds * 1_000_000 + (instant.getNano() + 999) / 1_000;
    }

    static Instant instant(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000);
    }

    /** Returns the least number of microseconds that is no shorter than a duration, which is more than zero. */
    static long roundedUp(Duration duration) {
        return (duration.toNanos() - 1) / 1_000 + 1;
    }

    /** Returns a duration of at most 2<sup>63</sup> - 1 nanoseconds, 292 years. */
    static Duration duration(long micros) {
        return Duration.ofNanos(nanos(micros));
    }

    /** Returns as many nanoseconds, at most 2<sup>63</sup> - 1. */
    static long nanos(long micros) {
        return micros > LONGEST ? Long.MAX_VALUE : micros * 1_000;
    }
}
