package dev.ratelimit.replay;

import java.time.Duration;
import java.util.Optional;

/**
 * How long calls take.
 *
 * @param column the column that says it, if there is one
 * @param fixed what every call takes, if there is no column
 */
record CallDuration(Optional<String> column, Duration fixed) {

    /** Calls that end when they begin. */
    static final CallDuration ZERO = new CallDuration(Optional.empty(), Duration.ZERO);

    /** Reads {@code COLUMN|SPAN}; what reads as a span is one. */
    static CallDuration parse(String text) {
        return Span.isNotationOf(text)
                ? new CallDuration(Optional.empty(), Span.parse(text))
                : new CallDuration(Optional.of(text), Duration.ZERO);
    }
}
