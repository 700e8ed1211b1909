package dev.ratelimit;

/**
 * A limiter holds as many organizations as it may, and the call was of a further one. When one of them will be idle is not known, so a
 * rejection by this cause names no wait.
 *
 * @param organizations how many the limiter may hold
 */
public record CapacityReached(long organizations) implements Cause {

    /**
     * Makes the cause.
     *
     * @param organizations how many the limiter may hold
     */
    public CapacityReached {}

    /** Returns for example {@code The limit of 100000 organizations at a time is reached}. */
    @Override
    public String message() {
        return "The limit of " + organizations + " organizations at a time is reached";
    }

    /** Returns 503 (Service Unavailable). */
    @Override
    public int suggestedStatus() {
        return 503;
    }
}
