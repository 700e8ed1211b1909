package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

/** Charges told by the stamp that they fell under, which says when they leave. */
final class Stamps {

    static final long REFUSED = -1;

    private Stamps() {}

    /** Charges one unit, and returns the stamp of its mark or {@link #REFUSED}. */
    static long charge(SlidingWindow window, CompiledLimit limit, long now) {
        long position = window.charge(limit, 1, now);
        return position < 0 ? REFUSED : requireNonNull(window.booking(position)).stamp();
    }
}
