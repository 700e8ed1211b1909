package dev.ratelimit;

/** An admitted reservation, which somebody who waits may give back, and nothing else. */
abstract class AdmittedAttempt implements Reservation {

    @Override
    public final Decision decision() {
        return Decision.admitted();
    }

    @Override
    public final Decision use(Usage piece) {
        throw new AssertionError("waiting uses nothing");
    }

    @Override
    public final boolean settle(Usage actual) {
        throw new AssertionError("waiting settles nothing");
    }

    @Override
    public final boolean settle() {
        throw new AssertionError("waiting settles nothing");
    }

    @Override
    public final boolean renew() {
        throw new AssertionError("waiting renews nothing");
    }
}
