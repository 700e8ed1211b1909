package dev.ratelimit;

import static dev.ratelimit.kernel.Arguments.requireAmount;
import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;
import java.util.Arrays;
import java.util.List;

/**
 * What one call uses: amounts by unit.
 *
 * <p>Every usage includes one {@linkplain Unit#CALLS call} unless it states the number of calls itself, so that limits
 * on calls hold whatever else is counted:
 *
 * <pre>{@code
 * Usage call = Usage.call();                                       // 1 call
 * Usage tokens = Usage.of(Unit.TOKENS, 812);                       // 1 call, 812 tokens
 * Usage batch = Usage.of(Unit.CALLS, 96).and(Unit.TOKENS, 40_000); // a batch of 96 calls
 * Usage characters = Usage.characters(prompt);                     // 1 call, the code points of the prompt
 * }</pre>
 *
 * <p>A usage of 0 units asks without charging. Instances are immutable values: equal when they state the same amounts.
 */
public final class Usage {

    private static final Usage CALL = new Usage(new Unit[] {Unit.CALLS}, new long[] {1});

    /* Ordered by unit name, so that equal usages have equal arrays. One or two units: a scan beats a map. */
    private final Unit[] units;
    private final long[] amounts;

    private Usage(Unit[] units, long[] amounts) {
        this.units = units;
        this.amounts = amounts;
    }

    /**
     * Returns the usage of one call that counts nothing else.
     *
     * @return one call
     */
    public static Usage call() {
        return CALL;
    }

    /**
     * Makes a usage of one unit, and of one call unless the unit is {@link Unit#CALLS}.
     *
     * @param unit what is used
     * @param amount how much of it, between 0 and 2<sup>53</sup>
     * @return the usage
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static Usage of(Unit unit, long amount) {
        requireNonNull(unit, "unit");
        return new Usage(new Unit[] {unit}, new long[] {requireAmount(amount, "amount")});
    }

    /**
     * Makes a usage of the {@linkplain Unit#CHARACTERS characters} of a text, and of one call. A character is a Unicode
     * code point: a surrogate pair is one, and so is a surrogate that stands alone.
     *
     * @param text the text to count
     * @return the usage
     */
    public static Usage characters(CharSequence text) {
        requireNonNull(text, "text");
        return of(Unit.CHARACTERS, Character.codePointCount(text, 0, text.length()));
    }

    /**
     * Returns this usage and more units of one kind. A unit that this usage states already adds up; stating {@link
     * Unit#CALLS} for the first time replaces the call that is implied.
     *
     * @param unit what is used
     * @param amount how much of it, between 0 and 2<sup>53</sup>
     * @return the sum
     * @throws IllegalArgumentException if the amount or the sum is out of its range
     */
    public Usage and(Unit unit, long amount) {
        requireNonNull(unit, "unit");
        requireAmount(amount, "amount");
        int i = 0;
        while (i < units.length && units[i].name().compareTo(unit.name()) < 0) {
            i++;
        }
        if (i < units.length && units[i].equals(unit)) {
            long[] sums = amounts.clone();
            sums[i] = requireAmount(amounts[i] + amount, "amount");
            return new Usage(units, sums);
        }
        Unit[] moreUnits = Arrays.copyOf(units, units.length + 1);
        long[] moreAmounts = Arrays.copyOf(amounts, amounts.length + 1);
        System.arraycopy(units, i, moreUnits, i + 1, units.length - i);
        System.arraycopy(amounts, i, moreAmounts, i + 1, amounts.length - i);
        moreUnits[i] = unit;
        moreAmounts[i] = amount;
        return new Usage(moreUnits, moreAmounts);
    }

    /**
     * Returns this usage and all that another states. Calls add up where both state them; those that only one states
     * are the calls of the sum, so a further piece of a stream that states no calls adds none.
     *
     * @param more what is added
     * @return the sum
     * @throws IllegalArgumentException if the sum of a unit is out of its range
     */
    public Usage and(Usage more) {
        requireNonNull(more, "more");
        Usage sum = this;
        for (int i = 0; i < more.units.length; i++) {
            sum = sum.and(more.units[i], more.amounts[i]);
        }
        return sum;
    }

    /**
     * Returns this usage and the {@linkplain #characters characters} of a text.
     *
     * @param text the text to count
     * @return the sum
     */
    public Usage andCharacters(CharSequence text) {
        return and(characters(text));
    }

    /**
     * Returns how much of a unit is used.
     *
     * @param unit the unit asked for
     * @return the amount stated; if none is, 1 for {@link Unit#CALLS} and 0 for any other
     */
    public long amountOf(Unit unit) {
        int i = indexOf(unit);
        return i >= 0 ? amounts[i] : unit.equals(Unit.CALLS) ? 1 : 0;
    }

    /**
     * Tells whether this usage states an amount of the unit, be it 0.
     *
     * @param unit the unit asked for
     * @return whether it is stated and not implied
     */
    public boolean states(Unit unit) {
        return indexOf(unit) >= 0;
    }

    /**
     * Returns the units that this usage states, be it 0 of one.
     *
     * @return the units in the order of their names, each once, unmodifiable; without {@link Unit#CALLS} where one call
     *     is implied
     */
    public List<Unit> units() {
        return List.of(units);
    }

    private int indexOf(Unit unit) {
        requireNonNull(unit, "unit");
        for (int i = 0; i < units.length; i++) {
            if (units[i].equals(unit)) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Usage that && Arrays.equals(units, that.units) && Arrays.equals(amounts, that.amounts);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(units) + Arrays.hashCode(amounts);
    }

    /** Returns the stated amounts, for example {@code "1 call, 812 tokens"}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < units.length; i++) {
            text.append(i == 0 ? "" : ", ").append(LimitText.inWords(units[i], amounts[i]));
        }
        return Printable.text(text.toString());
    }
}
