package dev.ratelimit.http.filter;

import dev.ratelimit.Decision;
import dev.ratelimit.Reservation;
import dev.ratelimit.Usage;
import java.util.List;

/** The reservation of every call that is not limited: it admits all pieces and has nothing to settle. */
enum UnlimitedCall implements Reservation {
    INSTANCE;

    private static final Decision ADMITTED = Decision.admitted().withLimits(List.of());

    @Override
    public Decision decision() {
        return ADMITTED;
    }

    @Override
    public Decision use(Usage piece) {
        return ADMITTED;
    }

    @Override
    public boolean settle(Usage actual) {
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
        return true;
    }
}
