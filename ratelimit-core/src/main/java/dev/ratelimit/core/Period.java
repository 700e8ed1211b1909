package dev.ratelimit.core;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.kernel.MeterKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A period of a {@link PeriodCounter}: when it ends, what is used in it, and what may be used in it beyond the amount.
 *
 * <p>It is open, or closed: then nothing is charged by a decision. Units are given back, and charged whether they fit
 * or not, in either state.
 */
final class Period implements Meter.Booking {

    /**
     * What the balance of a closed period has more. No limit admits anything at such a balance, and no balance of an
     * open period comes near it.
     */
    private static final long CLOSED = 1L << 62;

    /** The longest time that readings of the monotonic clock are compared by. */
    private static final long LONGEST = 1L << 62;

    private static final long SECOND = 1_000_000_000L;

    private static final VarHandle BALANCE = VarHandles.of(MethodHandles.lookup(), "balance", long.class);

    /** Differs from the number of every other period that the counter has had. */
    final int number;

    /** Changes only before the period is the current one, as what follows. */
    volatile QuotaPeriod.Interval bounds;

    volatile KeptPeriods others = KeptPeriods.NONE;

    /** When to ask for the time of day again, by the monotonic clock. */
    volatile long checkAt;

    /** When the period ends by the monotonic clock, as reckoned last while it was the current one. */
    volatile long endAt;

    /**
     * What is used less what is granted: all that a decision asks for, in one number, so that a CAS on it decides by
     * both.
     */
    volatile long balance;

    /** What is granted; for a moment, while that changes, more than the balance has of it, but never less. */
    volatile long granted;

    Period(int number, QuotaPeriod.Interval bounds, long used, long granted, long endAt, long checkAt) {
        this.number = number;
        this.bounds = bounds;
        this.checkAt = checkAt;
        this.endAt = endAt;
        this.granted = granted;
        this.balance = used - granted;
    }

    /** Charges units, unless the balance is another than that which was decided by. */
    boolean charge(long decidedBy, long units) {
        return BALANCE.compareAndSet(this, decidedBy, decidedBy + units);
    }

    void giveBack(long units) {
        BALANCE.getAndAdd(this, -units);
    }

    /** Charges units whether they fit or not, up to {@link Meter#MOST_USED} in all. Returns how many. */
    long chargeMore(long units) {
        while (true) {
            long seen = balance;
            long more = fitting(seen, units);
            if (BALANCE.compareAndSet(this, seen, seen + more)) {
                return more;
            }
        }
    }

    /** Charges units as {@link #chargeMore} does and returns how many, or a negative number if the period is closed. */
    long chargeIfOpen(long units) {
        long seen = balance;
        while (!isClosed(seen)) {
            long more = fitting(seen, units);
            if (BALANCE.compareAndSet(this, seen, seen + more)) {
                return more;
            }
            seen = balance;
        }
        return -1;
    }

    private long fitting(long seen, long units) {
        long used = seen - (isClosed(seen) ? CLOSED : 0) + granted;
        return Math.max(0, Math.min(units, Meter.MOST_USED - used));
    }

    /**
     * Changes what is granted, to no less than nothing and no more than {@link Meter#MOST_GRANTED}. For one thread at
     * a time.
     */
    void grant(long units) {
        long before = granted;
        long after = Math.max(0, Math.min(before + units, Meter.MOST_GRANTED));
        granted = Math.max(before, after);
        BALANCE.getAndAdd(this, before - after);
        granted = after;
    }

    /** Closes the period, if it is open. For one thread at a time. */
    void close() {
        if (!isClosed()) {
            BALANCE.getAndAdd(this, CLOSED);
        }
    }

    /** Opens the period, if it is closed. For one thread at a time. */
    void open() {
        if (isClosed()) {
            BALANCE.getAndAdd(this, -CLOSED);
        }
    }

    boolean isClosed() {
        return isClosed(balance);
    }

    private static boolean isClosed(long balance) {
        return balance >= CLOSED - Meter.MOST_GRANTED;
    }

    /**
     * Returns what is used; for a moment, while what is granted changes, more than that, but not less. When more is
     * granted, a balance that has it is read before the second look at what is granted; when less is, after the first
     * one.
     */
    long used() {
        long before = granted;
        long seen = balance;
        return Math.max(0, seen - (isClosed(seen) ? CLOSED : 0) + Math.max(before, granted));
    }

    /** Tells whether nothing is used or granted. */
    boolean isUntouched() {
        return used() == 0 && granted == 0;
    }

    boolean contains(Instant time) {
        return Clocks.contains(bounds, time);
    }

    /**
     * Returns where what belongs to an earlier charge counts: in that charge's period, if this is the current one or
     * keeps it, or else in the period that stands for it now. Null if there is none.
     */
    @Nullable
    Period counting(Period charged, long now) {
        if (charged == this || others.isKept(charged)) {
            return charged;
        }
        Instant start = charged.bounds.start();
        return contains(start) || others.currentIsAlso(start, now) ? this : others.standingFor(start, now);
    }

    /** Returns the spans that this period, which is the current one, stands for. */
    List<KeptPeriods.Span> spans() {
        return Stream.concat(Stream.of(new KeptPeriods.Span(bounds, endAt)), others.alsoOf().stream())
                .toList();
    }

    /** Adds what another period has, and grants no more than either. For one thread at a time. */
    void add(Period other) {
        chargeMore(other.used());
        grant(Math.min(granted, other.granted) - granted);
    }

    /** Makes the same period, and those that are kept, where as much is granted and nothing used. */
    Period unused(long now) {
        Period unused = new Period(number, bounds, 0, granted, endAt, now);
        if (!others.equals(KeptPeriods.NONE)) {
            unused.others = others.unused(now);
        }
        return unused;
    }

    /** Returns what counts, in the period and in those that are kept. */
    SavedMeter.Period save(MeterKey key, long now) {
        SavedMeter.Span span = new KeptPeriods.Span(bounds, endAt).save(now);
        return new SavedMeter.Period(
                key,
                span,
                savedUse(),
                granted,
                others.usedBefore(),
                KeptPeriods.save(others.alsoOf(), now),
                others.save(now));
    }

    /** Returns what is used, as it is saved: a bit less where threads charge to no end. */
    long savedUse() {
        return Math.min(used(), Meter.MOST_USED);
    }

    /** Reckons when the period, which is the current one, ends, and returns the nanoseconds until then. */
    long reckon(TimeOfDay time, long now, long lag) {
        Instant end = bounds.end();
        long untilEnd = end.equals(Instant.MAX)
                ? Meter.NEVER
                : Math.max(1, NANOSECONDS.convert(Duration.between(time.at(now), end))); // saturates at NEVER
        endAt = now + Math.min(LONGEST - lag, untilEnd) + lag;
        checkAt = now + Math.min(SECOND, untilEnd) - lag;
        return untilEnd;
    }
}
