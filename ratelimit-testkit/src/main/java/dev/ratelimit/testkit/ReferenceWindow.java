package dev.ratelimit.testkit;

import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The charges of a window of the reference. */
final class ReferenceWindow extends ReferenceLog {

    private static final class Stamped extends Charge {

        private final long at;

        Stamped(long units, long at) {
            super(units);
            this.at = at;
        }
    }

    private final long window;
    private final List<Charge> charges = new ArrayList<>();

    ReferenceWindow(Duration window) {
        this.window = window.toNanos();
    }

    @Override
    Charge charge(long units, Moment now) {
        Charge charge = new Stamped(units, now.nanoTime());
        charges.add(charge);
        return charge;
    }

    @Override
    List<Charge> charges(Moment now) {
        charges.removeIf(charge -> charge.units() == 0 || nanosUntilGone(charge, now) <= 0);
        return charges;
    }

    @Override
    Optional<Duration> untilGone(Charge charge, Moment now) {
        return Optional.of(Duration.ofNanos(nanosUntilGone(charge, now)));
    }

    private long nanosUntilGone(Charge charge, Moment now) {
        return window - (now.nanoTime() - ((Stamped) charge).at);
    }

    @Override
    void chargeMore(Charge earlier, long units, Moment now) {
        charge(atMost(units, charges(now)), now);
    }
}
