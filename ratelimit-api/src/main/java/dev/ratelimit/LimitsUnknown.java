package dev.ratelimit;

/**
 * What is used could not be asked for, since the store that keeps it does not answer, and the host wants no call admitted without. A
 * rejection by this cause names the wait until the limiter asks the store again. If the store was asked and only its answer came too late,
 * it may have charged the call.
 */
public record LimitsUnknown() implements Cause {

    /** Makes the cause. */
    public LimitsUnknown {}

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
