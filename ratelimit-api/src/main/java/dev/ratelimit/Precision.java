package dev.ratelimit;

/** How exactly a sliding window forgets. Either way it never admits more than its amount. */
public enum Precision {

    /**
     * Exact to the nanosecond while at most 1,024 charges fall in the window and the amount is at most 1,024; otherwise
     * a charge is held at most window/1,024 longer than exact. A meter keeps at most about 3,000 marks of some 18 to 36
     * bytes.
     */
    BOUNDED,

    /** Exact to the nanosecond always. A meter keeps a mark for every charge in the window. */
    EXACT
}
