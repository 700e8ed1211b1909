package dev.ratelimit.core;

/** A reference to one mark of a {@link SlidingWindow}: a block and an index in it. */
record MarkRef(MarkBlock block, int index) implements Meter.Booking {

    /** Returns the stamp of the mark: the time of its charges by the monotonic clock. */
    long stamp() {
        return block.stamp(index);
    }
}
