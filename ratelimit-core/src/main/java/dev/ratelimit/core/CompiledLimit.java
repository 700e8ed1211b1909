package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Overrun;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A limit of a tier compiled for decisions: the numbers that a decision needs, in fields. */
final class CompiledLimit {

    /** The wait when no wait helps. As nanoseconds it would be 292 years. */
    static final long NEVER = Long.MAX_VALUE;

    /**
     * The most units that count at once, also where charges are made whether they fit or not: 256 times the greatest
     * amount. A limit refuses at this sum what it would refuse at any greater one.
     */
    static final long MOST_USED = 1L << 61;

    /** The most units that can be granted beyond an amount: as many as the greatest amount. */
    static final long MOST_GRANTED = 1L << 53;

    /**
     * A limit of at most this amount is exact while fewer marks than this are live. A limit of precision EXACT always
     * is.
     */
    private static final int EXACT_MARKS = 1_024;

    /**
     * The identity of a meter within an organization. Limits that differ only in amount, precision or overrun have
     * equal keys, and so share a meter.
     *
     * <p>Callers choose the names of endpoints. So the hash of a key depends on secrets of this JVM. A caller who does
     * not know them cannot choose names whose keys collide. With {@link String#hashCode} a caller can.
     */
    static final class Key {

        private static final long SEED = new SplittableRandom().nextLong();
        private static final long FACTOR = new SplittableRandom().nextLong() | 1;

        private final String account;
        private final String table;
        private final Scope scope;
        private final Unit unit;
        private final Object span;
        private final int hash;

        Key(String account, String table, Scope scope, Unit unit, Object span) {
            this.account = requireNonNull(account, "account");
            this.table = requireNonNull(table, "table");
            this.scope = requireNonNull(scope, "scope");
            this.unit = requireNonNull(unit, "unit");
            this.span = requireNonNull(span, "span");
            int others = Objects.hash(account, table, unit, span, scope instanceof Scope.Group);
            this.hash = hash(scope.name(), others);
        }

        static Key of(Tier tier, AppliedLimit limit) {
            Object span = limit.limit() instanceof RateLimit rate ? rate.window() : ((Quota) limit.limit()).period();
            return new Key(
                    tier.account(), limit.table(), limit.scope(), limit.limit().unit(), span);
        }

        private static int hash(String name, int others) {
            long hash = mixed(SEED ^ others);
            for (int i = 0; i < name.length(); i++) {
                hash = mixed(hash ^ name.charAt(i));
            }
            return (int) hash;
        }

        /** Returns a number whose lower half depends on all bits of another. The mapping is one to one. */
        private static long mixed(long number) {
            long product = number * FACTOR;
            return product ^ (product >>> 32);
        }

        /** Returns the key of the same limit in another scope. */
        Key of(Scope other) {
            return new Key(account, table, other, unit, span);
        }

        /** Returns a hash whose last bit is 0, for a table with keys at even places. */
        int evenHash() {
            return hash << 1;
        }

        String account() {
            return account;
        }

        String table() {
            return table;
        }

        Scope scope() {
            return scope;
        }

        Unit unit() {
            return unit;
        }

        /** Returns the window, a {@link java.time.Duration}, or the {@link dev.ratelimit.QuotaPeriod}. */
        Object span() {
            return span;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other
                    || (other instanceof Key that
                            && hash == that.hash
                            && scope.equals(that.scope)
                            && table.equals(that.table)
                            && account.equals(that.account)
                            && unit.equals(that.unit)
                            && span.equals(that.span));
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public String toString() {
            return "Key[account=" + account + ", table=" + table + ", scope=" + scope + ", unit=" + unit + ", span="
                    + span + ']';
        }
    }

    final AppliedLimit applied;
    final LimitReached cause;
    final Key key;
    final Unit unit;
    final long amount;

    /** The hash of the key, as the table of meters takes it. */
    final int hash;

    /** The place of the limit's table in the tier. Of limits that refuse equally long, the first is named. */
    final int order;

    /** The window in nanoseconds; {@link #NEVER} for a quota. Limits are charged in ascending order of it. */
    final long windowNanos;

    /** The number of live marks below which a window appends exact marks. */
    final int exactMarks;

    /** Whether a quota admits calls until its amount is reached, whatever the last one uses. */
    final boolean untilReached;

    /** Whether the limit refuses nothing, and only reports. */
    final boolean shadow;

    CompiledLimit(Key key, AppliedLimit applied, int order) {
        this.applied = applied;
        this.cause = new LimitReached(applied);
        this.key = key;
        this.hash = key.evenHash();
        this.unit = applied.limit().unit();
        this.amount = applied.limit().amount();
        this.order = order;
        this.shadow = applied.shadow();
        if (applied.limit() instanceof RateLimit rate) {
            windowNanos = rate.window().toNanos();
            exactMarks =
                    rate.precision() == Precision.EXACT ? Integer.MAX_VALUE : amount <= EXACT_MARKS ? EXACT_MARKS : 0;
            untilReached = false;
        } else {
            windowNanos = NEVER;
            exactMarks = 0;
            untilReached = ((Quota) applied.limit()).overrun() == Overrun.UNTIL_REACHED;
        }
    }

    /** Compiles a limit for one question, which needs no order. */
    static CompiledLimit of(Tier tier, AppliedLimit applied) {
        return new CompiledLimit(Key.of(tier, applied), applied, 0);
    }

    /** Returns the same limit for another endpoint. */
    CompiledLimit of(Scope.Endpoint endpoint) {
        AppliedLimit other = AppliedLimit.of(applied.table(), endpoint, applied.limit(), shadow);
        return new CompiledLimit(key.of(endpoint), other, order);
    }

    /** Returns the most half units that may be used before units are admitted; negative if the units never fit. */
    long headroom(long units) {
        return (amount - units) << 1;
    }

    /** Tells whether units are admitted where {@code used} units are used. */
    boolean admits(long used, long units) {
        return untilReached ? used < amount : used + units <= amount;
    }

    /** Tells whether units are refused even where nothing is used. */
    boolean neverAdmits(long units) {
        return !admits(0, units);
    }
}
