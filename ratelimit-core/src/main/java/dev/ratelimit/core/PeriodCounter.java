package dev.ratelimit.core;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.QuotaPeriod;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A counter of the units charged in the present period.
 *
 * <p>A period owns its end and its counts, and a charge is one CAS on what is used: one that began before the period ended may still be
 * written there, and is never written to the next. The counter points to the period that the highest wall time seen lies in, and so only
 * ever moves on.
 *
 * <p>Decisions read the monotonic clock only. When a period's end was last compared with the wall clock, the time until it was added to the
 * monotonic clock's; the wall clock is asked again when that has passed, and after a second at the latest, in case it was set. It is
 * also asked before every refusal, so that one is never made by a clock that was set since, and the wait is exact. A period without end
 * needs no wall clock.
 *
 * <p>Lock-free: a charge is made again only when another has succeeded or the period has ended.
 */
final class PeriodCounter extends Meter {

    private static final long SECOND = 1_000_000_000L;

    private static final VarHandle CURRENT = Handles.of(MethodHandles.lookup(), "current", Period.class);

    private final QuotaPeriod periods;
    private final Clocks clocks;
    private volatile Period current;

    PeriodCounter(QuotaPeriod periods, Clocks clocks) {
        this.periods = periods;
        this.clocks = clocks;
        long now = clocks.nanoTime();
        if (!periods.equals(QuotaPeriod.lifetime())) {
            clocks.instant();
        }
        current = new Period(0, periods.at(clocks.highest()).end(), now);
    }

    /** Makes a counter of the same period, where so much is granted and nothing used. */
    private PeriodCounter(QuotaPeriod periods, Clocks clocks, Instant end, long granted) {
        this.periods = periods;
        this.clocks = clocks;
        current = new Period(0, end, clocks.nanoTime());
        current.granted = granted;
        current.balance = -granted;
    }

    /** Makes a counter of what was saved, in a period that is not over. */
    PeriodCounter(SavedMeter.Period saved, Clocks clocks) {
        this((QuotaPeriod) saved.key().span(), clocks, saved.bounds().end(), saved.granted());
        current.balance = saved.used() - saved.granted();
    }

    @Override
    SavedMeter.@Nullable Period save(Rule.Key key, long now) {
        Period period = current;
        Instant highest = clocks.highest();
        if (period.isUntouched() || !highest.isBefore(period.end)) {
            return null;
        }
        // The end may be another by now, where the period was restored and the rules of its zone have changed.
        QuotaPeriod.Interval bounds =
                new QuotaPeriod.Interval(periods.at(highest).start(), period.end);
        return new SavedMeter.Period(key, bounds, Math.min(period.used(), MOST_USED), period.granted);
    }

    @Override
    long charge(Rule rule, long units, long now) {
        Period period = at(now);
        while (true) {
            long balance = period.balance;
            if (rule.admits(balance, units)) {
                if (units == 0 || Period.BALANCE.compareAndSet(period, balance, balance + units)) {
                    return period.number;
                }
                continue;
            }
            long untilEnd = untilEnd(period, now);
            if (untilEnd != 0) {
                return ~(rule.neverAdmits(units) ? NEVER : untilEnd);
            }
            period = current;
        }
    }

    @Override
    long look(Rule rule, long units, long now) {
        Period period = at(now);
        while (!rule.admits(period.balance, units)) {
            long untilEnd = untilEnd(period, now);
            if (untilEnd != 0) {
                return rule.neverAdmits(units) ? NEVER : untilEnd;
            }
            period = current;
        }
        return 0;
    }

    @Override
    @Nullable
    Period place(long receipt) {
        Period period = current;
        return period.number == receipt ? period : null;
    }

    /* A period that is over is read by nobody, so it does no harm to write there. */
    @Override
    void refund(@Nullable Place place, long units) {
        if (place instanceof Period period) {
            Period.BALANCE.getAndAdd(period, -units);
        }
    }

    @Override
    void chargeMore(Rule rule, @Nullable Place place, long units, long now) {
        Period period = current;
        if (place instanceof Period charged && charged.end.equals(period.end)) {
            long balance = period.balance;
            while (!Period.BALANCE.compareAndSet(
                    period, balance, Math.min(balance + units, MOST_USED - period.granted))) {
                balance = period.balance;
            }
        }
    }

    @Override
    long used(long now) {
        return at(now).used();
    }

    /**
     * Lets so many units more, or fewer, be used beyond the amount until the present period ends: in all at least none and at most
     * {@link #MOST_GRANTED}. For one thread at a time.
     */
    void grant(long units, long now) {
        Period period = current;
        while (untilEnd(period, now) == 0) {
            period = current;
        }
        long before = period.granted;
        long after = Math.max(0, Math.min(before + units, MOST_GRANTED));
        period.granted = Math.max(before, after);
        Period.BALANCE.getAndAdd(period, before - after);
        period.granted = after;
    }

    /** Returns a counter of the present period to which so much is granted as here, and nothing used; null if nothing is granted. */
    @Nullable
    PeriodCounter unused() {
        Period period = current;
        long granted = period.granted;
        return granted == 0 ? null : new PeriodCounter(periods, clocks, period.end, granted);
    }

    @Override
    long granted(long now) {
        return at(now).granted;
    }

    @Override
    LimitStatus status(Rule rule, long now) {
        Period period;
        long untilEnd;
        do {
            period = current;
            untilEnd = untilEnd(period, now);
        } while (untilEnd == 0);
        long used = period.used();
        Optional<Duration> reset = used == 0
                ? Optional.of(Duration.ZERO)
                : untilEnd == NEVER ? Optional.empty() : Optional.of(Duration.ofNanos(untilEnd));
        return LimitStatus.of(rule.limit, used, period.granted, reset);
    }

    @Override
    boolean isIdle(long now) {
        return at(now).isUntouched();
    }

    private Period at(long now) {
        Period period = current;
        while (now - period.checkAt >= 0 && untilEnd(period, now) == 0) {
            period = current;
        }
        return period;
    }

    /**
     * Asks the wall clock: returns the nanoseconds until a period ends, {@link #NEVER} if it has no end, or 0 if it has ended and was
     * replaced.
     */
    private long untilEnd(Period period, long now) {
        if (period.end.equals(Instant.MAX)) {
            period.checkAt = now + SECOND;
            return NEVER;
        }
        Instant wall = clocks.instant();
        Instant highest = clocks.highest();
        if (!highest.isBefore(period.end)) {
            CURRENT.compareAndSet(
                    this,
                    period,
                    new Period(period.number + 1, periods.at(highest).end(), now));
            return 0;
        }
        long untilEnd = NANOSECONDS.convert(Duration.between(wall, period.end)); // saturates at NEVER
        period.checkAt = now + Math.min(SECOND, untilEnd) - clocks.lag;
        return untilEnd;
    }

    /** One period: its end, what is used in it, and what may be used in it beyond the amount. */
    static final class Period implements Place {

        private static final VarHandle BALANCE = Handles.of(MethodHandles.lookup(), "balance", long.class);

        final long number;
        final Instant end;

        /** When to ask the wall clock again, by the monotonic clock. */
        volatile long checkAt;

        /** What is used less what is granted: all that a decision asks for, in one number, so that a CAS on it decides by both. */
        volatile long balance;

        /** What is granted; for a moment, while that changes, more than the balance has of it, but never less. */
        volatile long granted;

        Period(long number, Instant end, long checkAt) {
            this.number = number;
            this.end = end;
            this.checkAt = checkAt;
        }

        /**
         * Returns what is used; for a moment, while what is granted changes, more than that, but not less. When more is granted, a
         * balance that has it is read before the second look at what is granted; when less is, after the first one.
         */
        long used() {
            long before = granted;
            long balanced = balance;
            return Math.max(0, balanced + Math.max(before, granted));
        }

        /** Tells whether nothing is used or granted. */
        boolean isUntouched() {
            return used() == 0 && granted == 0;
        }
    }
}
