package dev.ratelimit.redis;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a call.
 *
 * @param decision the answer
 * @param charged the limits that admitted it
 * @param bookings what each of them was charged, if that was asked for
 * @param levels where the organization stands with each of them then
 * @param leaseMicros microseconds until the batch ends that was charged; 0 if none was
 * @param refusal why Redis refused, if it did
 * @param turned whether a refusal changed the rate of a bucket, and so the waits of other refusals
 */
record Outcome(
        Decision decision,
        LimitSet charged,
        List<Booking> bookings,
        List<Level> levels,
        long leaseMicros,
        @Nullable Refusal refusal,
        boolean turned) {

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
        this(decision, charged, bookings, List.of(), leaseMicros, null, false);
    }

    /** Makes what came of a call that was decided without Redis. */
    static Outcome local(Caller caller, Decision decision) {
        return new Outcome(decision, LimitSet.nothing(caller), List.of());
    }
}
