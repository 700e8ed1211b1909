package dev.ratelimit.redis;

import dev.ratelimit.Decision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a call.
 *
 * @param decision the answer
 * @param charged the limits that admitted it
 * @param bookings what each of them was charged, if that was asked for
 * @param leaseMicros microseconds until the batch ends that was charged; 0 if none was
 * @param refusal why Redis refused, if it did
 */
record Outcome(
        Decision decision,
        LimitSet charged,
        List<Booking> bookings,
        long leaseMicros,
        @Nullable Refusal refusal) {

    /**
     * The limit that refuses longest.
     *
     * @param encoded the limit
     * @param waitNanos nanoseconds until it would admit; or {@link dev.ratelimit.kernel.Waits#NEVER}
     */
    record Refusal(EncodedLimit encoded, long waitNanos) {}

    Outcome(Decision decision, LimitSet charged, List<Booking> bookings) {
        this(decision, charged, bookings, 0);
    }

    Outcome(Decision decision, LimitSet charged, List<Booking> bookings, long leaseMicros) {
        this(decision, charged, bookings, leaseMicros, null);
    }
}
