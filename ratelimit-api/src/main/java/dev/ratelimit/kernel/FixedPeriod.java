package dev.ratelimit.kernel;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.QuotaPeriod;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Fixed windows: spans of one length, one after the other.
 *
 * @param length the length of a span, from 1 millisecond to 2<sup>60</sup> nanoseconds
 * @param anchor the first start of a span that is not before the Unix epoch, so that equal periods have equal anchors
 */
public record FixedPeriod(Duration length, Instant anchor) implements QuotaPeriod {

    /** The shortest length. */
    public static final Duration MIN_LENGTH = Duration.ofMillis(1);

    /** The greatest length. */
    public static final Duration MAX_LENGTH = Duration.ofNanos(1L << 60);

    private static final BigInteger NANOS_OF_SECOND = BigInteger.valueOf(1_000_000_000);

    /**
     * Makes fixed windows.
     *
     * @param length the length of a span
     * @param anchor any start of a span
     * @throws IllegalArgumentException if the length is out of its range
     */
    public FixedPeriod {
        requireNonNull(length, "length");
        requireNonNull(anchor, "anchor");
        Arguments.require(length.compareTo(MIN_LENGTH) >= 0, "length", ">= 1 ms", length);
        Arguments.require(length.compareTo(MAX_LENGTH) <= 0, "length", "<= 2^60 ns", length);
        anchor = Instant.EPOCH.plusNanos(nanosInto(length, Instant.EPOCH, anchor));
    }

    @Override
    public Interval at(Instant instant) {
        requireNonNull(instant, "instant");
        if (instant.isBefore(CalendarPeriod.FIRST)) {
            return new Interval(Instant.MIN, CalendarPeriod.FIRST);
        }
        if (!instant.isBefore(CalendarPeriod.LAST)) {
            return new Interval(CalendarPeriod.LAST, Instant.MAX);
        }
        Duration since = Duration.ofNanos(nanosInto(length, anchor, instant));
        Duration left = length.minus(since);
        boolean hasStart = Duration.between(CalendarPeriod.FIRST, instant).compareTo(since) >= 0;
        boolean hasEnd = Duration.between(instant, CalendarPeriod.LAST).compareTo(left) >= 0;
        return new Interval(
                hasStart ? instant.minus(since) : CalendarPeriod.FIRST,
                hasEnd ? instant.plus(left) : CalendarPeriod.LAST);
    }

    @Override
    public Optional<Duration> fixedLength() {
        return Optional.of(length);
    }

    /**
     * Returns for example {@code "per fixed 15 minutes"}, or {@code "per fixed day from 1970-01-01T08:00:00Z"}.
     */
    @Override
    public String toString() {
        String from = anchor.equals(Instant.EPOCH) ? "" : " from " + anchor;
        return "per fixed " + Length.inWords(length) + from;
    }

    /** Returns how far into a span an instant is. */
    private static long nanosInto(Duration length, Instant anchor, Instant instant) {
        BigInteger seconds = BigInteger.valueOf(instant.getEpochSecond() - anchor.getEpochSecond());
        return seconds.multiply(NANOS_OF_SECOND)
                .add(BigInteger.valueOf(instant.getNano() - anchor.getNano()))
                .mod(BigInteger.valueOf(length.toNanos()))
                .longValueExact();
    }
}
