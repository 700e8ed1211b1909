package dev.ratelimit.apikeys;

/** What a key is for, which decides the tier of its calls. */
public enum KeyKind {

    /** Limited by the organization's trial tier. */
    TRIAL,

    /** Limited by the organization's production tier. */
    PRODUCTION,

    /**
     * A production key for a sensitive use that is not approved yet: limited by the trial tier, and booked on the
     * account of the production tier. What it has used stays used when it is approved, which makes it {@link
     * #PRODUCTION}, as far as the tables of both tiers agree: a table that only the production tier has, such as a
     * spending limit, neither limits it nor counts what it uses.
     */
    PRODUCTION_UNDER_REVIEW
}
