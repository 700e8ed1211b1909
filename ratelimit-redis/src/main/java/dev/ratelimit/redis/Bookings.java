package dev.ratelimit.redis;

import dev.ratelimit.kernel.Arguments;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one limit was charged for a reservation, oldest first.
 *
 * <p>A stream of pieces does not grow it without bound. Charges at the same place are one. Beyond some charges to a
 * bucket, neighbours that have flowed back become one, and a further charge joins the last as if it were made then: the
 * bucket has lacked both ever since. In flight, the pieces beyond an estimate share an entry, and those that have come
 * to their ends are dropped.
 *
 * <p>Not safe for use by many threads.
 */
final class Bookings {

    /** As many charges of a bucket are kept apart. */
    private static final int APART = 64;

    /** Stands for the name of a charge that gives nothing back. */
    private static final long NOBODY = -1;

    /** The part of a flow that is certain in spite of the rounding of doubles. */
    private static final double CERTAIN = 1 - 1e-9;

    private final EncodedLimit encoded;
    private final List<Booking> list = new ArrayList<>();
    private boolean hasExpired;

    Bookings(EncodedLimit encoded) {
        this.encoded = encoded;
    }

    EncodedLimit encoded() {
        return encoded;
    }

    /** Returns the entry in flight that a further piece joins; null if this is no limit in flight. */
    @Nullable
    Booking joined() {
        return !encoded.isInFlight() ? null : list.isEmpty() ? Booking.NONE : list.get(list.size() - 1);
    }

    /** Adds a charge. A charge of 0 units leaves no mark in a window. In a quota it tells the period. */
    void add(Booking charge) {
        if (encoded.isInFlight()) {
            addInFlight(charge);
        } else if (charge.units() > 0 || encoded.periods != null) {
            if (encoded.isBucket() && list.size() >= APART) {
                gatherGone(charge);
            }
            int last = list.size() - 1;
            boolean joins = last >= 0
                    && (isAtTheSamePlace(list.get(last), charge) || joinsLast(charge))
                    && list.get(last).units() + charge.units() <= Arguments.MAX_AMOUNT;
            if (joins) {
                list.set(last, list.get(last).and(charge.units()));
            } else {
                list.add(charge);
            }
        }
    }

    private boolean joinsLast(Booking charge) {
        int last = list.size() - 1;
        return encoded.isBucket() && last >= APART && list.get(last).second() == charge.second();
    }

    private static boolean isAtTheSamePlace(Booking one, Booking other) {
        return one.first() == other.first() && one.second() == other.second();
    }

    private void addInFlight(Booking charge) {
        if (list.stream().noneMatch(booking -> booking.isNamedAs(charge))) {
            hasExpired |= list.removeIf(booking -> booking.second() <= charge.second() - encoded.exact);
            list.add(charge);
        }
    }

    /**
     * Makes one of neighbours that give nothing back to a bucket any more: they have flowed back, or are from before it
     * was full. Their units still tell how many a settlement keeps.
     */
    private void gatherGone(Booking newest) {
        List<Booking> gathered = new ArrayList<>();
        for (Booking booking : list) {
            double flowed = CERTAIN * encoded.exact / encoded.grain * (newest.first() - booking.first());
            boolean isGone = booking.second() != newest.second() || booking.units() <= flowed;
            int last = gathered.size() - 1;
            if (!isGone) {
                gathered.add(booking);
            } else if (last >= 0 && gathered.get(last).second() == NOBODY) {
                long units = Math.min(gathered.get(last).units() + booking.units(), Arguments.MAX_AMOUNT);
                gathered.set(last, new Booking(0, NOBODY, units));
            } else {
                gathered.add(new Booking(0, NOBODY, booking.units()));
            }
        }
        list.clear();
        list.addAll(gathered);
    }

    /** Takes note that entries in flight were renewed. Tells whether there is another, which came in between. */
    boolean renewed(List<Refund> asked, long end) {
        boolean hasAnother = false;
        for (int i = 0; i < list.size(); i++) {
            Booking booking = list.get(i);
            boolean wasAsked = asked.stream().anyMatch(each -> each.of().isNamedAs(booking));
            hasAnother |= !wasAsked;
            list.set(i, wasAsked ? new Booking(booking.first(), end, booking.units()) : booking);
        }
        return hasAnother;
    }

    /** Tells whether something in flight has come to its end and is not kept here any more. */
    boolean hasExpired() {
        return hasExpired;
    }

    int size() {
        return list.size();
    }

    /** Returns all charges in full. */
    List<Refund> all() {
        return list.stream().map(charge -> new Refund(charge, charge.units())).toList();
    }

    /**
     * Returns what changes the charges to a number of units; of a limit in flight, what ends them. The newest stay; if
     * all are too few, more is charged. Returns null if nothing changes.
     */
    @Nullable
    Change changedTo(long units) {
        List<Refund> refunds = new ArrayList<>(encoded.isInFlight() ? all() : List.of());
        long missing = encoded.isInFlight() ? 0 : units;
        for (int i = list.size() - 1; i >= 0 && !encoded.isInFlight(); i--) {
            Booking charge = list.get(i);
            long kept = Math.min(charge.units(), missing);
            missing -= kept;
            if (kept < charge.units()) {
                refunds.add(new Refund(charge, charge.units() - kept));
            }
        }
        if (missing == 0 && refunds.isEmpty()) {
            return null;
        }
        long period = encoded.periods == null ? 0 : list.get(list.size() - 1).first();
        return new Change(encoded, refunds, missing, period);
    }
}
