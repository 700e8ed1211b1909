package dev.ratelimit.core;

/** A point of the timeline of a {@link SlidingWindow}: the i-th of some marks. */
record Mark(Marks marks, int index) implements Meter.Place {

    /** Returns the time of the charges that fall under this mark, by the monotonic clock. */
    long stamp() {
        return marks.stamp(index);
    }
}
