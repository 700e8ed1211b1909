package dev.ratelimit.redis;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Overrun;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.CalendarPeriod;
import dev.ratelimit.kernel.FixedPeriod;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.kernel.Waits;
import dev.ratelimit.kernel.Windows;
import org.jspecify.annotations.Nullable;

/** A limit as the script wants it. */
final class EncodedLimit {

    final AppliedLimit limit;

    /** What its keys end with; limits of one organization that agree on it share the meter. */
    final String meter;

    /** Microseconds, rounded up: a charge may leave late, never early. Zero for a quota. */
    final long windowMicros;

    /** The number of live marks below which a window appends exact marks. */
    final long exactMarks;

    /**
     * The grain in microseconds, to the end of which a window rounds the stamps of further marks: window/2,048 to
     * window/1,024, and at least 1.
     */
    final long grainMicros;

    /** Of a quota. */
    final @Nullable Periods periods;

    final MeterKey key;
    private final boolean untilReached;
    private final boolean neverRefuses;

    EncodedLimit(String account, AppliedLimit limit) {
        requireDecided(limit.limit());
        this.key = MeterKey.of(account, limit);
        this.limit = limit;
        if (limit.limit() instanceof RateLimit rate) {
            windowMicros = Micros.roundedUp(rate.window());
            exactMarks = Windows.exactMarks(rate);
            grainMicros = Windows.grain(windowMicros);
            periods = null;
            untilReached = false;
            neverRefuses = false;
        } else {
            Quota quota = (Quota) limit.limit();
            windowMicros = 0;
            exactMarks = 0;
            grainMicros = 1;
            periods = new Periods(quota.period());
            untilReached = quota.overrun() == Overrun.UNTIL_REACHED;
            neverRefuses = quota.overrun() == Overrun.NEVER_REFUSES;
        }
        this.meter = String.join(
                "/",
                RedisKeys.encode(key.account()),
                RedisKeys.encode(key.table()),
                isOfOneEndpoint() ? "e" : "g",
                RedisKeys.encode(key.scope()),
                RedisKeys.encode(key.unit().name()),
                span(key.span()));
    }

    /** Refuses a limit of a kind that is not decided yet. */
    static void requireDecided(Limit limit) {
        String kind = "";
        if (limit instanceof TokenBucket) {
            kind = "token buckets";
        } else if (limit instanceof ConcurrencyLimit) {
            kind = "limits in flight";
        } else if (limit instanceof PerCallLimit) {
            kind = "limits of single calls";
        } else if (limit instanceof Quota quota && quota.period() instanceof FixedPeriod) {
            kind = "fixed windows";
        }
        if (!kind.isEmpty()) {
            throw new IllegalArgumentException(limit + ": " + kind + " are not supported on Redis yet");
        }
    }

    private static String span(MeterKey.Span span) {
        if (span instanceof MeterKey.Window window) {
            return "w" + window.length().toNanos();
        }
        String period = ((MeterKey.Period) span).period() instanceof CalendarPeriod calendar
                ? calendar.unit() + " " + calendar.anchor() + " " + calendar.zone()
                : "lifetime";
        return "p" + RedisKeys.encode(period);
    }

    Unit unit() {
        return key.unit();
    }

    boolean isOfOneEndpoint() {
        return key.scope() instanceof Scope.Endpoint;
    }

    /** Returns this limit with the meter of OVERFLOW; itself, if it is of a group. */
    EncodedLimit overflow() {
        return isOfOneEndpoint()
                ? new EncodedLimit(
                        key.account(),
                        AppliedLimit.of(limit.table(), Scope.Endpoint.OVERFLOW, limit.limit(), limit.shadow()))
                : this;
    }

    /** Tells whether it depends on the date. */
    boolean isOfTheCalendar() {
        return periods != null && periods.areOfTheCalendar();
    }

    /** Returns the most that may be used so that a number of units still fits; negative if they never fit. */
    long room(long units) {
        return neverRefuses ? Micros.ENDLESS : limit.limit().amount() - (untilReached ? 1 : units);
    }

    /** Returns the rejection by this limit. The wait is in nanoseconds; or {@link Waits#NEVER}. */
    Rejected rejected(Usage usage, long wait, String notice) {
        return Waits.rejected(LimitReached.by(limit, usage.amountOf(unit())), notice, wait);
    }
}
