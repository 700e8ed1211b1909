package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.kernel.Waits;
import dev.ratelimit.kernel.Windows;

/** A limit of a tier compiled for decisions: the numbers that a decision needs, in fields. */
final class CompiledLimit {

    /** The wait when no wait helps. */
    static final long NEVER = Waits.NEVER;

    /**
     * The most units that count at once, also where charges are made whether they fit or not: 256 times the greatest
     * amount. A limit refuses at this sum what it would refuse at any greater one.
     */
    static final long MOST_USED = 1L << 61;

    /** The most units that can be granted beyond an amount: as many as the greatest amount. */
    static final long MOST_GRANTED = Arguments.MAX_AMOUNT;

    final MeterKey key;
    final Unit unit;

    /** The most units that may count at once: the amount, or the capacity of a bucket. */
    final long amount;

    /** The place of the limit's table in the tier. Of limits that refuse equally long, the first is named. */
    final int order;

    /**
     * The span in nanoseconds: a window, that of the rate of a bucket, the longest time in flight; {@link #NEVER} for a
     * quota, 0 for a limit of single calls. Limits are charged in ascending order of it.
     */
    final long windowNanos;

    /** The rate of a bucket; {@link Flow#NONE} for other limits. */
    final Flow flow;

    /** Whether this is the limit of a bucket. Only then what can be given back depends on the time. */
    final boolean isBucket;

    /** Whether units count until their reservation ends. */
    final boolean inFlight;

    /** The number of live marks below which a window appends exact marks. */
    final int exactMarks;

    /** Whether a quota admits calls until its amount is reached, whatever the last one uses. */
    final boolean untilReached;

    /** Whether a quota counts on whatever is used. */
    final boolean neverRefuses;

    /** Whether the limit refuses nothing, and only reports. */
    final boolean shadow;

    /** The message of its tier, which a refusal carries. */
    final String notice;

    /**
     * What the limit refuses with, as a {@link Rejected} without a wait. Before its first refusal it is why the limit
     * refuses, as a {@link LimitReached}. Until somebody asks, it may be the compiled limit that this one differs from
     * in its amount only. A thread that reads it late makes an equal one.
     */
    private Object reached;

    CompiledLimit(MeterKey key, AppliedLimit applied, int order, String notice) {
        this(key, applied.limit(), applied.shadow(), order, notice, new LimitReached(applied));
    }

    private CompiledLimit(MeterKey key, Limit limit, boolean shadow, int order, String notice, Object reached) {
        this.key = key;
        this.unit = key.unit();
        this.amount = limit.most();
        this.order = order;
        this.windowNanos = spanOf(limit);
        this.isBucket = limit instanceof TokenBucket;
        this.flow = limit instanceof TokenBucket bucket ? flowOf(bucket) : Flow.NONE;
        this.inFlight = limit instanceof ConcurrencyLimit;
        this.exactMarks = limit instanceof RateLimit rate ? Windows.exactMarks(rate) : 0;
        this.untilReached = limit instanceof Quota quota && quota.overrun() == Overrun.UNTIL_REACHED;
        this.neverRefuses = limit instanceof Quota quota && quota.overrun() == Overrun.NEVER_REFUSES;
        this.shadow = shadow;
        this.notice = notice;
        this.reached = reached;
    }

    /** Makes a limit for one call, with another amount or overrun than what it is made of. */
    private CompiledLimit(CompiledLimit of, long amount, boolean neverRefuses) {
        this.key = of.key;
        this.unit = of.unit;
        this.amount = amount;
        this.order = of.order;
        this.windowNanos = of.windowNanos;
        this.isBucket = of.isBucket;
        this.flow = of.flow;
        this.inFlight = of.inFlight;
        this.exactMarks = of.exactMarks;
        this.untilReached = of.untilReached && !neverRefuses;
        this.neverRefuses = neverRefuses;
        this.shadow = of.shadow;
        this.notice = of.notice;
        this.reached = of.reached();
    }

    private static Flow flowOf(TokenBucket bucket) {
        return new Flow(bucket.amount(), bucket.per().toNanos());
    }

    private static long spanOf(Limit limit) {
        if (limit instanceof RateLimit rate) {
            return rate.window().toNanos();
        } else if (limit instanceof TokenBucket bucket) {
            return bucket.per().toNanos();
        } else if (limit instanceof ConcurrencyLimit concurrency) {
            return concurrency.longest().toNanos();
        }
        return limit instanceof Quota ? NEVER : 0;
    }

    /** Compiles a limit for one question, which needs no order. */
    static CompiledLimit of(Tier tier, AppliedLimit applied) {
        return of(tier, tier.account(), applied);
    }

    /** Compiles a limit of an account for one question. */
    static CompiledLimit of(Tier tier, String account, AppliedLimit applied) {
        return new CompiledLimit(MeterKey.of(account, applied), applied, 0, tier.message());
    }

    /** Returns the same limit for another endpoint. */
    CompiledLimit of(Scope.Endpoint endpoint) {
        AppliedLimit applied = applied();
        AppliedLimit other = AppliedLimit.of(applied.table(), endpoint, applied.limit(), shadow);
        return new CompiledLimit(key.of(endpoint), other, order, notice);
    }

    /**
     * Returns this limit with another amount, as a tier of the same shape has it. All that does not depend on the
     * amount is shared with this one.
     */
    CompiledLimit of(Limit other) {
        return new CompiledLimit(
                key, other, shadow, order, notice, isBucket ? new LimitReached(with(applied(), other)) : this);
    }

    private static AppliedLimit with(AppliedLimit applied, Limit other) {
        return AppliedLimit.of(applied.table(), applied.scope(), other, applied.shadow());
    }

    /** Tells whether this has the amount of a limit, which a tier of the same shape has at its place. */
    boolean hasAmountOf(Limit other) {
        return amount == other.most() && (!(other instanceof TokenBucket bucket) || flow.equals(flowOf(bucket)));
    }

    /** Returns this limit for the rest of a call that has used some units: that of a single call is less by them. */
    CompiledLimit lessFor(long used) {
        return windowNanos == 0 ? new CompiledLimit(this, amount - used, false) : this;
    }

    /** Returns this limit for a call that must not wait for the store: a quota counts on, and never refuses. */
    CompiledLimit open() {
        return key.span() instanceof MeterKey.Period && !shadow ? new CompiledLimit(this, amount, true) : this;
    }

    /** Returns the limit as it applies to the endpoint. */
    AppliedLimit applied() {
        return reached().applied();
    }

    private LimitReached reached() {
        Object known = reached;
        if (known instanceof Rejected refusal) {
            return (LimitReached) refusal.cause();
        }
        if (known instanceof LimitReached made) {
            return made;
        }
        AppliedLimit of = ((CompiledLimit) known).applied();
        LimitReached made = new LimitReached(with(of, of.limit().withAmount(amount)));
        reached = made;
        return made;
    }

    /**
     * Returns the refusal of units that fit at other times. It shares all but the wait with others.
     *
     * @param wait nanoseconds until they fit, at least 1 and not {@link #NEVER}
     */
    Rejected refusal(long wait) {
        Object known = reached;
        if (known instanceof Rejected refusal) {
            return refusal.withRetryAfter(wait);
        }
        Rejected made = Rejected.permanent(reached(), notice);
        reached = made;
        return made.withRetryAfter(wait);
    }

    /** Returns the most half units that may be used before units are admitted; negative if the units never fit. */
    long headroom(long units) {
        return (amount - units) << 1;
    }

    /** Returns why a usage of some units is refused. */
    LimitReached cause(long units) {
        return !untilReached && units > amount ? new LimitReached(applied(), true) : reached();
    }

    /** Tells whether units are admitted where {@code used} units are used. */
    boolean admits(long used, long units) {
        return untilReached ? used < amount : used + units <= amount;
    }

    /** Makes a status of this limit. Waits are in nanoseconds, or {@link #NEVER}. */
    LimitStatus status(long used, long granted, long next, long reset) {
        return LimitStatus.ofNanos(applied(), used, granted, next, reset);
    }

    /** Tells whether units are refused even where nothing is used. */
    boolean neverAdmits(long units) {
        return !admits(0, units);
    }
}
