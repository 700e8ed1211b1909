package dev.ratelimit.testkit;

import static java.util.Comparator.comparing;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is in flight, by the reference: the charges of reservations that have not ended, each with its latest end. */
final class ReferenceInFlight extends ReferenceMeter {

    private static final class Flight extends Charge {

        private long end;

        Flight(long units, long end) {
            super(units);
            this.end = end;
        }

        Duration left(Moment now) {
            return Duration.ofNanos(end - now.nanoTime());
        }

        boolean counts(Moment now) {
            return units() > 0 && end - now.nanoTime() > 0;
        }
    }

    private final List<Flight> flights = new ArrayList<>();

    private static long longest(Limit limit) {
        return ((ConcurrencyLimit) limit).longest().toNanos();
    }

    /** Returns what counts, the first end first. */
    private List<Flight> counting(Moment now) {
        flights.removeIf(flight -> !flight.counts(now));
        return flights.stream().sorted(comparing(flight -> flight.left(now))).toList();
    }

    @Override
    Charge charge(Limit limit, long units, Moment now) {
        Flight flight = new Flight(units, now.nanoTime() + longest(limit));
        flights.add(flight);
        return flight;
    }

    /** Gives a piece the end of what its reservation holds already: the pieces of a reservation end with it. */
    @Override
    void join(List<Charge> others, Charge added, Moment now) {
        others.stream()
                .map(Flight.class::cast)
                .filter(flight -> flight.counts(now))
                .forEach(flight -> ((Flight) added).end = flight.end);
    }

    /** Takes nothing: what has happened is not in flight. */
    @Override
    long chargeAnyway(Limit limit, long units, Moment now) {
        return 0;
    }

    /** Gives all back, whatever was used. */
    @Override
    void settle(Limit limit, List<Charge> charged, long units, Moment now) {
        charged.forEach(flight -> flight.keep(0));
    }

    @Override
    boolean renew(Limit limit, List<Charge> charged, Moment now) {
        boolean allCount = true;
        for (Charge charge : charged) {
            Flight flight = (Flight) charge;
            if (flight.counts(now)) {
                flight.end = now.nanoTime() + longest(limit);
            } else {
                allCount &= flight.units() == 0;
            }
        }
        return allCount;
    }

    @Override
    long used(Moment now) {
        return counting(now).stream().mapToLong(Charge::units).sum();
    }

    @Override
    Optional<Refusal> refusal(AppliedLimit applied, long units, Moment now) {
        long excess = used(now) + units - applied.limit().amount();
        return excess <= 0 ? Optional.empty() : Optional.of(new Refusal(applied, units, untilGone(excess, now)));
    }

    /** Returns the wait until at least some units count no more; empty if fewer count. */
    private Optional<Duration> untilGone(long units, Moment now) {
        long gone = 0;
        for (Flight flight : counting(now)) {
            gone += flight.units();
            if (gone >= units) {
                return Optional.of(flight.left(now));
            }
        }
        return Optional.empty();
    }

    @Override
    LimitStatus status(AppliedLimit applied, Moment now) {
        List<Flight> counting = counting(now);
        Duration first = counting.isEmpty() ? Duration.ZERO : counting.get(0).left(now);
        Duration last = counting.isEmpty()
                ? Duration.ZERO
                : counting.get(counting.size() - 1).left(now);
        return LimitStatus.of(applied, used(now), 0, Optional.of(first), Optional.of(last));
    }
}
