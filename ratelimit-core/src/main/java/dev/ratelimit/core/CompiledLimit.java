package dev.ratelimit.core;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Overrun;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.CalendarPeriod;
import dev.ratelimit.kernel.FixedPeriod;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.kernel.Waits;
import dev.ratelimit.kernel.Windows;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

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

    final AppliedLimit applied;
    final MeterKey key;
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

    /** Whether a quota counts on whatever is used. */
    final boolean neverRefuses;

    /** Whether the limit refuses nothing, and only reports. */
    final boolean shadow;

    private final LimitReached reached;
    private final LimitReached tooLarge;

    CompiledLimit(MeterKey key, AppliedLimit applied, int order) {
        requireDecided(applied.limit());
        this.applied = applied;
        this.reached = new LimitReached(applied);
        this.tooLarge = new LimitReached(applied, true);
        this.key = key;
        this.hash = key.evenHash();
        this.unit = applied.limit().unit();
        this.amount = applied.limit().amount();
        this.order = order;
        this.shadow = applied.shadow();
        if (applied.limit() instanceof RateLimit rate) {
            windowNanos = rate.window().toNanos();
            exactMarks = Windows.exactMarks(rate);
            untilReached = false;
            neverRefuses = false;
        } else {
            windowNanos = NEVER;
            exactMarks = 0;
            Overrun overrun = ((Quota) applied.limit()).overrun();
            untilReached = overrun == Overrun.UNTIL_REACHED;
            neverRefuses = overrun == Overrun.NEVER_REFUSES;
        }
    }

    /** Refuses a limit of a kind that is not decided yet. */
    private static void requireDecided(Limit limit) {
        String kind = "";
        if (limit instanceof TokenBucket) {
            kind = "token buckets";
        } else if (limit instanceof ConcurrencyLimit) {
            kind = "limits in flight";
        } else if (limit instanceof PerCallLimit) {
            kind = "limits of single calls";
        } else if (limit instanceof Quota quota && quota.period() instanceof FixedPeriod) {
            kind = "fixed windows";
        } else if (limit instanceof Quota quota && isOfOtherYears(quota.period())) {
            kind = "years that begin on another day than 1 January";
        }
        if (!kind.isEmpty()) {
            throw new IllegalArgumentException(limit + ": " + kind + " are not supported in memory yet");
        }
    }

    /** A snapshot has no month that a year begins in. */
    private static boolean isOfOtherYears(QuotaPeriod period) {
        return period instanceof CalendarPeriod calendar
                && calendar.unit() == ChronoUnit.YEARS
                && !calendar.anchor().equals(CalendarPeriod.MONDAY_1_JANUARY);
    }

    /** Compiles a limit for one question, which needs no order. */
    static CompiledLimit of(Tier tier, AppliedLimit applied) {
        return new CompiledLimit(MeterKey.of(tier.account(), applied), applied, 0);
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

    /** Returns why a usage of some units is refused. */
    LimitReached cause(long units) {
        return !untilReached && units > amount ? tooLarge : reached;
    }

    /** Tells whether units are admitted where {@code used} units are used. */
    boolean admits(long used, long units) {
        return untilReached ? used < amount : used + units <= amount;
    }

    /** Makes a status of this limit. Waits are in nanoseconds, or {@link #NEVER}. */
    LimitStatus status(long used, long granted, long next, long reset) {
        return LimitStatus.of(applied, used, granted, duration(next), duration(reset));
    }

    private static Optional<Duration> duration(long nanos) {
        return nanos == NEVER ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
    }

    /** Tells whether units are refused even where nothing is used. */
    boolean neverAdmits(long units) {
        return !admits(0, units);
    }
}
