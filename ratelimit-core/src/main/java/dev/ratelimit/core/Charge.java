package dev.ratelimit.core;

import dev.ratelimit.Unit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** The charge of a reservation: the {@link Piece}s of each of its limits. Immutable while other threads may see it. */
final class Charge {

    /** The states that were charged last. */
    final Parties parties;

    private final CompiledLimit[] limits;

    /** The newest piece of each limit; null where a shadow has refused. */
    private @Nullable Piece[] newest;

    Charge(Parties parties, CompiledLimit[] limits, @Nullable Piece[] newest) {
        this.parties = parties;
        this.limits = limits;
        this.newest = newest;
    }

    /** Returns a copy that may be changed, with the same pieces. */
    Charge copy() {
        return new Charge(parties, limits, newest);
    }

    /** Tells whether what can be given back depends on the time. */
    boolean hasBuckets() {
        for (CompiledLimit limit : limits) {
            if (limit.isBucket) {
                return true;
            }
        }
        return false;
    }

    /** Tells whether a limit was charged. */
    boolean has(int limit) {
        return newest[limit] != null;
    }

    /** Returns this charge with later pieces of some limits, which are null where a shadow has refused. */
    Charge and(Parties last, int[] indexes, @Nullable Piece[] later, long now) {
        @Nullable Piece[] sum = newest.clone();
        for (int i = 0; i < indexes.length; i++) {
            Piece piece = later[i];
            int index = indexes[i];
            sum[index] = piece == null ? sum[index] : piece.before(sum[index], limits[index], now);
        }
        return new Charge(last, limits, sum);
    }

    /**
     * Charges what each limit lacks of the actual use, whether it fits or not. A negative use leaves a limit as it is
     * charged. If this throws, it has given back what it charged. What it could not give back is in this charge. A
     * report, if there is one, is told what this charges.
     */
    void complete(ToLongFunction<Unit> actual, OrganizationStore store, long now, @Nullable Report report) {
        @Nullable Piece[] before = newest; // others may still read it
        if (report != null) {
            report.begin(limits, parties);
        }
        boolean completed = false;
        try {
            for (int i = 0; i < limits.length; i++) {
                long missing = actual.applyAsLong(limits[i].unit);
                for (Piece piece = newest[i]; piece != null && missing > 0; piece = piece.older) {
                    missing -= piece.units;
                }
                Piece last = newest[i];
                if (last != null && missing > 0) {
                    newest = newest == before ? before.clone() : newest;
                    newest[i] = last.charging(i, limits[i], missing, store, report);
                }
            }
            completed = true;
        } finally {
            for (int i = 0; i < limits.length && !completed; i++) {
                Piece last = newest[i];
                if (last != null && last != before[i]) {
                    last.keep(limits[i], 0, now);
                    newest[i] = before[i];
                }
            }
        }
    }

    /**
     * Keeps the newest units of each limit up to the actual use, and gives the others back. A negative use leaves a
     * limit as it is charged. What is in flight is given back whatever the use.
     */
    void reduce(ToLongFunction<Unit> actual, long now) {
        for (int i = 0; i < limits.length; i++) {
            long left = limits[i].inFlight ? 0 : actual.applyAsLong(limits[i].unit);
            for (Piece piece = newest[i]; piece != null && left >= 0; piece = piece.older) {
                left -= piece.keep(limits[i], left, now);
            }
        }
    }

    /** Lets the newest pieces in flight of some limits join the flights before them. */
    void join(int[] indexes, long now) {
        for (int index : indexes) {
            Piece last = newest[index];
            if (limits[index].inFlight && last != null) {
                last.join(limits[index], now);
            }
        }
    }

    /** Gives what is in flight a new end, the longest time from now on. Tells whether all of it still counted. */
    boolean renew(long now) {
        boolean all = true;
        for (int i = 0; i < limits.length; i++) {
            for (Piece piece = limits[i].inFlight ? newest[i] : null; piece != null; piece = piece.older) {
                all &= piece.units == 0 || piece.renew(limits[i], now);
            }
        }
        return all;
    }

    /** Counts the pieces. */
    int pieces() {
        int pieces = 0;
        for (Piece piece : newest) {
            pieces += piece == null ? 0 : piece.length;
        }
        return pieces;
    }
}
