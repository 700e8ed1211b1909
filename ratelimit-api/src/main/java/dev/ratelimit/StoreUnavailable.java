package dev.ratelimit;

/**
 * The store that holds the counts is unavailable, and the limiter is configured to fail closed. The wait of such a
 * rejection ends when the limiter asks the store again. If only the answer of the store came too late, the store may
 * have charged the call.
 */
public record StoreUnavailable() implements Cause {

    /** Makes the cause. */
    public StoreUnavailable {}

    /** Returns {@code The limits cannot be checked at the moment}. */
    @Override
    public String message() {
        return "The limits cannot be checked at the moment";
    }

    /** Returns 503 (Service Unavailable). */
    @Override
    public int suggestedStatus() {
        return 503;
    }
}
