package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot says of the limiter as a whole.
 *
 * @param taken the time of day that ages in the snapshot are counted from
 * @param highest the highest time of day that the limiter had seen. One that lies before {@code taken}, or more than an
 *     hour behind it, counts as {@code taken}
 * @param doubted what the wall clock showed when it was first seen to have jumped to a time that was not believed yet;
 *     null if it was believed
 * @param doubtedForNanos how long ago that was by the monotonic clock, less than a minute; 0 if it was believed
 */
record SnapshotHeader(
        Instant taken, Instant highest, @Nullable Instant doubted, long doubtedForNanos) {

    SnapshotHeader {
        requireNonNull(taken, "taken");
        requireNonNull(highest, "highest");
        Arguments.require(doubtedForNanos >= 0, "time of doubt", ">= 0 ns", doubtedForNanos);
        Arguments.require(doubtedForNanos < TimeOfDay.MINUTE, "time of doubt", "< 1 minute", doubtedForNanos);
    }

    /** Makes the header of a limiter that believed its wall clock. */
    SnapshotHeader(Instant taken, Instant highest) {
        this(taken, highest, null, 0);
    }
}
