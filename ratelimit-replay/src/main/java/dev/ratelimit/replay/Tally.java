package dev.ratelimit.replay;

import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.util.Arrays;
import java.util.List;

/** Adds up what a row uses, by unit. */
final class Tally {

    private final List<Unit> units;
    private final long[] amounts;

    /**
     * Begins with nothing used.
     *
     * @param charges what is added; those of one unit add up
     */
    Tally(List<Charge> charges) {
        this.units = charges.stream().map(Charge::unit).distinct().toList();
        this.amounts = new long[units.size()];
    }

    void clear() {
        Arrays.fill(amounts, 0);
    }

    /** Returns the number that {@link #add} knows a unit by. */
    int indexOf(Unit unit) {
        return units.indexOf(unit);
    }

    /**
     * Adds to a unit.
     *
     * @throws BadValueException if that makes more of it than a limiter takes
     */
    void add(int unit, long amount) {
        amounts[unit] += amount;
        if (amounts[unit] > WholeNumber.MAX) {
            throw new BadValueException("must not add up to more than 2^53");
        }
    }

    /** Returns one call with its usage. */
    Usage usage() {
        if (amounts.length == 0) {
            return Usage.call();
        }
        Usage usage = Usage.of(units.get(0), amounts[0]);
        for (int i = 1; i < amounts.length; i++) {
            usage = usage.and(units.get(i), amounts[i]);
        }
        return usage;
    }
}
