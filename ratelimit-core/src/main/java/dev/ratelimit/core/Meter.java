package dev.ratelimit.core;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.kernel.Waits;
import org.jspecify.annotations.Nullable;

/**
 * The counter behind one limit of one organization. What may change from call to call, the amount first of all, comes
 * with the {@link CompiledLimit}. Lock-free; {@code now} is a reading of the monotonic clock made by the calling thread
 * during the call.
 */
abstract sealed class Meter permits Timeline, PeriodCounter {

    /** The wait when waiting does not help. */
    static final long NEVER = Waits.NEVER;

    /**
     * What charges that need not fit add up to at most. It is 256 times the greatest amount, and so is refused like
     * what it cuts off.
     */
    static final long MOST_USED = 1L << 61;

    /** What may be granted beyond an amount: as much as the greatest amount. */
    static final long MOST_GRANTED = Arguments.MAX_AMOUNT;

    /** Where units were charged. */
    sealed interface Booking permits MarkRef, Period {}

    /** How many units were charged that need not fit, and the position for them. */
    record Charged(long units, long position) {}

    /**
     * Returns 0 if so many units would be admitted, otherwise the least wait in nanoseconds after which they would be.
     */
    abstract long nanosUntilFits(CompiledLimit limit, long units, long now);

    /**
     * Charges so many units if they are admitted.
     *
     * @return a position, which is not negative; or, refused, the complement {@code ~wait} of what {@link
     *     #nanosUntilFits} returns
     */
    abstract long charge(CompiledLimit limit, long units, long now);

    /**
     * Returns the booking that a charge was written to, for as long as somebody may want to change it. A position is
     * good only for a short time after the charge.
     *
     * @return the booking, null if what is written there does not count any more
     */
    @Nullable
    abstract Booking booking(long position);

    /** Gives back, once, units that were charged at a booking. Does nothing if they do not count any more. */
    abstract void refund(@Nullable Booking booking, long units);

    /**
     * Charges units whether they fit or not, as belongs to what was charged at a booking earlier: a window now, a
     * period only while it may be the current one, now or again. As many are charged as leave what is used within
     * {@link #MOST_USED}.
     */
    abstract Charged chargeMore(CompiledLimit limit, @Nullable Booking booking, long units, long now);

    /** Tells whether what was charged at a booking counts in no decision any more, and never will. */
    abstract boolean isGone(@Nullable Booking booking, long now);

    /** Charges units now, whether they fit or not: as many as leave what is used within {@link #MOST_USED}. */
    abstract Charged chargeAnyway(CompiledLimit limit, long units, long now);

    abstract LimitStatus status(CompiledLimit limit, long now);

    /** Returns the units that count now. */
    abstract long used(long now);

    /** Returns the units that may be used beyond the amount now. */
    long granted(long now) {
        return 0;
    }

    /**
     * Returns what counts in this meter, with ages as of a reading of the monotonic clock; null if nothing does. What
     * was charged before this is called is in it; what is charged meanwhile may be.
     */
    @Nullable
    abstract SavedMeter save(MeterKey key, long now);

    /** Tells whether every later decision would be the same on a new meter. */
    abstract boolean isIdle(long now);
}
