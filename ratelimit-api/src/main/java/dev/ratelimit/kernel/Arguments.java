package dev.ratelimit.kernel;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;

/** Checks of arguments. An error says the rule, then name=value; the value is {@linkplain Printable printable}. */
public final class Arguments {

    /** The largest amount or usage: every whole number up to here is exact in a double. */
    public static final long MAX_AMOUNT = 1L << 53;

    /** The most characters of a rule: some list what is known. */
    private static final int MAX_RULE = 1_024;

    private Arguments() {}

    /**
     * Requires an amount between 0 and 2<sup>53</sup>.
     *
     * @param value the amount
     * @param name what the amount is called
     * @return the amount
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static long requireAmount(long value, String name) {
        require(value >= 0, name, ">= 0", value);
        require(value <= MAX_AMOUNT, name, "<= 2^53", value);
        return value;
    }

    /**
     * Requires a name that is not blank.
     *
     * @param value the name
     * @param name what the name is called
     * @return the name
     * @throws IllegalArgumentException if the name is blank
     */
    public static String requireName(String value, String name) {
        requireNonNull(value, name);
        if (value.isBlank()) {
            throw refusal(name, "not blank", '"' + Printable.name(value) + '"');
        }
        return value;
    }

    /**
     * Requires that a rule holds.
     *
     * @param holds whether it does
     * @param name what the argument is called
     * @param rule what the argument must be
     * @param value the argument
     * @throws IllegalArgumentException if the rule does not hold
     */
    public static void require(boolean holds, String name, String rule, Object value) {
        if (!holds) {
            throw refusal(name, rule, Printable.name(value.toString()));
        }
    }

    private static IllegalArgumentException refusal(String name, String rule, String shown) {
        return new IllegalArgumentException(
                name + " must be " + Printable.of(rule, MAX_RULE) + ": " + name + "=" + shown);
    }
}
