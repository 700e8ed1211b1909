package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;

/**
 * The largest call: no single call above an amount of units.
 *
 * <pre>{@code
 * Limit largest = PerCallLimit.of(POINTS, 1_000);
 * }</pre>
 *
 * <p>Nothing is counted from one call to the next, so no wait helps a call that is refused. What is compared is the
 * estimate of a reservation, or the sum of its pieces where that is more. {@link Reservation#settle(Usage)} is never
 * refused.
 *
 * @param unit what is compared
 * @param amount the most units of one call, between 0 and 2<sup>53</sup>
 */
public record PerCallLimit(Unit unit, long amount) implements Limit {

    /**
     * Makes a limit of single calls.
     *
     * @param unit what is compared
     * @param amount the most units of one call, between 0 and 2<sup>53</sup>
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public PerCallLimit {
        requireNonNull(unit, "unit");
        Arguments.requireAmount(amount, "amount");
    }

    /**
     * Makes a limit of single calls.
     *
     * @param unit what is compared
     * @param amount the most units of one call, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static PerCallLimit of(Unit unit, long amount) {
        return new PerCallLimit(unit, amount);
    }

    @Override
    public PerCallLimit withAmount(long amount) {
        return new PerCallLimit(unit, amount);
    }

    /** Returns this limit: calls do not add up, so a share of it is the whole. */
    @Override
    public PerCallLimit dividedBy(long parts) {
        Arguments.require(parts > 0, "parts", "> 0", parts);
        return this;
    }

    /** Returns amount and unit, for example {@code "1,000 points per call"}. */
    @Override
    public String inWords() {
        return LimitText.inWords(unit, amount) + " per call";
    }

    /** Returns the exact text, for example {@code "1,000 points per call"}. */
    @Override
    public String toString() {
        return LimitText.exact(unit, amount) + " per call";
    }
}
