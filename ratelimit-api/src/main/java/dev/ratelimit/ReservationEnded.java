package dev.ratelimit;

/** More was asked for on a {@link Reservation} that had been settled or cancelled. */
public record ReservationEnded() implements Cause {

    /** Makes the cause. */
    public ReservationEnded {}

    /** Returns {@code The reservation was settled or cancelled}. */
    @Override
    public String message() {
        return "The reservation was settled or cancelled";
    }

    /** Returns 409 (Conflict). */
    @Override
    public int suggestedStatus() {
        return 409;
    }
}
