package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;

/**
 * A limit as it applies to an endpoint: the number, the table it stands in, and what shares its meter.
 *
 * @param table the name of the limit table
 * @param scope the endpoint by itself, or the group whose endpoints add up
 * @param limit the number with its window or period
 * @param shadow whether the table is a {@linkplain LimitTable#asShadow() shadow}, whose limits refuse nothing
 */
public record AppliedLimit(String table, Scope scope, Limit limit, boolean shadow) {

    /**
     * Makes an applied limit.
     *
     * @param table the name of the limit table
     * @param scope the endpoint by itself, or the group whose endpoints add up
     * @param limit the number with its window or period
     * @param shadow whether the table is a shadow, whose limits refuse nothing
     */
    public AppliedLimit {
        requireNonNull(table, "table");
        requireNonNull(scope, "scope");
        requireNonNull(limit, "limit");
    }

    /**
     * Makes an applied limit that refuses what goes beyond it.
     *
     * @param table the name of the limit table
     * @param scope the endpoint by itself, or the group whose endpoints add up
     * @param limit the number with its window or period
     */
    public AppliedLimit(String table, Scope scope, Limit limit) {
        this(table, scope, limit, false);
    }

    /**
     * Returns for example {@code 20 calls per minute for endpoint "chat" (calls per minute)}; a shadow table is called
     * so.
     */
    @Override
    public String toString() {
        return limit.inWords() + " for " + scope + " (" + Printable.name(table) + (shadow ? ", shadow)" : ")");
    }
}
