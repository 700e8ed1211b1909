package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Units that a reservation has charged to one limit by one booking. The pieces of a limit are a list, newest first.
 *
 * <p>A list does not grow with the life of its reservation. A piece joins the newest one if both have the same booking.
 * When a list has become twice as long as it was, its oldest pieces become one without a booking, as far as they are
 * gone: no decision counts them any more, now or later.
 *
 * <p>A piece in flight ends with its reservation, so its flight joins the one before it: see {@link #join}. Such a
 * piece becomes one with the piece before it as soon as there is a later one.
 *
 * <p>A reservation is settled the same with that sum. Settling keeps the newest units up to the actual use, gives the
 * others back where they were charged, and charges what is missing. To give a gone piece back changes nothing. So only
 * its units matter, which decide how many remain to be kept. Of several pieces in a row that is their sum. Only the
 * oldest become one. So the order of the others, and what is kept of each, stays the same.
 */
final class Piece {

    /** The length up to which a list is not worth looking through. */
    private static final int FEW = 8;

    final OrganizationState organization;

    /** The booking of the units; null if they do not count any more. */
    final Meter.@Nullable Booking booking;

    final @Nullable Piece older;

    /** The number of pieces from this one to the oldest. */
    final int length;

    /** The length at which the list is looked through. */
    private final int dueLength;

    /**
     * Written only by the thread that ends the reservation. At most {@link CompiledLimit#MOST_USED}: no use is larger,
     * so no more matter.
     */
    long units;

    private Piece(
            OrganizationState organization,
            Meter.@Nullable Booking booking,
            long units,
            @Nullable Piece older,
            int dueLength) {
        this.organization = organization;
        this.booking = booking;
        this.units = units;
        this.older = older;
        this.length = older == null ? 1 : older.length + 1;
        this.dueLength = dueLength;
    }

    Piece(OrganizationState organization, Meter.@Nullable Booking booking, long units) {
        this(organization, booking, units, null, FEW);
    }

    /** Returns the list of this piece and older ones of the same limit. */
    Piece before(@Nullable Piece others, CompiledLimit limit, long now) {
        if (limit.inFlight) {
            return others == null || others.units == 0 ? this : beforeInFlight(others.joinedUp(limit, now));
        }
        if (others == null) {
            return this;
        }
        if (others.organization == organization && Objects.equals(others.booking, booking)) {
            return new Piece(organization, booking, sum(units, others.units), others.older, others.dueLength);
        }
        Piece list = new Piece(organization, booking, units, others, others.dueLength);
        return list.length < list.dueLength ? list : list.withoutGone(limit, now);
    }

    private Piece beforeInFlight(Piece others) {
        return units == 0 ? others : new Piece(organization, booking, units, others, FEW);
    }

    /**
     * Returns this list in flight without the newest pieces whose flights have joined the one before. Where the newest
     * flight counts no more, none does, and the list is one piece.
     */
    private Piece joinedUp(CompiledLimit limit, long now) {
        Piece list = this;
        while (list.older != null && list.organization.meter(limit).isGone(list.booking, list.units, now)) {
            Piece former = list.older;
            list = new Piece(former.organization, former.booking, sum(list.units, former.units), former.older, FEW);
        }
        return list;
    }

    /** Lets the flight of this piece join the one of the piece before it, if both count. */
    void join(CompiledLimit limit, long now) {
        if (older != null && older.organization == organization) {
            ((InFlightCounter) organization.meter(limit)).join(older.booking, booking, now);
        }
    }

    /** Returns this list with its oldest pieces, as far as they are gone, as one. */
    private Piece withoutGone(CompiledLimit limit, long now) {
        List<Piece> pieces = new ArrayList<>(length);
        int kept = 0;
        long gone = 0;
        for (Piece piece = this; piece != null; piece = piece.older) {
            pieces.add(piece);
            if (piece.organization.meter(limit).isGone(piece.booking, piece.units, now)) {
                gone = sum(gone, piece.units);
            } else {
                kept = pieces.size();
                gone = 0;
            }
        }
        int due = Math.max(FEW, 2 * (kept + 1));
        Piece list = kept == length ? null : new Piece(pieces.get(kept).organization, null, gone, null, due);
        for (int i = kept - 1; i >= 0; i--) {
            Piece piece = pieces.get(i);
            list = new Piece(piece.organization, piece.booking, piece.units, list, due);
        }
        return requireNonNull(list);
    }

    private static long sum(long units, long others) {
        return Math.min(units + others, CompiledLimit.MOST_USED);
    }

    /** Keeps at most some units, gives the others back, and returns how many it kept. */
    long keep(CompiledLimit limit, long most, long now) {
        long kept = Math.min(units, most);
        if (kept < units) {
            giveBack(limit, units - kept, now);
            units = kept;
        }
        return kept;
    }

    /** Gives a piece in flight a new end. Returns false if it counts no more, or was reset. */
    boolean renew(CompiledLimit limit, long now) {
        return ((InFlightCounter) organization.meter(limit)).renew(limit, booking, now) && organization.confirmLive();
    }

    /** Gives back units of this piece. */
    private void giveBack(CompiledLimit limit, long back, long now) {
        organization.meter(limit).refund(limit, booking, units, back, now);
    }

    /**
     * Charges units whether they fit or not to the i-th limit, of which this piece is the newest. Returns the list of
     * them and this piece.
     */
    Piece charging(int i, CompiledLimit limit, long more, OrganizationStore store, @Nullable Report report) {
        OrganizationState owner = organization;
        Meter.Charged charged = chargeMore(i, limit, more, owner, store.clocks, report);
        while (!owner.confirmLive()) {
            Meter ended = owner.meter(limit); // a store of quotas is told of it nevertheless
            ended.refund(limit, ended.booking(charged.position()), charged.units(), charged.units(), 0);
            owner = store.renewed(owner);
            charged = chargeMore(i, limit, more, owner, store.clocks, report);
        }
        return new Piece(owner, owner.meter(limit).booking(charged.position()), charged.units(), this, dueLength);
    }

    private Meter.Charged chargeMore(
            int i, CompiledLimit limit, long more, OrganizationState owner, Clocks clocks, @Nullable Report report) {
        if (report != null) {
            report.turnTo(i);
        }
        return owner.meter(limit).chargeMore(limit, booking, more, clocks.nanoTime(), report);
    }
}
