package dev.ratelimit.core;

import org.jspecify.annotations.Nullable;

/**
 * Units in flight: those of one charge of an {@link InFlightCounter} and of later ones that have joined it, an entry of
 * its list. All that changes is guarded by the counter.
 */
final class Flight implements Meter.Booking {

    /** The position of the charge: a number that no other charge of the counter has. */
    final long position;

    long units;

    /** The reading of the monotonic clock from which on the units count no more. */
    long endAt;

    /** Whether it is in the list. */
    boolean counts;

    /** The flight that has taken over its units; null if none has. */
    @Nullable
    Flight joined;

    /** The entries beside it in the list; null at its ends, and out of it. */
    @Nullable
    Flight sooner;

    @Nullable
    Flight later;

    Flight(long position, long units) {
        this.position = position;
        this.units = units;
    }
}
