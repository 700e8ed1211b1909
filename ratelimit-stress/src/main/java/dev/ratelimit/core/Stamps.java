package dev.ratelimit.core;

/** Charges told by the stamp that they fell under, which says when they leave. */
final class Stamps {

    static final long REFUSED = -1;

    /** No check accepts it. */
    private static final long NO_MARK = -2;

    private Stamps() {}

    /** Charges one unit, and returns the stamp of its mark, {@link #REFUSED} or {@link #NO_MARK}. */
    static long charge(SlidingWindow window, CompiledLimit limit, long now) {
        long position = window.charge(limit, 1, now);
        if (position < 0) {
            return REFUSED;
        }
        MarkRef mark = window.booking(position);
        return mark == null ? NO_MARK : mark.stamp();
    }
}
