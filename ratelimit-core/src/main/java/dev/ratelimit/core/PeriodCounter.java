package dev.ratelimit.core;

import static dev.ratelimit.core.CompiledLimit.NEVER;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.core.KeptPeriods.Kept;
import dev.ratelimit.core.KeptPeriods.Span;
import dev.ratelimit.kernel.FixedPeriod;
import dev.ratelimit.kernel.MeterKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The meter of a quota: a counter of the units charged in the current period.
 *
 * <p>The current period is the one that the highest {@linkplain TimeOfDay time of day} lies in; for fixed windows it is
 * the running time. A {@link Period} has its end and its counts. A charge is one CAS on the balance of the period.
 *
 * <p>Most decisions read the monotonic clock only. When the end of a period was last compared with the time of day, the
 * time until the end was added to the monotonic clock. The wall clock is read again when that time has passed, and
 * after a second at the latest, since somebody may have set it. It is also read before each refusal, so that the wait
 * is exact and no clock that was set since refuses. A lifetime needs no wall clock.
 *
 * <p><b>Assumptions.</b> The monotonic clock never goes back. The wall clock may jump.
 *
 * <p><b>Guarantees.</b> A decision counts all that was charged in its period since the period was first entered. Where
 * time has gone back to the period, it also counts all that was charged in later periods since.
 *
 * <p><b>Progress.</b> Lock-free, except for a short lock when a period is left before its end. A charge is made again
 * only when another charge has succeeded or the period was replaced.
 *
 * <h2>A period that has ended</h2>
 *
 * <p>The highest time lies behind its end. The monotonic clock has reached the end too, as reckoned while the period
 * was the current one. A CAS replaces it by the next period. A charge that began before may still be written to the old
 * period. It is never written to the next one.
 *
 * <h2>A period that is left before its end</h2>
 *
 * <p>The wall clock was set. Somebody may set it back, so the period is kept until the monotonic clock has reached its
 * end. What is charged meanwhile may belong to the kept period, and counts in it if time goes back.
 *
 * <ol>
 *   <li><em>Closed first.</em> One thread at a time, under the lock of this object, leaves a period and enters another.
 *       It first closes the period that it leaves, by one atomic addition to the balance. At the balance of a closed
 *       period no limit admits anything, and a CAS that expects the balance of an open one fails. So each charge is
 *       either in what is read after closing, or is decided again in the period that is current then.
 *   <li><em>Noted.</em> What was charged in a period since it was entered is noted on each kept period that lies before
 *       it.
 *   <li><em>One number in one object.</em> A kept period is entered again as the same object, with what it had. Where
 *       time has gone back, what was noted on it is added. A period that is not kept begins with nothing. Where time
 *       has gone back, it begins with what was used in the period that is left.
 *   <li><em>Counted before it is charged.</em> That sum is made while the entered period is closed, or unknown to other
 *       threads. Then the period is opened, and then it becomes the current one. A late CAS that succeeds on it was
 *       decided by the balance that it has now, like any other.
 *   <li><em>Two are kept.</em> A period that is left is kept, unless nothing is used or granted in it. A third kept
 *       period is added to the second. That one then stands for the spans of both, and is entered as one object for
 *       either.
 *   <li><em>An ended period is not closed.</em> Nothing is kept on which its charges could be noted, and it cannot
 *       be entered again. To enter it, the time of day would have to jump back. A jump takes a minute to be believed,
 *       and the period has less than a minute left. If one thread finds a period ended and another leaves it, nothing
 *       was kept before, so the entered period is new. The CAS that comes second fails, and its period is unknown to
 *       other threads.
 * </ol>
 */
final class PeriodCounter extends Meter {

    private static final long SECOND = 1_000_000_000L;

    /** The position of a charge that was not made. No period has this number. */
    private static final long NOWHERE = -1;

    /** Instead of a number of units: the period is closed, or not the current one any more. */
    private static final long NOT_OPEN = -1;

    private static final VarHandle CURRENT = VarHandles.of(MethodHandles.lookup(), "current", Period.class);

    private final QuotaPeriod periods;
    private final Clocks clocks;
    private volatile Period current;

    PeriodCounter(QuotaPeriod periods, Clocks clocks) {
        this.periods = periods;
        this.clocks = clocks;
        long now = clocks.nanoTime();
        if (isLifetime()) {
            current = new Period(0, clocks.periodAt(periods, Instant.EPOCH), 0, 0, now, now);
        } else {
            current = next(0, clocks.readTimeOfDay(now), now);
        }
    }

    private PeriodCounter(QuotaPeriod periods, Clocks clocks, Period current) {
        this.periods = periods;
        this.clocks = clocks;
        this.current = current;
    }

    private boolean isLifetime() {
        return periods.equals(QuotaPeriod.lifetime());
    }

    private Period next(int number, TimeOfDay time, long now) {
        Period next = new Period(number, clocks.periodAt(periods, highest(time, now)), 0, 0, now, now);
        reckon(next, time, now);
        return next;
    }

    /** Returns the time that decides which period is the current one. */
    private Instant highest(TimeOfDay time, long now) {
        return periods instanceof FixedPeriod ? time.running(now) : time.highest();
    }

    private long reckon(Period period, TimeOfDay time, long now) {
        return period.reckon(periods instanceof FixedPeriod ? time.running(now) : time.at(now), now, clocks.lag);
    }

    /** Makes a counter of what was saved {@code elapsed} nanoseconds ago. */
    static PeriodCounter restored(SavedMeter.Period read, long elapsed, Clocks clocks) {
        long now = clocks.nanoTime();
        SavedMeter.Period saved = read.possible(clocks.timeOfDay(now).highest());
        Span span = restored(saved.span(), elapsed, now);
        Period current = new Period(0, span.bounds(), saved.used(), saved.granted(), span.endAt(), now);
        List<Kept> kept = new ArrayList<>();
        for (SavedMeter.Kept each : saved.kept()) {
            List<Span> spans = restored(each.spans(), elapsed, now);
            Span first = spans.get(0);
            Period period =
                    new Period(kept.size() + 1, first.bounds(), each.used(), each.granted(), first.endAt(), now);
            period.close();
            kept.add(new Kept(period, spans, each.since()));
        }
        if (saved.hasOthers()) {
            List<Span> alsoOf = restored(saved.alsoOf(), elapsed, now);
            current.others = new KeptPeriods(kept, alsoOf, saved.usedBefore(), kept.size());
        }
        return new PeriodCounter(SavedMeter.Period.periods(saved.key()), clocks, current);
    }

    private static List<Span> restored(List<SavedMeter.Span> saved, long elapsed, long now) {
        return saved.stream().map(span -> restored(span, elapsed, now)).toList();
    }

    private static Span restored(SavedMeter.Span saved, long elapsed, long now) {
        return new Span(saved.bounds(), now + Math.max(0, saved.untilEnd() - elapsed));
    }

    @Override
    SavedMeter.@Nullable Period save(MeterKey key, long now) {
        if (!isLifetime()) {
            TimeOfDay time = clocks.timeOfDay(now);
            while (untilEnd(current, time, now) == 0) {}
        }
        synchronized (this) {
            Period period = current;
            return isIdle(period, now) ? null : period.save(key, now);
        }
    }

    @Override
    long charge(CompiledLimit limit, long units, long now) {
        return limit.neverRefuses ? chargeSoftly(units, now, null) : chargeIfItFits(limit, units, now, null);
    }

    @Override
    long charge(CompiledLimit limit, long units, long now, Report report) {
        return limit.neverRefuses ? chargeSoftly(units, now, report) : chargeIfItFits(limit, units, now, report);
    }

    private long chargeIfItFits(CompiledLimit limit, long units, long now, @Nullable Report report) {
        Period period = at(now);
        while (true) {
            long granted = period.granted;
            long balance = period.balance;
            if (limit.admits(balance, units)) {
                if (report != null && !tells(report, period, balance + units + granted, granted, units, now)) {
                    period = current;
                } else if (units == 0 || period.charge(balance, units)) {
                    return period.number;
                }
                continue;
            }
            long untilEnd = untilEnd(period, now);
            if (untilEnd != 0) {
                return ~(limit.neverAdmits(units) ? NEVER : untilEnd);
            }
            period = current;
        }
    }

    /**
     * Says in a report how the quota stands if the next CAS succeeds. The wall clock is read as seldom as by charges.
     * Returns false if the period is not the current one any more.
     */
    private boolean tells(Report report, Period period, long balance, long granted, long units, long now) {
        long used = Math.max(0, balance);
        if (!report.stands(used, granted, units)) {
            return true;
        }
        long reckoned = isLifetime() ? 0 : period.untilEndAsReckoned(now, clocks.lag);
        long untilEnd = reckoned > 0 ? reckoned : untilEnd(period, now);
        if (untilEnd != 0) {
            long reset = used == 0 ? 0 : untilEnd;
            report.waits(reset, reset);
        }
        return untilEnd != 0;
    }

    @Override
    long nanosUntilFits(CompiledLimit limit, long units, long now) {
        if (limit.neverRefuses) {
            return 0;
        }
        Period period = at(now);
        while (!limit.admits(period.balance, units)) {
            long untilEnd = untilEnd(period, now);
            if (untilEnd != 0) {
                return limit.neverAdmits(units) ? NEVER : untilEnd;
            }
            period = current;
        }
        return 0;
    }

    @Override
    @Nullable
    Period booking(long position) {
        Period period = current;
        return period.number == position ? period : period.others.numbered(position);
    }

    /* Nobody reads a period that is over, so writing there does no harm. */
    @Override
    void refund(CompiledLimit limit, @Nullable Booking booking, long charged, long units, long now) {
        refund(booking, units);
    }

    void refund(@Nullable Booking booking, long units) {
        if (booking instanceof Period period) {
            period.giveBack(units);
        }
    }

    @Override
    Charged chargeMore(CompiledLimit limit, @Nullable Booking booking, long units, long now, @Nullable Report report) {
        Period counting = booking instanceof Period charged ? current.counting(charged, now) : null;
        if (counting == null) {
            return new Charged(0, NOWHERE);
        }
        long charged = report == null ? NOT_OPEN : chargeIfOpen(counting, units, now, report);
        return new Charged(charged == NOT_OPEN ? counting.chargeMore(units) : charged, counting.number);
    }

    /* What was charged in a period that is neither the current one nor kept is never read again. */
    @Override
    boolean isGone(@Nullable Booking booking, long units, long now) {
        Period period = current;
        return booking != period && !(booking instanceof Period charged && period.others.isKept(charged));
    }

    @Override
    Charged chargeAnyway(CompiledLimit limit, long units, long now, @Nullable Report report) {
        while (true) {
            Period period = upToDate(now);
            long charged = chargeIfOpen(period, units, now, report);
            if (charged != NOT_OPEN) {
                return new Charged(charged, period.number);
            }
        }
    }

    /** Charges a soft quota, and returns the position. The wall clock is read as seldom as by other charges. */
    private long chargeSoftly(long units, long now, @Nullable Report report) {
        Period period = at(now);
        while (chargeIfOpen(period, units, now, report) == NOT_OPEN) {
            period = upToDate(now);
        }
        return period.number;
    }

    /**
     * Charges units whether they fit or not, up to {@link CompiledLimit#MOST_USED} in all. Returns how many were
     * charged, or {@link #NOT_OPEN}.
     */
    private long chargeIfOpen(Period period, long units, long now, @Nullable Report report) {
        long granted = period.granted;
        long balance = period.balance;
        while (!Period.isClosed(balance)) {
            long more = period.fitting(balance, units);
            if (report != null && !tells(report, period, balance + more + granted, granted, more, now)) {
                return NOT_OPEN;
            }
            if (period.charge(balance, more)) {
                return more;
            }
            granted = period.granted;
            balance = period.balance;
        }
        return NOT_OPEN;
    }

    /** Returns the units that count now. */
    long used(long now) {
        return at(now).used();
    }

    /**
     * Grants units beyond the amount until the current period ends, or takes them back if negative. What is granted in
     * all stays between 0 and {@link CompiledLimit#MOST_GRANTED}. For one thread at a time. The wall clock is read
     * before the grant and not after it, since the read may throw.
     *
     * @return where the organization then stands
     */
    LimitStatus grant(CompiledLimit limit, long units, long now) {
        while (true) {
            Period period = current;
            long untilEnd = untilEnd(period, now);
            synchronized (this) {
                if (untilEnd != 0 && period == current) {
                    period.grant(units);
                    return status(limit, period, untilEnd);
                }
            }
        }
    }

    /** Returns a counter with the same grants in each period, and nothing used; null if nothing is granted. */
    @Nullable
    PeriodCounter unused() {
        long now = clocks.nanoTime();
        synchronized (this) {
            Period unused = current.unused(now);
            return isIdle(unused, now) ? null : new PeriodCounter(periods, clocks, unused);
        }
    }

    @Override
    LimitStatus status(CompiledLimit limit, long now) {
        Period period;
        long untilEnd;
        do {
            period = current;
            untilEnd = untilEnd(period, now);
        } while (untilEnd == 0);
        return status(limit, period, untilEnd);
    }

    private static LimitStatus status(CompiledLimit limit, Period period, long untilEnd) {
        long used = period.used();
        long reset = used == 0 ? 0 : untilEnd;
        return limit.status(used, period.granted, reset, reset);
    }

    @Override
    boolean isIdle(long now) {
        return isIdle(at(now), now);
    }

    private static boolean isIdle(Period period, long now) {
        return period.isUntouched() && !period.others.anyCounts(now);
    }

    /** Returns the current period, as of at most a second ago. */
    private Period at(long now) {
        Period period = current;
        while (now - period.checkAt >= 0 && untilEnd(period, now) == 0) {
            period = current;
        }
        return period;
    }

    /** Returns the current period, as of now. */
    private Period upToDate(long now) {
        Period period = current;
        while (untilEnd(period, now) == 0) {
            period = current;
        }
        return period;
    }

    /**
     * Reads the wall clock.
     *
     * @return the nanoseconds until a period ends; {@link CompiledLimit#NEVER} if it has no end; 0 if it is not the
     *     current one any more
     */
    private long untilEnd(Period period, long now) {
        if (isLifetime()) {
            period.checkAt = now + SECOND;
            return NEVER;
        }
        return untilEnd(period, clocks.readTimeOfDay(now), now);
    }

    private long untilEnd(Period period, TimeOfDay time, long now) {
        if (period != current) {
            return 0;
        }
        if (period.contains(highest(time, now)) && !period.isClosed()) {
            return reckon(period, time, now);
        }
        if (hasEnded(period, time, now)) {
            CURRENT.compareAndSet(this, period, next(period.number + 1, time, now));
        } else {
            leave(period, time, now);
        }
        return 0;
    }

    /**
     * Tells whether a period is over by both clocks, or cannot be entered again before it is, while nothing is kept.
     */
    private boolean hasEnded(Period period, TimeOfDay time, long now) {
        long untilEnd = period.endAt - now;
        boolean isOver = untilEnd <= 0 || (untilEnd < TimeOfDay.MINUTE && !time.isDoubted());
        return isOver && !highest(time, now).isBefore(period.bounds.end()) && period.others.equals(KeptPeriods.NONE);
    }

    /** Leaves a period, if it is still the current one, for the period that the highest time lies in: see the rules. */
    private synchronized void leave(Period left, TimeOfDay time, long now) {
        Instant highest = highest(time, now);
        if (left != current) {
            return;
        }
        if (left.contains(highest)) {
            left.open(); // a thread that closed it has failed
            return;
        }
        left.close();
        Period entered = left.others.leave(left, highest, clocks.periodAt(periods, highest), now);
        reckon(entered, time, now);
        entered.open();
        CURRENT.compareAndSet(this, left, entered);
    }
}
