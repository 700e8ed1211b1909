package dev.ratelimit.redis;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Overrun;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.CalendarPeriod;
import org.jspecify.annotations.Nullable;

/** A limit as the script wants it. */
final class EncodedLimit {

    /** Up to so many charges in a window, and for amounts up to this, a limit is exact unless it asks for more. */
    private static final int EXACT_MARKS = 1_024;

    final AppliedLimit limit;

    /** What its keys end with; limits of one organization that agree on it share the meter. */
    final String meter;

    /** Microseconds, rounded up: a charge may leave late, never early. Zero for a quota. */
    final long windowMicros;

    /** A window appends exact marks while fewer than so many are live. */
    final long exactMarks;

    /**
     * Thereafter a stamp is rounded up to the end of its grain, of so many microseconds: window/2,048 to window/1,024,
     * and at least 1.
     */
    final long grainMicros;

    /** Of a quota. */
    final @Nullable Periods periods;

    private final String account;
    private final boolean untilReached;
    private final boolean neverRefuses;

    EncodedLimit(String account, AppliedLimit limit) {
        this.account = account;
        this.limit = limit;
        String span;
        if (limit.limit() instanceof RateLimit rate) {
            long nanos = rate.window().toNanos();
            span = "w" + nanos;
            windowMicros = Micros.roundedUp(rate.window());
            exactMarks = rate.precision() == Precision.EXACT
                    ? Integer.MAX_VALUE
                    : rate.amount() <= EXACT_MARKS ? EXACT_MARKS : 0;
            grainMicros = Math.max(1, Long.highestOneBit(windowMicros / 1_024));
            periods = null;
            untilReached = false;
            neverRefuses = false;
        } else {
            Quota quota = (Quota) limit.limit();
            span = "p" + RedisKeys.encode(spanOf(quota.period()));
            windowMicros = 0;
            exactMarks = 0;
            grainMicros = 1;
            periods = new Periods(quota.period());
            untilReached = quota.overrun() == Overrun.UNTIL_REACHED;
            neverRefuses = quota.overrun() == Overrun.NEVER_REFUSES;
        }
        this.meter = String.join(
                "/",
                RedisKeys.encode(account),
                RedisKeys.encode(limit.table()),
                isOfOneEndpoint() ? "e" : "g",
                RedisKeys.encode(limit.scope()),
                RedisKeys.encode(unit().name()),
                span);
    }

    private static String spanOf(QuotaPeriod period) {
        return period instanceof CalendarPeriod calendar
                ? calendar.unit() + " " + calendar.anchor() + " " + calendar.zone()
                : "lifetime";
    }

    Unit unit() {
        return limit.limit().unit();
    }

    boolean isOfOneEndpoint() {
        return limit.scope() instanceof Scope.Endpoint;
    }

    /** Returns this limit with the meter of OVERFLOW; itself, if it is of a group. */
    EncodedLimit overflow() {
        return isOfOneEndpoint()
                ? new EncodedLimit(
                        account, AppliedLimit.of(limit.table(), Scope.Endpoint.OVERFLOW, limit.limit(), limit.shadow()))
                : this;
    }

    /** Tells whether it depends on the date. */
    boolean isOfTheCalendar() {
        return periods != null && periods.areOfTheCalendar();
    }

    /** Returns the most that may be used where so many units are to be admitted; negative if they never can be. */
    long room(long units) {
        return neverRefuses ? Micros.ENDLESS : limit.limit().amount() - (untilReached ? 1 : units);
    }

    /** Returns the rejection by this limit. The wait is in microseconds; negative: no wait helps. */
    Rejected rejected(long wait, String notice) {
        return wait < 0 ? rejectedForGood(notice) : rejectedFor(Micros.nanos(wait), notice);
    }

    Rejected rejectedForGood(String notice) {
        return Rejected.permanent(new LimitReached(limit), notice);
    }

    Rejected rejectedFor(long waitNanos, String notice) {
        return Rejected.temporary(new LimitReached(limit), notice, waitNanos);
    }
}
