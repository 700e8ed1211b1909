package dev.ratelimit.core;

/** A point of the timeline of a {@link SlidingWindow}: the i-th of some marks. */
record MarkRef(MarkBlock block, int index) implements Meter.Booking {

    /** Returns the time of the charges that fall under this mark, by the monotonic clock. */
    long stamp() {
        return block.stamp(index);
    }
}
