package dev.ratelimit;

import static java.util.Objects.requireNonNull;

/** The reservation of a call that was rejected: nothing is charged, so there is nothing to change. */
record RejectedReservation(Rejected decision) implements Reservation {

    RejectedReservation {
        requireNonNull(decision, "decision");
    }

    @Override
    public Decision use(Usage piece) {
        requireNonNull(piece, "piece");
        return decision;
    }

    @Override
    public boolean settle(Usage actual) {
        requireNonNull(actual, "actual");
        return false;
    }

    @Override
    public boolean settle() {
        return false;
    }

    @Override
    public boolean cancel() {
        return false;
    }

    @Override
    public boolean renew() {
        return false;
    }
}
