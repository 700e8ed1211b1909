package dev.ratelimit.keys;

/** The form of a refused argument, the same as in {@code dev.ratelimit}: the rule, then name=value. */
final class Arguments {

    private Arguments() {}

    static void require(boolean holds, String name, String rule, Object value) {
        if (!holds) {
            throw new IllegalArgumentException(name + " must be " + rule + ": " + name + "=" + value);
        }
    }
}
