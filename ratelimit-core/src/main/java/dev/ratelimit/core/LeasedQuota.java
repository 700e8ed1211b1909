package dev.ratelimit.core;

import static dev.ratelimit.core.CompiledLimit.NEVER;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.core.LeasedPeriod.Holding;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.spi.QuotaKey;
import dev.ratelimit.spi.QuotaStore;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The meter of a quota whose counts are in a {@link QuotaStore}. It decides by the leases of this machine: see {@link
 * LeasedPeriod}.
 *
 * <p>A call that finds enough units left, and that fits by what the store's counter showed last, is admitted in memory.
 * A call that does not fit is refused in memory while the store was asked less than a second ago. All else cannot be
 * decided here: the meter answers {@link #UNSURE}, the call gives back what it has charged, the store is asked, and
 * the call is decided again.
 *
 * <p>Soft quotas and shadows never wait: what no lease covers, the store is told later.
 *
 * <h2>Time</h2>
 *
 * <p>The clock of the store decides which period is the current one. The end of a lease is reckoned from before the
 * store was asked, and so comes early. The next period is reckoned from when the answer had arrived, and so begins
 * late. In between, the store is asked. So nothing of one period is used in the next.
 *
 * <p><b>Progress.</b> A decision takes no lock. One that is answered by the store's next answer waits in none.
 */
final class LeasedQuota extends Meter {

    /** What a meter asks of who keeps the leases. */
    interface Lender {

        /** Takes more units of a period, without waiting. */
        void takeAhead(LeasedPeriod period, long amount);

        /** Takes note that the store is to be told something, or that a lease is to be given back. */
        void activate(LeasedPeriod period);

        /** Ends a period that is not the current one any more. */
        void end(LeasedPeriod period);
    }

    /** Instead of a wait: units may fit, and are not left here. */
    private static final long LACKING = -1;

    /** The position of a charge that was not made. No period has this number. */
    private static final long NOWHERE = -1;

    /** How long a refusal is decided by what the store answered last. */
    private static final long SECOND = 1_000_000_000L;

    /** The longest time by which readings of the monotonic clock are compared. */
    private static final long LONGEST = 1L << 62;

    private static final VarHandle CURRENT = VarHandles.of(MethodHandles.lookup(), "current", LeasedPeriod.class);

    private final QuotaKey key;
    private final Clocks clocks;
    private final StoreClock time;
    private final Lender lender;
    private volatile LeasedPeriod current;

    LeasedQuota(QuotaKey key, Clocks clocks, StoreClock time, Lender lender) {
        this.key = key;
        this.clocks = clocks;
        this.time = time;
        this.lender = lender;
        long now = clocks.nanoTime();
        this.current = period(0, now, null);
    }

    private LeasedPeriod period(int number, long now, @Nullable LeasedPeriod former) {
        QuotaStore.Counter counter = new QuotaStore.Counter(key, time.periodAt(key.period(), now));
        return new LeasedPeriod(this, number, counter, now, former);
    }

    /** Returns the current period. Its leases may have ended. */
    LeasedPeriod at(long now) {
        LeasedPeriod period = current;
        while (now - period.endAt >= 0 && !time.isCurrent(key.period(), period.counter.bounds(), now)) {
            period.former = null;
            if (CURRENT.compareAndSet(this, period, period(period.number + 1, now, period))) {
                lender.end(period);
            }
            period = current;
        }
        return period;
    }

    /** Reckons when the leases of a period end, after the store has answered. */
    void reckon(LeasedPeriod period, long asked) {
        long now = clocks.nanoTime();
        boolean isCurrent = time.isCurrent(key.period(), period.counter.bounds(), now);
        long untilEnd = isCurrent ? time.nanosUntilEnd(key.period(), period.counter.bounds(), now) : 0;
        period.endAt = asked - clocks.lag + Math.min(LONGEST, untilEnd);
    }

    /* ---------------- Deciding ---------------- */

    /** Returns 0 if units can be charged now, the wait if they are refused, or that this machine does not know. */
    private long verdict(LeasedPeriod period, Holding known, long left, CompiledLimit limit, long units, long now) {
        if (!known.isKnown || now - period.endAt >= 0 || left == LeasedPeriod.REPLACED) {
            return LACKING;
        }
        boolean isFresh = now - known.asked < SECOND;
        if (!limit.admits(known.taken - known.granted + period.untold() - left, units)) {
            return isFresh ? refusal(period, limit, units, now) : UNSURE;
        }
        boolean isCovered = limit.untilReached ? left > 0 : left >= units;
        return (isCovered && left > 0) || (units == 0 && isFresh) ? 0 : LACKING;
    }

    /** Refuses, unless a clock was set since the store was asked. */
    private long refusal(LeasedPeriod period, CompiledLimit limit, long units, long now) {
        if (!time.isCurrent(key.period(), period.counter.bounds(), now)) {
            period.endAt = now;
            return LACKING;
        }
        return time.isLocalClockSet(now, untilEnd(period, now)) ? UNSURE : waitFor(period, limit, units, now);
    }

    private long waitFor(LeasedPeriod period, CompiledLimit limit, long units, long now) {
        return limit.neverAdmits(units) ? NEVER : untilEnd(period, now);
    }

    private long untilEnd(LeasedPeriod period, long now) {
        return time.nanosUntilEnd(key.period(), period.counter.bounds(), now);
    }

    @Override
    long charge(CompiledLimit limit, long units, long now) {
        return chargeOrWait(limit, units, now, null);
    }

    @Override
    long charge(CompiledLimit limit, long units, long now, Report report) {
        return chargeOrWait(limit, units, now, report);
    }

    private long chargeOrWait(CompiledLimit limit, long units, long now, @Nullable Report report) {
        if (limit.shadow || limit.neverRefuses) {
            return chargeWithoutWaiting(limit, units, now, report);
        }
        while (true) {
            LeasedPeriod period = at(now);
            Holding known = period.holding;
            long left = known.left;
            long verdict = verdict(period, known, left, limit, units, now);
            if (verdict != 0) {
                return ~(verdict == LACKING ? UNSURE : verdict);
            }
            long covered = Math.min(left, units);
            tell(report, period, known, left - units, units, now);
            if (known.charge(left, covered)) {
                chargeRest(period, units - covered);
                takeAheadIfLow(period, known, left - covered, limit, now);
                return period.number;
            }
        }
    }

    private void chargeRest(LeasedPeriod period, long rest) {
        if (rest > 0) {
            period.chargeAnyway(rest, false);
            lender.activate(period);
        }
    }

    private void takeAheadIfLow(LeasedPeriod period, Holding known, long left, CompiledLimit limit, long now) {
        if (left <= known.low
                && period.exchange.get() == null
                && (limit.amount + known.granted > known.taken || now - known.asked >= SECOND)) {
            lender.takeAhead(period, limit.amount);
        }
    }

    /** Charges a soft quota, or a shadow if it admits. */
    private long chargeWithoutWaiting(CompiledLimit limit, long units, long now, @Nullable Report report) {
        if (limit.shadow && !limit.neverRefuses) {
            takeIfUnsure(limit, units, now);
        }
        long wait = nanosUntilFits(limit, units, now);
        return wait != 0 ? ~wait : chargeAnyway(limit, units, now, report).position();
    }

    /**
     * Says in a report how the quota stands if the next CAS succeeds.
     *
     * @param leftThen the units that are left then, less those that no lease covers
     */
    private void tell(
            @Nullable Report report, LeasedPeriod period, Holding known, long leftThen, long units, long now) {
        if (report != null) {
            long used = Math.max(0, known.taken + period.untold() - leftThen);
            if (report.stands(used, known.granted, units)) {
                long reset = used == 0 ? 0 : untilEnd(period, now);
                report.waits(reset, reset);
            }
        }
    }

    /**
     * Where only the store knows, this says that units may fit. If they did not when it was asked last, or only a grant
     * could let them, it says that no wait helps, and {@link #isUnsure}.
     */
    @Override
    long nanosUntilFits(CompiledLimit limit, long units, long now) {
        if (limit.neverRefuses) {
            return 0;
        }
        LeasedPeriod period = at(now);
        Holding known = period.holding;
        long verdict = verdict(period, known, known.left, limit, units, now);
        if (limit.shadow) {
            return verdict == UNSURE ? waitFor(period, limit, units, now) : Math.max(0, verdict);
        }
        return isUnsure(known, verdict, limit, units) ? NEVER : Math.max(0, verdict);
    }

    private static boolean isUnsure(Holding known, long verdict, CompiledLimit limit, long units) {
        return verdict == UNSURE || (verdict == LACKING && !known.isKnown && limit.neverAdmits(units));
    }

    @Override
    boolean isUnsure(CompiledLimit limit, long units, long now) {
        LeasedPeriod period = at(now);
        Holding known = period.holding;
        return isUnsure(known, verdict(period, known, known.left, limit, units, now), limit, units);
    }

    /** Takes units without waiting, if this machine does not know whether a shadow would refuse some. */
    void takeIfUnsure(CompiledLimit limit, long units, long now) {
        LeasedPeriod period = at(now);
        Holding known = period.holding;
        long verdict = verdict(period, known, known.left, limit, units, now);
        if ((verdict == LACKING || verdict == UNSURE) && period.exchange.get() == null) {
            lender.takeAhead(period, limit.amount);
        }
    }

    /**
     * Returns what to ask the store for, so that units can be charged or are refused.
     *
     * @return the request; null if it need not be asked
     */
    QuotaStore.@Nullable LeaseRequest request(LeasedPeriod period, CompiledLimit limit, long units, long now) {
        Holding known = period.holding;
        long left = known.left;
        long verdict = verdict(period, known, left, limit, units, now);
        if (verdict != LACKING && verdict != UNSURE) {
            return null;
        }
        long covered = known.isKnown && now - period.endAt < 0 ? Math.max(0, left) : 0;
        long lacking = Math.max(0, units - covered);
        long least = limit.untilReached ? Math.min(1, lacking) : lacking;
        return new QuotaStore.LeaseRequest(UUID.randomUUID(), period.counter, limit.amount, least, lacking);
    }

    /** Tells whether the store was not asked since the period began, or since a clock was set. */
    boolean isUnknown() {
        long now = clocks.nanoTime();
        LeasedPeriod period = at(now);
        return !period.holding.isKnown || time.isLocalClockSet(now, untilEnd(period, now));
    }

    /** Tells whether the store was asked in the current period, at most a second before some time. */
    boolean isSeen(long time) {
        Holding known = at(clocks.nanoTime()).holding;
        return known.isKnown && time - known.asked < SECOND;
    }

    /* ---------------- Charging without a question ---------------- */

    @Override
    @Nullable
    Booking booking(long position) {
        for (LeasedPeriod each = current; each != null; each = each.former) {
            if (each.number == position) {
                return each;
            }
        }
        return null;
    }

    @Override
    void refund(CompiledLimit limit, @Nullable Booking booking, long charged, long units, long now) {
        if (booking instanceof LeasedPeriod period && units > 0) {
            period.giveBack(units);
            lender.activate(period);
        }
    }

    @Override
    Charged chargeMore(CompiledLimit limit, @Nullable Booking booking, long units, long now, @Nullable Report report) {
        LeasedPeriod period = at(now);
        boolean isCurrent = booking instanceof LeasedPeriod charged && charged.counter.equals(period.counter);
        return isCurrent ? charge(period, limit, units, now, report) : new Charged(0, NOWHERE);
    }

    /** The store has what was charged in a period for as long as it is asked to keep it. */
    @Override
    boolean isGone(@Nullable Booking booking, long units, long now) {
        return !(booking instanceof LeasedPeriod);
    }

    @Override
    Charged chargeAnyway(CompiledLimit limit, long units, long now, @Nullable Report report) {
        return charge(at(now), limit, units, now, report);
    }

    private Charged charge(LeasedPeriod period, CompiledLimit limit, long units, long now, @Nullable Report report) {
        Holding known = period.holding;
        long left = Math.max(0, known.left);
        long more = Math.max(0, Math.min(units, CompiledLimit.MOST_USED - known.taken - period.untold() + left));
        tell(report, period, known, left - more, more, now);
        boolean leasesAreGood = now - period.endAt < 0;
        period.chargeAnyway(more, leasesAreGood);
        lender.activate(period);
        if (leasesAreGood) {
            takeAheadIfLow(period, known, period.holding.left, limit, now);
        }
        return new Charged(more, period.number);
    }

    /* ---------------- Reading ---------------- */

    @Override
    LimitStatus status(CompiledLimit limit, long now) {
        LeasedPeriod period = at(now);
        Holding known = period.holding;
        long left = Math.max(0, known.left);
        long used = Math.max(0, known.taken + period.untold() - left - known.unusedElsewhere);
        long reset = used == 0 ? 0 : untilEnd(period, now);
        return limit.status(used, known.granted, reset, reset);
    }

    /** The store has the counts. */
    @Override
    @Nullable
    SavedMeter save(MeterKey itsKey, long now) {
        return null;
    }

    /** The names of endpoints are kept until nothing counts that was charged under them, as for other meters. */
    @Override
    boolean isIdle(long now) {
        LeasedPeriod period = at(now);
        Holding known = period.holding;
        return known.taken == 0 && known.granted == 0 && !period.isActive();
    }

    /** Returns the period that was the current one when a call or a status asked last. */
    LeasedPeriod last() {
        return current;
    }
}
