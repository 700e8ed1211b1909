package dev.ratelimit.apikeys;

/** What a key is for, which decides the tier of its calls. */
public enum KeyKind {

    /** Limited by the organization's trial tier. */
    TRIAL,

    /** Limited by the organization's production tier. */
    PRODUCTION,

    /**
     * A production key for a sensitive use that is not approved yet. The trial tier limits it, on the account of the
     * production tier. Approval makes it {@link #PRODUCTION}; what it has used stays used as far as both tiers have the
     * table. A table that only the production tier has, such as a spending limit, neither limits such a key nor counts
     * what it uses.
     */
    PRODUCTION_UNDER_REVIEW
}
