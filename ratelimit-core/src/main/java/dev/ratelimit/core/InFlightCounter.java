package dev.ratelimit.core;

import static dev.ratelimit.core.CompiledLimit.NEVER;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.kernel.MeterKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The meter of a limit in flight: the units of reservations that have not ended.
 *
 * <p>Each charge is a {@link Flight}, with the end that it was given. Flights are a list in the order of their ends. A
 * flight leaves the list when its reservation ends, wherever it stands. Those whose end has come leave it when somebody
 * looks. So the list has at most what is in flight, however long one of them stays.
 *
 * <p>A piece of a reservation joins the flight of its reservation, and ends with it. So a stream of pieces has one
 * flight.
 *
 * <p>A new flight is put behind those that end sooner. They are looked for from the end of the list: the first one is
 * it, unless the longest time was changed.
 *
 * <p><b>Assumptions.</b> All readings are of one monotonic clock, and lag by at most {@link Clocks#lag}. A flight ends
 * later by that lag.
 *
 * <p><b>Guarantees.</b> All is done under the lock of this object, so each answer is as of one moment. A list that is
 * changed is changed by assignments only: where a thread has no stack left for a call, the list is as it was.
 *
 * <p><b>Progress.</b> The lock is held for a few steps, and for one step more for each flight that has come to its end.
 */
final class InFlightCounter extends Meter {

    /* As measured, on a JVM that compresses pointers. */
    private static final long BYTES_OF_FLIGHT = 48;

    /** The position of a charge of nothing. */
    private static final long NOWHERE = 0;

    private final Clocks clocks;

    /* Guarded by the lock of this object. */
    private @Nullable Flight soonest;
    private @Nullable Flight latest;
    private long used;
    private long newestPosition = NOWHERE;

    InFlightCounter(Clocks clocks) {
        this.clocks = clocks;
    }

    /** Makes a counter of what was saved {@code elapsed} nanoseconds ago. Nobody can end it, so it lasts to its end. */
    InFlightCounter(SavedMeter.InFlight saved, long elapsed, Clocks clocks) {
        this(clocks);
        long now = clocks.nanoTime();
        for (SavedMeter.Flight flight : saved.flights()) {
            if (flight.untilEnd() > elapsed) {
                newestPosition++;
                put(new Flight(newestPosition, flight.units()), now + clocks.lag + flight.untilEnd() - elapsed);
            }
        }
    }

    /* ---------------- Charging ---------------- */

    @Override
    long charge(CompiledLimit limit, long units, long now) {
        return take(limit, units, now, null);
    }

    @Override
    long charge(CompiledLimit limit, long units, long now, Report report) {
        return take(limit, units, now, report);
    }

    private synchronized long take(CompiledLimit limit, long units, long now, @Nullable Report report) {
        long wait = nanosUntilFits(limit, units, now);
        if (wait != 0) {
            return ~wait;
        }
        long endAt = now + limit.windowNanos + clocks.lag;
        if (report != null) {
            stands(report, units, endAt, now);
        }
        if (units == 0) {
            return NOWHERE;
        }
        newestPosition++;
        put(new Flight(newestPosition, units), endAt);
        return newestPosition;
    }

    /** Says in a report how the counter stands if some units are taken. */
    private void stands(Report report, long units, long endAt, long now) {
        if (report.stands(used + units, 0, units)) {
            long next = untilEnd(soonest, now);
            long reset = untilEnd(latest, now);
            long own = units == 0 ? 0 : endAt - now;
            report.waits(next == 0 || own == 0 ? next + own : Math.min(next, own), Math.max(reset, own));
        }
    }

    private static long untilEnd(@Nullable Flight flight, long now) {
        return flight == null ? 0 : flight.endAt - now;
    }

    /** Returns an upper bound: what is in flight may end at any time. */
    @Override
    synchronized long nanosUntilFits(CompiledLimit limit, long units, long now) {
        passBy(now);
        long lacking = used + units - limit.amount;
        if (lacking <= 0 || units > limit.amount) {
            return lacking <= 0 ? 0 : NEVER;
        }
        Flight last = soonest;
        for (Flight each = soonest; each != null && lacking > 0; each = each.later) {
            lacking -= each.units;
            last = each;
        }
        return untilEnd(last, now);
    }

    /** Charges nothing: what has happened is not in flight any more. */
    @Override
    synchronized Charged chargeAnyway(CompiledLimit limit, long units, long now, @Nullable Report report) {
        passBy(now);
        if (report != null) {
            stands(report, 0, now, now);
        }
        return new Charged(0, NOWHERE);
    }

    /** Charges nothing: what is settled beyond an estimate is not in flight any more. */
    @Override
    Charged chargeMore(CompiledLimit limit, @Nullable Booking booking, long units, long now, @Nullable Report report) {
        return new Charged(0, NOWHERE);
    }

    /* ---------------- The list ---------------- */

    /** Puts a flight into the list, or to another place in it, by its end. */
    private void put(Flight flight, long endAt) {
        place(flight, endAt, true);
    }

    private void takeOut(Flight flight) {
        place(flight, flight.endAt, false);
    }

    /* By assignments only. */
    private void place(Flight flight, long endAt, boolean inList) {
        if (flight.counts) {
            if (flight.sooner == null) {
                soonest = flight.later;
            } else {
                flight.sooner.later = flight.later;
            }
            if (flight.later == null) {
                latest = flight.sooner;
            } else {
                flight.later.sooner = flight.sooner;
            }
            flight.sooner = null; // a reservation may hold it for long, and must not hold others
            flight.later = null;
            used -= flight.units;
        }
        flight.endAt = endAt;
        flight.counts = inList;
        if (inList) {
            Flight sooner = latest;
            while (sooner != null && sooner.endAt - endAt > 0) {
                sooner = sooner.sooner;
            }
            Flight later = sooner == null ? soonest : sooner.later;
            flight.sooner = sooner;
            flight.later = later;
            if (sooner == null) {
                soonest = flight;
            } else {
                sooner.later = flight;
            }
            if (later == null) {
                latest = flight;
            } else {
                later.sooner = flight;
            }
            used += flight.units;
        }
    }

    /** Takes out the flights whose end has come. */
    private void passBy(long now) {
        while (soonest != null && soonest.endAt - now <= 0) {
            takeOut(soonest);
        }
    }

    /* ---------------- Ending ---------------- */

    @Override
    @Nullable
    synchronized Flight booking(long position) {
        Flight flight = position == NOWHERE ? null : latest;
        while (flight != null && flight.position != position) {
            flight = flight.sooner;
        }
        return flight;
    }

    /** Ends a flight: all its units come back, whatever its call has used. */
    @Override
    synchronized void refund(CompiledLimit limit, @Nullable Booking booking, long charged, long units, long now) {
        if (booking instanceof Flight flight && flight.counts) {
            takeOut(flight);
        }
    }

    /**
     * Gives a flight the units of a later one of its reservation, which leaves the list. Both must count. So nothing
     * happens once the reservation has ended.
     */
    synchronized void join(@Nullable Booking earlier, @Nullable Booking later, long now) {
        passBy(now);
        if (earlier instanceof Flight first && later instanceof Flight last) {
            Flight flight = carrier(first);
            if (flight.counts && last.counts) {
                takeOut(last);
                last.joined = flight;
                flight.units += last.units;
                used += last.units;
            }
        }
    }

    /** Returns the flight that has the units of a flight. */
    private static Flight carrier(Flight flight) {
        Flight carrier = flight;
        while (carrier.joined != null) {
            carrier = carrier.joined;
        }
        return carrier;
    }

    /** Gives a flight a new end, the longest time from now on. Returns false if it counts no more. */
    synchronized boolean renew(CompiledLimit limit, @Nullable Booking booking, long now) {
        passBy(now);
        if (booking instanceof Flight flight && carrier(flight).counts) {
            put(carrier(flight), now + limit.windowNanos + clocks.lag);
            return true;
        }
        return false;
    }

    @Override
    synchronized boolean isGone(@Nullable Booking booking, long units, long now) {
        passBy(now);
        return !(booking instanceof Flight flight && flight.counts);
    }

    /* ---------------- Reading ---------------- */

    @Override
    synchronized LimitStatus status(CompiledLimit limit, long now) {
        passBy(now);
        return limit.status(used, 0, untilEnd(soonest, now), untilEnd(latest, now));
    }

    @Override
    synchronized boolean isIdle(long now) {
        passBy(now);
        return soonest == null;
    }

    /** Returns how many flights are kept. */
    synchronized int countFlights() {
        int flights = 0;
        for (Flight each = soonest; each != null; each = each.later) {
            flights++;
        }
        return flights;
    }

    /** Estimates the heap that the flights take, in bytes. */
    long estimatedBytes() {
        return countFlights() * BYTES_OF_FLIGHT;
    }

    /* ---------------- Snapshots ---------------- */

    @Override
    synchronized SavedMeter.@Nullable InFlight save(MeterKey key, long now) {
        passBy(now);
        List<SavedMeter.Flight> flights = new ArrayList<>();
        for (Flight each = soonest; each != null; each = each.later) {
            flights.add(new SavedMeter.Flight(each.endAt - now, each.units));
        }
        return flights.isEmpty() ? null : new SavedMeter.InFlight(key, flights);
    }
}
