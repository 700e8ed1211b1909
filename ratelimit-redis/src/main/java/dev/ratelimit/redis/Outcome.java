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
     * @param waitMicros microseconds until it would admit; negative if never
     */
    record Refusal(EncodedLimit encoded, long waitMicros) {}

    Outcome(Decision decision, LimitSet charged, List<Booking> bookings) {
        this(decision, charged, bookings, 0);
    }

    Outcome(Decision decision, LimitSet charged, List<Booking> bookings, long leaseMicros) {
        this(decision, charged, bookings, leaseMicros, null);
    }
}
