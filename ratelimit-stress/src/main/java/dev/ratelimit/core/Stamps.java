package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

/** Charges told by the stamp that they fell under, which says when they leave. */
final class Stamps {

    static final long REFUSED = -1;

    private Stamps() {}

    /** Charges one unit, and returns the stamp of its mark or {@link #REFUSED}. */
    static long charge(SlidingWindow window, Rule rule, long now) {
        long receipt = window.charge(rule, 1, now);
        return receipt < 0 ? REFUSED : requireNonNull(window.place(receipt)).stamp();
    }
}
