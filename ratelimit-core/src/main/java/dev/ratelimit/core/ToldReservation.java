package dev.ratelimit.core;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Usage;
import java.util.ArrayList;
import java.util.List;

/** A reservation that listeners are told of. */
final class ToldReservation implements Reservation {

    private final Reservation reservation;
    private final Admitted estimated;
    private final Organizations organizations;
    private final Caller caller;
    private final String endpoint;
    private final Usage estimate;

    ToldReservation(
            Reservation reservation,
            Admitted estimated,
            Organizations organizations,
            Caller caller,
            String endpoint,
            Usage estimate) {
        this.reservation = reservation;
        this.estimated = estimated;
        this.organizations = organizations;
        this.caller = caller;
        this.endpoint = endpoint;
        this.estimate = estimate;
    }

    @Override
    public Decision decision() {
        return estimated;
    }

    @Override
    public Decision add(Usage more) {
        long began = organizations.clocks.nanoTime();
        Decision decision = reservation.add(more);
        if (decision instanceof Admitted admitted) {
            organizations.listeners.wouldReject(caller, endpoint, more, admitted);
            List<Rejected> notCharged = new ArrayList<>(admitted.shadowRejections());
            notCharged.addAll(estimated.shadowRejections()); // those limits are not asked for more
            organizations.tellNear(
                    caller, endpoint, notCharged, unit -> more.states(unit) ? more.amountOf(unit) : 0, began);
        } else {
            organizations.listeners.rejected(caller, endpoint, more, (Rejected) decision);
        }
        return decision;
    }

    @Override
    public boolean settle(Usage actual) {
        long began = organizations.clocks.nanoTime();
        boolean settled = reservation.settle(actual);
        if (settled) {
            organizations.listeners.settled(caller, endpoint, estimate, actual);
            organizations.tellNear(caller, endpoint, List.of(), unit -> 0, began);
        }
        return settled;
    }

    @Override
    public boolean cancel() {
        boolean cancelled = reservation.cancel();
        if (cancelled) {
            organizations.listeners.cancelled(caller, endpoint, estimate);
        }
        return cancelled;
    }
}
