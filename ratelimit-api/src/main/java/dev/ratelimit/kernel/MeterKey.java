package dev.ratelimit.kernel;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.Member;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import java.time.Duration;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The identity of a meter within an organization. Limits with equal keys share a meter: only their amount, precision,
 * overrun, rate, capacity and longest time may differ.
 *
 * <p>Callers choose the names of endpoints. So the hash of a key depends on secrets of this JVM, and a caller cannot
 * choose names whose keys collide. With {@link String#hashCode} a caller can.
 */
public final class MeterKey {

    /** What a meter counts over. It tells the kind of the limit, so that limits of two kinds share no meter. */
    public sealed interface Span permits Window, Period, Bucket, InFlight, PerCall {

        /**
         * Returns the span of a limit.
         *
         * @param limit the limit
         * @return its window, its period, or what stands for its kind
         */
        static Span of(Limit limit) {
            if (limit instanceof RateLimit rate) {
                return new Window(rate.window());
            } else if (limit instanceof Quota quota) {
                return new Period(quota.period());
            } else if (limit instanceof TokenBucket) {
                return new Bucket();
            } else if (limit instanceof ConcurrencyLimit) {
                return new InFlight();
            } else if (limit instanceof PerCallLimit) {
                return new PerCall();
            }
            throw new IllegalArgumentException("limit must be of a kind that is known: limit=" + limit);
        }
    }

    /**
     * The span of a rate limit.
     *
     * @param length the length of the window
     */
    public record Window(Duration length) implements Span {}

    /**
     * The span of a quota.
     *
     * @param period the period, or the lifetime
     */
    public record Period(QuotaPeriod period) implements Span {}

    /** The span of a token bucket. The rate and the capacity are not in it: they may change as amounts do. */
    public record Bucket() implements Span {}

    /** The span of a limit in flight. Its longest time is not in it: each unit keeps the end that it was given. */
    public record InFlight() implements Span {}

    /** The span of a limit of single calls. Nothing is counted under such a key. */
    public record PerCall() implements Span {}

    private static final long SEED = new SplittableRandom().nextLong();
    private static final long FACTOR = new SplittableRandom().nextLong() | 1;

    private final String account;
    private final String table;
    private final Scope scope;
    private final Unit unit;
    private final Span span;
    private final @Nullable Member member;
    private final int hash;

    /**
     * Makes a key of an organization's own meter.
     *
     * @param account the account of the tier
     * @param table the name of the table
     * @param scope the endpoint or the group
     * @param unit what is counted
     * @param span what is counted over
     */
    public MeterKey(String account, String table, Scope scope, Unit unit, Span span) {
        this(account, table, scope, unit, span, null);
    }

    /**
     * Makes a key.
     *
     * @param account the account of the organization's tier
     * @param table the name of the table
     * @param scope the endpoint or the group
     * @param unit what is counted
     * @param span what is counted over
     * @param member whose meter it is; null if it is the organization's
     */
    public MeterKey(String account, String table, Scope scope, Unit unit, Span span, @Nullable Member member) {
        this.account = requireNonNull(account, "account");
        this.table = requireNonNull(table, "table");
        this.scope = requireNonNull(scope, "scope");
        this.unit = requireNonNull(unit, "unit");
        this.span = requireNonNull(span, "span");
        this.member = member;
        int others = Objects.hash(account, table, unit, span, scope instanceof Scope.Group);
        int ofScope = hash(scope.name(), others);
        this.hash = member == null
                ? ofScope
                : hash(member.name(), 31 * ofScope + member.kind().hashCode());
    }

    /**
     * Returns the key of a limit of a tier.
     *
     * @param account the account of the organization's tier
     * @param limit the limit, the organization's or a member's
     * @return the key
     */
    public static MeterKey of(String account, AppliedLimit limit) {
        return new MeterKey(
                account,
                limit.table(),
                limit.scope(),
                limit.limit().unit(),
                Span.of(limit.limit()),
                limit.member().orElse(null));
    }

    private static int hash(String name, int others) {
        long hash = mixed(SEED ^ others);
        for (int i = 0; i < name.length(); i++) {
            hash = mixed(hash ^ name.charAt(i));
        }
        return (int) hash;
    }

    /** Returns a number whose lower half depends on all bits of another. Two numbers never become one. */
    private static long mixed(long number) {
        long product = number * FACTOR;
        return product ^ (product >>> 32);
    }

    /**
     * Returns the key of the same limit for another scope.
     *
     * @param other the scope
     * @return the key
     */
    public MeterKey of(Scope other) {
        return new MeterKey(account, table, other, unit, span, member);
    }

    /**
     * Returns a hash for a table with keys at even places.
     *
     * @return the hash; its last bit is 0
     */
    public int evenHash() {
        return hash << 1;
    }

    /**
     * Returns the account of the tier.
     *
     * @return the name
     */
    public String account() {
        return account;
    }

    /**
     * Returns the table that the limit stands in.
     *
     * @return the name
     */
    public String table() {
        return table;
    }

    /**
     * Returns what shares the meter.
     *
     * @return the endpoint or the group
     */
    public Scope scope() {
        return scope;
    }

    /**
     * Returns what is counted.
     *
     * @return the unit
     */
    public Unit unit() {
        return unit;
    }

    /**
     * Returns whose meter this is.
     *
     * @return the member; null if it is the organization's
     */
    public @Nullable Member member() {
        return member;
    }

    /**
     * Returns what is counted over.
     *
     * @return the window or the period
     */
    public Span span() {
        return span;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof MeterKey that
                        && hash == that.hash
                        && scope.equals(that.scope)
                        && table.equals(that.table)
                        && account.equals(that.account)
                        && unit.equals(that.unit)
                        && span.equals(that.span)
                        && Objects.equals(member, that.member));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return "MeterKey[account=" + account + ", table=" + table + ", scope=" + scope + ", unit=" + unit + ", span="
                + span + (member == null ? "" : ", member=" + member) + ']';
    }
}
