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
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.kernel.Waits;
import dev.ratelimit.kernel.Windows;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** A limit as the script wants it. */
final class EncodedLimit {

    private static final long QUOTA = 0;
    private static final long BUCKET = -1;
    private static final long IN_FLIGHT = -2;
    private static final long PER_CALL = -3;

    /** The most microseconds for which the script computes exactly how many units flow back. */
    private static final long MOST_MICROS = 1L << 50;

    final AppliedLimit limit;

    /** What its keys end with; limits of one organization that agree on it share the meter. */
    final String meter;

    /**
     * The microseconds of a window, rounded up: a charge may leave late, never early. For another kind of limit, the
     * number by which the script knows that kind.
     */
    final long span;

    /**
     * Of a window, the number of live marks below which it appends exact marks. Of a bucket, the units that flow back
     * in {@code grain} microseconds. In flight, the longest time in microseconds, rounded up.
     */
    final long exact;

    /**
     * Of a window, the microseconds to whose end it rounds the stamps of further marks: window/2,048 to window/1,024,
     * and at least 1. Of a bucket, the microseconds in which {@code exact} units flow back.
     */
    final long grain;

    /** Of a quota. */
    final @Nullable Periods periods;

    final MeterKey key;
    private final AppliedLimit overflow;
    private final boolean untilReached;
    private final boolean neverRefuses;

    /** Makes a limit whose meter does not depend on the bound of names. */
    EncodedLimit(String account, AppliedLimit applied) {
        this(account, applied, applied);
    }

    /**
     * Makes a limit.
     *
     * @param overflow the limit for an endpoint beyond the bound of names
     */
    EncodedLimit(String account, AppliedLimit applied, AppliedLimit overflow) {
        this.key = MeterKey.of(account, applied);
        this.limit = applied;
        this.overflow = overflow;
        Limit limit = applied.limit();
        if (limit instanceof RateLimit rate) {
            span = Micros.roundedUp(rate.window());
            exact = Windows.exactMarks(rate);
            grain = Windows.grain(span);
        } else if (limit instanceof TokenBucket bucket) {
            long[] rate = rateOf(bucket);
            span = BUCKET;
            exact = rate[0];
            grain = rate[1];
        } else if (limit instanceof ConcurrencyLimit inFlight) {
            span = IN_FLIGHT;
            exact = Micros.roundedUp(inFlight.longest());
            grain = 1;
        } else if (limit instanceof PerCallLimit) {
            span = PER_CALL;
            exact = 0;
            grain = 1;
        } else if (limit instanceof Quota) {
            span = QUOTA;
            exact = 0;
            grain = 1;
        } else {
            throw new IllegalArgumentException("limit must be of a kind that is known: limit=" + limit);
        }
        Overrun overrun = limit instanceof Quota quota ? quota.overrun() : Overrun.WHILE_FITS;
        periods = limit instanceof Quota quota ? new Periods(quota.period()) : null;
        untilReached = overrun == Overrun.UNTIL_REACHED;
        neverRefuses = overrun == Overrun.NEVER_REFUSES;
        this.meter = String.join(
                "/",
                RedisKeys.encode(key.account()),
                RedisKeys.encode(key.table()),
                isOfOneEndpoint() ? "e" : "g",
                RedisKeys.encode(key.scope()),
                RedisKeys.encode(key.unit().name()),
                RedisKeys.encode(key.span()));
    }

    /**
     * Returns the rate of a bucket in lowest terms: units, and the microseconds in which they flow back. A span that is
     * no whole number of microseconds has a thousand times the units in as many microseconds as it has nanoseconds.
     * Where these are too many for the script, the span is rounded up.
     */
    private static long[] rateOf(TokenBucket bucket) {
        long[] exact = inLowestTerms(1_000 * bucket.amount(), bucket.per().toNanos());
        return exact[0] <= Arguments.MAX_AMOUNT && exact[1] <= MOST_MICROS
                ? exact
                : inLowestTerms(bucket.amount(), Micros.roundedUp(bucket.per()));
    }

    private static long[] inLowestTerms(long units, long micros) {
        long common = BigInteger.valueOf(micros).gcd(BigInteger.valueOf(units)).longValueExact();
        return new long[] {units / common, micros / common};
    }

    Unit unit() {
        return key.unit();
    }

    boolean isOfOneEndpoint() {
        return key.scope() instanceof Scope.Endpoint;
    }

    /** Tells whether it counts anything from one call to the next, under a key. */
    boolean hasMeter() {
        return span != PER_CALL;
    }

    /** Tells whether its meter has a second key, for what does not fit into the head. */
    boolean hasBlocks() {
        return span > 0 || span == IN_FLIGHT;
    }

    boolean isInFlight() {
        return span == IN_FLIGHT;
    }

    boolean isBucket() {
        return span == BUCKET;
    }

    /** Tells whether units count for a time: a machine may take them ahead, and listeners hear of near limits. */
    boolean countsOverTime() {
        return hasMeter() && !isInFlight();
    }

    /** Returns the limit for an endpoint beyond the bound of names; itself, if it is of a group. */
    EncodedLimit overflow() {
        return overflow.equals(limit) ? this : new EncodedLimit(key.account(), overflow);
    }

    /** Tells whether it depends on the date. */
    boolean isOfTheCalendar() {
        return periods != null && periods.areOfTheCalendar();
    }

    /** Returns the most that may be used so that a number of units still fits; negative if they never fit. */
    long room(long units) {
        return neverRefuses ? Micros.ENDLESS : limit.limit().most() - (untilReached ? 1 : units);
    }

    /**
     * Returns the microseconds after which a charge counts no more, or at the latest if it is the only one; of a quota,
     * 0, since that depends on the charge.
     */
    long longestMicros() {
        if (span == BUCKET) {
            return exact == 0
                    ? Micros.ENDLESS
                    : (long) Math.ceil((double) limit.limit().most() * grain / exact);
        }
        return isInFlight() ? exact : Math.max(0, span);
    }

    /**
     * Returns the rejection by this limit.
     *
     * @param units how many units were asked
     * @param wait in nanoseconds; or {@link Waits#NEVER}
     * @param certain the part of the wait that no end of a call in flight shortens
     */
    Rejected rejected(long units, String notice, long wait, long certain) {
        return Waits.rejected(LimitReached.by(limit, units), notice, wait, certain);
    }
}
