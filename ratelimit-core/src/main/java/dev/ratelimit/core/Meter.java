package dev.ratelimit.core;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.kernel.MeterKey;
import org.jspecify.annotations.Nullable;

/**
 * The counter of one limit of one organization.
 *
 * <p>A meter knows its span only. What may change from call to call, the amount first of all, comes with the {@link
 * CompiledLimit}. {@code now} is a reading of the monotonic clock, which the calling thread made during the call.
 *
 * <p>Safe for use by many threads. Decisions are lock-free.
 */
abstract sealed class Meter permits MarkLog, PeriodCounter, LeasedQuota, BucketCounter, InFlightCounter, CallSize {

    /** Instead of a wait: only the store of quotas knows. It must be asked, and then the call is decided again. */
    static final long UNSURE = CompiledLimit.NEVER - 1;

    /** Where a charge is booked: a mark, a period, a moment, or an entry of what is in flight. Refunds go there. */
    sealed interface Booking permits MarkRef, Period, LeasedPeriod, BucketCharge, Flight {}

    /** A charge that was made whether it fits or not. */
    record Charged(long units, long position) {}

    /** Returns the least wait in nanoseconds after which the units fit: 0 if they fit now. */
    abstract long nanosUntilFits(CompiledLimit limit, long units, long now);

    /** Tells whether only the store of quotas knows whether units fit, where this meter says that no wait helps. */
    boolean isUnsure(CompiledLimit limit, long units, long now) {
        return false;
    }

    /**
     * Charges units if they fit.
     *
     * @return the position of the charge, which is not negative; or, if the units do not fit, the complement {@code
     *     ~wait} of the wait that {@link #nanosUntilFits} returns
     */
    abstract long charge(CompiledLimit limit, long units, long now);

    /**
     * Asks whether units fit, for a charge that is to follow at once. Says in a report, if there is one, how the meter
     * stands if {@link #chargeAsked} then succeeds.
     *
     * @return what {@link #chargeAsked} is told, which is not negative; or a negative number if the units do not fit
     */
    long ask(CompiledLimit limit, long units, long now, @Nullable Report report) {
        return nanosUntilFits(limit, units, now) == 0 ? 0 : -1;
    }

    /**
     * Charges units that were asked for, if nothing has moved since. Then what {@link #ask} returned is the position of
     * the charge. Otherwise returns false, and nothing is charged.
     */
    boolean chargeAsked(long units, long asked) {
        return false;
    }

    /**
     * Charges as {@link #charge(CompiledLimit, long, long)} does, and says in a report how the meter then stands. A
     * refusal may say anything there.
     */
    abstract long charge(CompiledLimit limit, long units, long now, Report report);

    /**
     * Returns the booking of a charge. A booking is kept for as long as somebody may want to change it. A position is
     * good only for a short time after the charge.
     *
     * @return the booking; null if what is booked there does not count any more
     */
    @Nullable
    abstract Booking booking(long position);

    /**
     * Gives back some of the units that a limit was charged by a booking, once. Nothing happens if they do not count
     * any more. What has flowed back already is not given back again, and what is in flight is given back as a whole.
     *
     * @param charged all units that were charged by the booking
     * @param units those to give back
     * @param now a reading of the monotonic clock after the charge
     */
    abstract void refund(CompiledLimit limit, @Nullable Booking booking, long charged, long units, long now);

    /** Takes note that a call was refused, of which the meter was only asked. */
    void refused(CompiledLimit limit, long units, long now) {}

    /**
     * Charges units whether they fit or not, as part of an earlier charge. A window charges them now. A counter of
     * periods charges them only while the booking's period may be the current one, now or again. The charge leaves at
     * most {@link CompiledLimit#MOST_USED} used. A report, if there is one, is told how the meter then stands.
     */
    abstract Charged chargeMore(
            CompiledLimit limit, @Nullable Booking booking, long units, long now, @Nullable Report report);

    /** Tells whether nothing is given back any more of units that were charged by a booking, now or later. */
    abstract boolean isGone(@Nullable Booking booking, long units, long now);

    /** Charges units now, whether they fit or not. The charge leaves at most {@link CompiledLimit#MOST_USED} used. */
    final Charged chargeAnyway(CompiledLimit limit, long units, long now) {
        return chargeAnyway(limit, units, now, null);
    }

    /** Charges units as above, and says in a report, if there is one, how the meter then stands. */
    abstract Charged chargeAnyway(CompiledLimit limit, long units, long now, @Nullable Report report);

    /** Returns where the organization stands with the limit. */
    abstract LimitStatus status(CompiledLimit limit, long now);

    /**
     * Returns what counts in this meter, with ages as of {@code now}; null if nothing counts. Charges that were made
     * before the call are in it. Charges that are made meanwhile may be.
     */
    @Nullable
    abstract SavedMeter save(MeterKey key, long now);

    /** Tells whether every later decision would be the same on a new meter. */
    abstract boolean isIdle(long now);
}
