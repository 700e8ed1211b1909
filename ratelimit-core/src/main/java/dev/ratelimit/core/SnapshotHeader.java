package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * What a snapshot says of the limiter as a whole.
 *
 * @param taken the wall-clock time that ages in the snapshot are counted from
 * @param highest the highest wall-clock time that the limiter had seen; {@link Instant#MIN} if it never looked
 */
record SnapshotHeader(Instant taken, Instant highest) {

    SnapshotHeader {
        requireNonNull(taken, "taken");
        requireNonNull(highest, "highest");
    }
}
