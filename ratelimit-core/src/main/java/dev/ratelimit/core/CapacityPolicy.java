package dev.ratelimit.core;

/** The answer to calls of a new organization while an {@link InMemoryRateLimiter} holds as many as it may. */
public enum CapacityPolicy {

    /** The calls are rejected, with the cause {@link dev.ratelimit.CapacityReached}. */
    REFUSE,

    /** The calls are admitted, and counted nowhere. */
    ADMIT_UNMETERED
}
