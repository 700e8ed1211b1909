package dev.ratelimit.core;

/** Checks of arguments. */
final class Arguments {

    private Arguments() {}

    /** Throws an {@link IllegalArgumentException} that names the rule and the value, unless the rule holds. */
    static void require(boolean holds, String name, String limit, Object value) {
        dev.ratelimit.kernel.Arguments.require(holds, name, limit, value);
    }
}
