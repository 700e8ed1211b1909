package dev.ratelimit.core;

import dev.ratelimit.Admitted;
import dev.ratelimit.Decision;
import org.jspecify.annotations.Nullable;

/** Takes note of what a decision charges, and has the last word. */
interface Ledger {

    /** Notes what the i-th limit was charged, which does not happen for a shadow that refuses. */
    void charged(int i, OrganizationState organization, Meter.@Nullable Booking booking, long units);

    /** Closes a decision that admits. Unless it returns what admits, all is given back. */
    Decision close(Admitted admitted);

    /** Tidies up after a decision that admits. The decision stands, also if this throws. */
    default void tidyUp(long now) {}
}
