package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.Printable;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A limit as it applies to an endpoint: the number, the table it stands in, what shares its meter, and whose it is: the
 * organization's, or a member's. An immutable value.
 *
 * <p>Later versions will say more of a limit, so it is made by a factory.
 */
public final class AppliedLimit {

    private final String table;
    private final Scope scope;
    private final Limit limit;
    private final boolean shadow;
    private final @Nullable Member member;

    private AppliedLimit(String table, Scope scope, Limit limit, boolean shadow, @Nullable Member member) {
        this.table = requireNonNull(table, "table");
        this.scope = requireNonNull(scope, "scope");
        this.limit = requireNonNull(limit, "limit");
        this.shadow = shadow;
        this.member = member;
    }

    /**
     * Makes an applied limit that refuses what goes beyond it.
     *
     * @param table the name of the limit table
     * @param scope the endpoint alone, or the group whose endpoints add up
     * @param limit the number with its window or period
     * @return the applied limit
     */
    public static AppliedLimit of(String table, Scope scope, Limit limit) {
        return of(table, scope, limit, false);
    }

    /**
     * Makes an applied limit.
     *
     * @param table the name of the limit table
     * @param scope the endpoint alone, or the group whose endpoints add up
     * @param limit the number with its window or period
     * @param shadow whether the table is a {@linkplain LimitTable#asShadow() shadow}, whose limits refuse nothing
     * @return the applied limit
     */
    public static AppliedLimit of(String table, Scope scope, Limit limit, boolean shadow) {
        return new AppliedLimit(table, scope, limit, shadow, null);
    }

    /**
     * Returns this limit as a member's.
     *
     * @param member whose limit it is
     * @return the applied limit
     */
    public AppliedLimit of(Member member) {
        return new AppliedLimit(table, scope, limit, shadow, requireNonNull(member, "member"));
    }

    /**
     * Returns the name of the limit table.
     *
     * @return the name
     */
    public String table() {
        return table;
    }

    /**
     * Returns what shares the meter of this limit.
     *
     * @return the endpoint alone, or the group whose endpoints add up; {@link Scope.EachOtherEndpoint} where {@link
     *     Tier#limits()} tells the limit of endpoints that no row names
     */
    public Scope scope() {
        return scope;
    }

    /**
     * Returns the number with its window or period.
     *
     * @return the limit
     */
    public Limit limit() {
        return limit;
    }

    /**
     * Tells whether the table is a {@linkplain LimitTable#asShadow() shadow}.
     *
     * @return true if the limit refuses nothing
     */
    public boolean shadow() {
        return shadow;
    }

    /**
     * Returns whose limit this is.
     *
     * @return the member; {@linkplain Member#isOverflow() what stands} for further members if it has no meters of its
     *     own; empty if the limit is the organization's
     */
    public Optional<Member> member() {
        return Optional.ofNullable(member);
    }

    @Override
    public boolean equals(Object other) {
        return this == other
                || (other instanceof AppliedLimit that
                        && table.equals(that.table)
                        && scope.equals(that.scope)
                        && limit.equals(that.limit)
                        && shadow == that.shadow
                        && Objects.equals(member, that.member));
    }

    @Override
    public int hashCode() {
        return Objects.hash(table, scope, limit, shadow, member);
    }

    /**
     * Returns for example {@code 20 calls per minute for endpoint "chat" (calls per minute)}, or {@code 20 calls per
     * minute for endpoint "chat" of user "u7" (calls per user)}; a shadow table is called so.
     */
    @Override
    public String toString() {
        return limit.inWords() + " for " + scope + (member == null ? "" : " of " + member) + " ("
                + Printable.name(table) + (shadow ? ", shadow)" : ")");
    }
}
