package dev.ratelimit.core;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.kernel.MeterKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One period of a {@link PeriodCounter}: its end, the units used in it, and the units granted beyond the amount.
 *
 * <p>A period is open or closed. No decision charges a closed one. Refunds, and charges that are made whether they fit
 * or not, go to either.
 *
 * <p><b>Guarantees.</b> What is used and what is granted are in one number, the balance. So one CAS decides by both.
 *
 * <p><b>Progress.</b> Lock-free.
 */
final class Period implements Meter.Booking {

    /**
     * The difference between the balances of a closed and an open period. No limit admits anything at the balance of a
     * closed period, and no balance of an open period comes near it.
     */
    private static final long CLOSED = 1L << 62;

    /** The longest time by which readings of the monotonic clock are compared. */
    private static final long LONGEST = 1L << 62;

    /** Ends from here on may be later than reckoned. */
    private static final long FAR = 1L << 61;

    private static final long SECOND = 1_000_000_000L;

    private static final VarHandle BALANCE = VarHandles.of(MethodHandles.lookup(), "balance", long.class);

    /** The number of this period, which no other period of the counter has. */
    final int number;

    /** The span. Like {@code others}, it changes only before the period becomes the current one. */
    volatile QuotaPeriod.Interval bounds;

    /** The periods that are kept beside this one. */
    volatile KeptPeriods others = KeptPeriods.NONE;

    /** The reading of the monotonic clock at which to compare with the time of day again. */
    volatile long checkAt;

    /** The end by the monotonic clock, as last reckoned while the period was the current one. */
    volatile long endAt;

    /** The units used less the units granted, and {@code CLOSED} more once the period is closed. */
    volatile long balance;

    /** The units granted. While a grant changes, this is at least what the balance has of it. */
    volatile long granted;

    Period(int number, QuotaPeriod.Interval bounds, long used, long granted, long endAt, long checkAt) {
        this.number = number;
        this.bounds = bounds;
        this.checkAt = checkAt;
        this.endAt = endAt;
        this.granted = granted;
        this.balance = used - granted;
    }

    /** Charges units, unless the balance differs from the one that the decision has read. */
    boolean charge(long decidedBy, long units) {
        return BALANCE.compareAndSet(this, decidedBy, decidedBy + units);
    }

    /** Gives units back. */
    void giveBack(long units) {
        BALANCE.getAndAdd(this, -units);
    }

    /**
     * Charges units whether they fit or not, up to {@link CompiledLimit#MOST_USED} in all. Returns how many were
     * charged.
     */
    long chargeMore(long units) {
        while (true) {
            long seen = balance;
            long more = fitting(seen, units);
            if (BALANCE.compareAndSet(this, seen, seen + more)) {
                return more;
            }
        }
    }

    /** Returns how many of some units can be charged, up to {@link CompiledLimit#MOST_USED} in all. */
    long fitting(long seen, long units) {
        long used = seen - (isClosed(seen) ? CLOSED : 0) + granted;
        return Math.max(0, Math.min(units, CompiledLimit.MOST_USED - used));
    }

    /**
     * Changes the units granted, to at least 0 and at most {@link CompiledLimit#MOST_GRANTED}. For one thread at a
     * time.
     */
    void grant(long units) {
        long before = granted;
        long after = Math.max(0, Math.min(before + units, CompiledLimit.MOST_GRANTED));
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

    static boolean isClosed(long balance) {
        return balance >= CLOSED - CompiledLimit.MOST_GRANTED;
    }

    /**
     * Returns the units used. While a grant changes, it may return more, and never less. When more is granted, a
     * balance that has the grant is read before the second read of {@code granted}. When less is granted, it is read
     * after the first one.
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
     * Returns the period in which a later part of an earlier charge counts. That is the period of the earlier charge,
     * if it is this one or is kept beside it. Otherwise it is the period that stands for it now, or null if there is
     * none.
     */
    @Nullable
    Period counting(Period charged, long now) {
        if (charged == this || others.isKept(charged)) {
            return charged;
        }
        Instant start = charged.bounds.start();
        return contains(start) || others.currentIsAlso(start, now) ? this : others.standingFor(start, now);
    }

    /** Returns the spans that this period, the current one, stands for. */
    List<KeptPeriods.Span> spans() {
        return Stream.concat(Stream.of(new KeptPeriods.Span(bounds, endAt)), others.alsoOf().stream())
                .toList();
    }

    /** Adds what is used in another period, and grants no more than either does. For one thread at a time. */
    void add(Period other) {
        chargeMore(other.used());
        grant(Math.min(granted, other.granted) - granted);
    }

    /** Makes a period with the same grants and nothing used, and the same kept periods likewise. */
    Period unused(long now) {
        Period unused = new Period(number, bounds, 0, granted, endAt, now);
        if (!others.equals(KeptPeriods.NONE)) {
            unused.others = others.unused(now);
        }
        return unused;
    }

    /** Returns what counts in this period and in those that are kept. */
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

    /** Returns the units used as a snapshot has them: at most {@link CompiledLimit#MOST_USED}. */
    long savedUse() {
        return Math.min(used(), CompiledLimit.MOST_USED);
    }

    /** Reckons when this period, the current one, ends. Returns the nanoseconds until then. */
    long reckon(Instant present, long now, long lag) {
        long untilEnd = Clocks.nanosUntil(bounds.end(), present);
        endAt = now + Math.min(LONGEST - lag, untilEnd) + lag;
        checkAt = now + Math.min(SECOND, untilEnd) - lag;
        return untilEnd;
    }

    /** Returns the nanoseconds until the end that was reckoned last; 0 if it is to be reckoned again, or is far off. */
    long untilEndAsReckoned(long now, long lag) {
        long untilEnd = now - checkAt < 0 ? endAt - lag - now : 0;
        return untilEnd < FAR ? untilEnd : 0;
    }
}
