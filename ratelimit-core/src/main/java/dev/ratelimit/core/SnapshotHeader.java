package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The part of a snapshot about the limiter as a whole.
 *
 * @param taken the time of day that ages in the snapshot are counted from
 * @param highest the highest time of day that the limiter had seen. A time before {@code taken}, or more than an hour
 *     behind it, counts as {@code taken}
 * @param doubted the first time that the wall clock showed in a jump that was not believed yet; null if there was none
 * @param doubtedForNanos the time since then by the monotonic clock, less than a minute; 0 if there was no jump
 */
record SnapshotHeader(
        Instant taken, Instant highest, @Nullable Instant doubted, long doubtedForNanos) {

    /** The time after which a jump is believed: see {@link TimeOfDay#MINUTE}. */
    private static final long MAX_DOUBT = TimeUnit.MINUTES.toNanos(1);

    SnapshotHeader {
        requireNonNull(taken, "taken");
        requireNonNull(highest, "highest");
        Arguments.require(doubtedForNanos >= 0, "time of doubt", ">= 0 ns", doubtedForNanos);
        Arguments.require(doubtedForNanos < MAX_DOUBT, "time of doubt", "< 1 minute", doubtedForNanos);
    }

    /** Makes the header of a limiter that believed its wall clock. */
    SnapshotHeader(Instant taken, Instant highest) {
        this(taken, highest, null, 0);
    }
}
