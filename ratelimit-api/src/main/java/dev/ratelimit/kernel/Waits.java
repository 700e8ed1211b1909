package dev.ratelimit.kernel;

import dev.ratelimit.Cause;
import dev.ratelimit.Rejected;

/** The waits that limits refuse with, in nanoseconds. Of several limits, the one with the longest wait is named. */
public final class Waits {

    /** The wait when waiting does not help: longer than all others. As nanoseconds it would be 292 years. */
    public static final long NEVER = Long.MAX_VALUE;

    private Waits() {}

    /**
     * Returns the rejection of a limit.
     *
     * @param cause why
     * @param notice the message of the tier
     * @param wait nanoseconds until the limit would admit, at least 1; or {@link #NEVER}
     * @return the rejection
     */
    public static Rejected rejected(Cause cause, String notice, long wait) {
        return rejected(cause, notice, wait, wait);
    }

    /**
     * Returns the rejection of a limit, part of whose wait may be for what is in flight.
     *
     * @param cause why
     * @param notice the message of the tier
     * @param wait nanoseconds until the limit would admit at the latest, at least 1; or {@link #NEVER}
     * @param certain the longest wait of the limits that refuse and are not in flight, in nanoseconds; 0 if there are
     *     none
     * @return the rejection
     */
    public static Rejected rejected(Cause cause, String notice, long wait, long certain) {
        return wait == NEVER
                ? Rejected.permanent(cause, notice)
                : Rejected.temporaryAtMost(cause, notice, wait, certain);
    }
}
