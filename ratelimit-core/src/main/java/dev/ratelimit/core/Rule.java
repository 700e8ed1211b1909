package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Overrun;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.util.List;

/** A limit of a tier made ready for deciding: what a decision needs of it, in fields. */
final class Rule {

    /** Up to so many charges in a window, and for amounts up to this, a limit is exact unless it asks for more. */
    private static final int EXACT_MARKS = 1_024;

    /** What a meter is known by in an organization. Only the amount, the precision and the overrun may differ. */
    record Key(String account, String table, Scope scope, Unit unit, Object span) {

        static Key of(Tier tier, AppliedLimit limit) {
            Object span = limit.limit() instanceof RateLimit rate ? rate.window() : ((Quota) limit.limit()).period();
            return new Key(
                    tier.account(), limit.table(), limit.scope(), limit.limit().unit(), span);
        }
    }

    final AppliedLimit limit;
    final LimitReached cause;
    final Key key;
    final Unit unit;
    final long amount;

    /** The hash of the key, as the table of meters takes it. */
    final int hash;

    /** The place of the limit's table in the tier. Of limits that refuse equally long, the first is named. */
    final int order;

    /** Nanoseconds; {@link Meter#NEVER} for a quota. Limits are charged in ascending order of span. */
    final long windowNanos;

    /** A window appends exact marks while fewer than so many are live. */
    final int exactMarks;

    final boolean untilReached;

    /** The limit refuses nothing. */
    final boolean shadow;

    Rule(Key key, AppliedLimit limit, int order) {
        this.limit = limit;
        this.cause = new LimitReached(limit);
        this.key = key;
        this.hash = MeterTable.hash(key);
        this.unit = limit.limit().unit();
        this.amount = limit.limit().amount();
        this.order = order;
        this.shadow = limit.shadow();
        if (limit.limit() instanceof RateLimit rate) {
            windowNanos = rate.window().toNanos();
            exactMarks =
                    rate.precision() == Precision.EXACT ? Integer.MAX_VALUE : amount <= EXACT_MARKS ? EXACT_MARKS : 0;
            untilReached = false;
        } else {
            windowNanos = Meter.NEVER;
            exactMarks = 0;
            untilReached = ((Quota) limit.limit()).overrun() == Overrun.UNTIL_REACHED;
        }
    }

    /** Makes a limit of a tier ready for one question, which needs no order. */
    static Rule of(Tier tier, AppliedLimit limit) {
        return new Rule(Key.of(tier, limit), limit, 0);
    }

    /** Tells whether one of some rejections is by this limit. */
    boolean isCauseOf(List<Rejected> rejections) {
        return rejections.stream().anyMatch(rejected -> rejected.cause().equals(cause));
    }

    /** Returns the most half units that may be used where so many units are to be admitted; negative if they never can be. */
    long room(long units) {
        return (amount - units) << 1;
    }

    /** Tells whether so many units are admitted where so many are used. */
    boolean admits(long used, long units) {
        return untilReached ? used < amount : used + units <= amount;
    }

    /** Tells whether so many units are refused even where nothing is used. */
    boolean neverAdmits(long units) {
        return !admits(0, units);
    }
}
