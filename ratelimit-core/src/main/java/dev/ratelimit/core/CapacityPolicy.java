package dev.ratelimit.core;

/** What happens to the calls of a new organization while an {@link InMemoryRateLimiter} holds as many as it may. */
public enum CapacityPolicy {

    /** They are rejected, by {@link dev.ratelimit.CapacityReached}. */
    REFUSE,

    /** They are admitted, and counted nowhere. */
    ADMIT_UNMETERED
}
