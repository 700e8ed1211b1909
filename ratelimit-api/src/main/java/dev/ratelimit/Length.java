package dev.ratelimit;

import java.util.Locale;

/** The lengths of elapsed time that texts of limits have. */
enum Length {
    DAY(86_400_000_000_000L),
    HOUR(3_600_000_000_000L),
    MINUTE(60_000_000_000L),
    SECOND(1_000_000_000),
    MILLISECOND(1_000_000),
    MICROSECOND(1_000),
    NANOSECOND(1);

    private final long nanos;

    Length(long nanos) {
        this.nanos = nanos;
    }

    long nanos() {
        return nanos;
    }

    /** Returns the word in the singular. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
