package dev.ratelimit.kernel;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the pieces of a reservation have used: of its estimate first, and besides.
 *
 * <p>A piece is taken before anything is asked for it, and given back if that is refused. A piece that comes in between
 * finds less of the estimate, and may ask for more than is missing in the end; it never asks for less.
 *
 * <p>Safe for use by many threads, and lock-free.
 */
public final class UsedPieces {

    /** The most units that are counted; no usage states more. */
    private static final long MOST = 1L << 53;

    private static final VarHandle USED = field();

    private static final Used NOTHING = new Used(0, 0);

    private final Usage estimate;

    /** By unit, what the pieces use that state it. A value, never changed. */
    private volatile Map<Unit, Used> used = Map.of();

    /**
     * What pieces use of a unit.
     *
     * @param units how many units
     * @param pieces how many pieces state them, be it 0 units
     */
    private record Used(long units, long pieces) {

        Used with(long more, int sign) {
            return new Used(Math.max(0, Math.min(units + sign * more, MOST)), pieces + sign);
        }
    }

    /**
     * Makes the count of a reservation without pieces.
     *
     * @param estimate what was charged first
     */
    public UsedPieces(Usage estimate) {
        this.estimate = requireNonNull(estimate, "estimate");
    }

    private static VarHandle field() {
        try {
            return MethodHandles.lookup().findVarHandle(UsedPieces.class, "used", Map.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * Takes what a piece uses.
     *
     * @param piece what is used
     * @return what must be asked for, since it goes beyond what is left of the estimate; null if nothing does
     */
    public @Nullable Usage take(Usage piece) {
        Map<Unit, Used> before = change(piece, 1);
        Usage asked = null;
        for (Unit unit : piece.units()) {
            long left = Math.max(0, estimate.amountOf(unit) - before.getOrDefault(unit, NOTHING).units);
            long missing = Math.max(0, piece.amountOf(unit) - left);
            if (left == 0 || missing > 0) {
                asked = asked == null ? Usage.of(unit, missing) : asked.and(unit, missing);
            }
        }
        return asked;
    }

    /**
     * Gives back what a piece has taken.
     *
     * @param piece a piece whose units beyond the estimate are refused
     */
    public void giveBack(Usage piece) {
        change(piece, -1);
    }

    /* Returns what was used before. */
    private Map<Unit, Used> change(Usage piece, int sign) {
        while (true) {
            Map<Unit, Used> before = used;
            Map<Unit, Used> after = new HashMap<>(before);
            for (Unit unit : piece.units()) {
                Used changed = before.getOrDefault(unit, NOTHING).with(piece.amountOf(unit), sign);
                after.put(unit, changed);
                if (changed.pieces <= 0) {
                    after.remove(unit);
                }
            }
            if (USED.compareAndSet(this, before, Map.copyOf(after))) {
                return before;
            }
        }
    }

    /**
     * Returns what a reservation is settled for by its pieces: all units of the estimate, and those that a piece
     * states; calls only if a piece states them.
     *
     * @return the sum of the pieces
     */
    public Usage sum() {
        Map<Unit, Used> pieces = used;
        Usage sum = null;
        for (Map.Entry<Unit, Used> each : pieces.entrySet()) {
            sum = with(sum, each.getKey(), each.getValue().units);
        }
        for (Unit unit : estimate.units()) {
            if (!unit.equals(Unit.CALLS) && !pieces.containsKey(unit)) {
                sum = with(sum, unit, 0);
            }
        }
        return sum == null ? estimate : sum; // an estimate of calls only
    }

    private static Usage with(@Nullable Usage sum, Unit unit, long units) {
        return sum == null ? Usage.of(unit, units) : sum.and(unit, units);
    }
}
