package dev.ratelimit.kernel;

import java.time.Duration;
import java.util.Locale;

/** The lengths of elapsed time that texts of limits have, the largest first. */
public enum Length {
    /** 24 hours. */
    DAY(86_400_000_000_000L),
    /** An hour. */
    HOUR(3_600_000_000_000L),
    /** A minute. */
    MINUTE(60_000_000_000L),
    /** A second. */
    SECOND(1_000_000_000),
    /** A millisecond. */
    MILLISECOND(1_000_000),
    /** A microsecond. */
    MICROSECOND(1_000),
    /** A nanosecond. */
    NANOSECOND(1);

    private final long nanos;

    Length(long nanos) {
        this.nanos = nanos;
    }

    /**
     * Returns the length in nanoseconds.
     *
     * @return nanoseconds
     */
    public long nanos() {
        return nanos;
    }

    /**
     * Returns the word in the singular.
     *
     * @return for example {@code "minute"}
     */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Returns a span in the largest length that divides it, as it stands after "per".
     *
     * @param span a span of at most 292 years
     * @return for example {@code "minute"} or {@code "1500 microseconds"}
     */
    public static String inWords(Duration span) {
        Length length = of(span);
        return span.toNanos() == length.nanos ? length.word() : counted(span);
    }

    /**
     * Returns a span in the largest length that divides it, and how often it does.
     *
     * @param span a span of at most 292 years
     * @return for example {@code "1 minute"} or {@code "1500 microseconds"}
     */
    public static String counted(Duration span) {
        Length length = of(span);
        long n = span.toNanos() / length.nanos;
        return n + " " + length.word() + (n == 1 ? "" : "s");
    }

    private static Length of(Duration span) {
        for (Length length : values()) {
            if (span.toNanos() % length.nanos == 0) {
                return length;
            }
        }
        return NANOSECOND;
    }
}
