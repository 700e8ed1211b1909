package dev.ratelimit;

import static java.util.Objects.requireNonNull;

/** The rules that arguments of this package share; each violation says the rule, then name=value. */
final class Arguments {

    /** The largest amount or usage: every whole number up to here is exact in a double. */
    static final long MAX_AMOUNT = 1L << 53;

    private Arguments() {}

    static long requireAmount(long value, String name) {
        require(value >= 0, name, ">= 0", value);
        require(value <= MAX_AMOUNT, name, "<= 2^53", value);
        return value;
    }

    static String requireName(String value, String name) {
        requireNonNull(value, name);
        require(!value.isBlank(), name, "not blank", '"' + value + '"');
        return value;
    }

    static void require(boolean holds, String name, String rule, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " must be " + rule + ": " + name + "=" + value);
        }
    }
}
