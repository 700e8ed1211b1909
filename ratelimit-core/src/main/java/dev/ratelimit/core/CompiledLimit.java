package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.kernel.Windows;

/** A limit of a tier made ready for deciding: what a decision needs of it, in fields. */
final class CompiledLimit {

    final AppliedLimit applied;
    final LimitReached cause;
    final MeterKey key;
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

    CompiledLimit(MeterKey key, AppliedLimit applied, int order) {
        this.applied = applied;
        this.cause = new LimitReached(applied);
        this.key = key;
        this.hash = MeterTable.hash(key);
        this.unit = applied.limit().unit();
        this.amount = applied.limit().amount();
        this.order = order;
        this.shadow = applied.shadow();
        if (applied.limit() instanceof RateLimit rate) {
            windowNanos = rate.window().toNanos();
            exactMarks = Windows.exactMarks(rate);
            untilReached = false;
        } else {
            windowNanos = Meter.NEVER;
            exactMarks = 0;
            untilReached = ((Quota) applied.limit()).overrun() == Overrun.UNTIL_REACHED;
        }
    }

    /** Makes a limit of a tier ready for one question, which needs no order. */
    static CompiledLimit of(Tier tier, AppliedLimit applied) {
        return new CompiledLimit(MeterKey.of(tier.account(), applied), applied, 0);
    }

    /** Returns the same limit for another endpoint. */
    CompiledLimit of(Scope.Endpoint endpoint) {
        AppliedLimit other = AppliedLimit.of(applied.table(), endpoint, applied.limit(), shadow);
        return new CompiledLimit(key.of(endpoint), other, order);
    }

    /**
     * Returns the most half units that may be used where so many units are to be admitted; negative if they never can
     * be.
     */
    long headroom(long units) {
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
