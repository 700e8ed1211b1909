package dev.ratelimit;

import dev.ratelimit.kernel.Arguments;

/**
 * A limiter holds as many organizations as it may, and the call was of a further one. When one of them will be idle is
 * not known, so a rejection by this cause names no wait.
 *
 * @param organizations how many the limiter may hold
 */
public record CapacityReached(long organizations) implements Cause {

    /**
     * Makes the cause.
     *
     * @param organizations how many the limiter may hold, at least 1
     * @throws IllegalArgumentException if it is less
     */
    public CapacityReached {
        Arguments.require(organizations >= 1, "organizations", ">= 1", organizations);
    }

    /**
     * Returns {@code Too many organizations call at the moment}: how many are too many is not the caller's business.
     */
    @Override
    public String message() {
        return "Too many organizations call at the moment";
    }

    /** Returns 503 (Service Unavailable). */
    @Override
    public int suggestedStatus() {
        return 503;
    }
}
