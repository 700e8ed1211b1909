package dev.ratelimit.core;

import static dev.ratelimit.core.CompiledLimit.MOST_USED;
import static dev.ratelimit.core.CompiledLimit.NEVER;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.kernel.MeterKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sliding-window log with prefix sums: the meter of a rate limit.
 *
 * <p>A charge appends a mark to the {@linkplain MarkLog log} if its reading of the clock is later than the newest
 * stamp. Then it raises {@code admitted} by one CAS, which expects the value that its decision has read. The stamp of a
 * new mark is the reading, or the end of the grain that the reading lies in. So a charge may be held too long by a
 * grain, and never leaves early.
 *
 * <p><b>Assumptions.</b> All readings are of one monotonic clock. A thread may be late: others may have used later
 * readings since it made its own.
 *
 * <p><b>Guarantees.</b> When a charge is admitted, the units in the window that ends with it are at most the limit's
 * amount, not counting those given back. Charges that are made whether they fit or not can exceed the amount.
 *
 * <p><b>Progress.</b> Lock-free: a decision restarts only when another one has moved on. A refusal writes only what
 * others left undone: it closes an open mark, moves on what is known to have expired and the hints, or leaves an empty
 * mark. It may be remembered.
 *
 * <p><b>Example.</b> With a window of 60, at time 70:
 *
 * <pre>
 *   admitted ───────────────────────────────► 17
 *   marks     (t=10, start 0) → (t=14, start 5) → (t=31, start 12)
 *   the first live mark is t=14, as 70 - 10 &gt;= 60: so 17 - 5 = 12 units are used
 * </pre>
 *
 * <h2>Why it never admits too much</h2>
 *
 * The time of a charge is the stamp of the mark that it falls under. It is not before the charge's reading of the
 * clock.
 *
 * <ol>
 *   <li>A mark is appended open, without a start. A thread that meets an open mark closes it with a value of {@code
 *       admitted} that was read after the append. No thread appends a mark behind an open one. So starts never
 *       decrease, and a charge that could already have fallen under a mark is not below its start. (A start that was
 *       read before the append could cover units that were given back, which would count until the mark expires. A mark
 *       behind an open one could get the lower start, and hide what is under the other.)
 *   <li>A decision reads what is known to have expired, then {@code admitted}, then the marks. A charge that is missing
 *       in its sum moved {@code admitted} later. Then the CAS fails, and the decision is made again.
 *   <li>A mark that a decision takes for expired is at least one window older than the charge's stamp. For the marks
 *       that a thread steps over, its own reading assures that. Other threads may have stepped over marks before: a
 *       reading less than one window after the last of them is stale. It is replaced by the end of that window, a time
 *       that has come. A new window begins as if its last mark had expired at its creation. So no reading from before
 *       the creation decides on it.
 *   <li>A late charge falls under the newest mark. That mark expires later than the charge's own reading would, never
 *       earlier.
 * </ol>
 *
 * So the sum of an admitted charge has all charges with stamps in the window that ends with its own stamp, except those
 * given back.
 *
 * <h2>The fast path</h2>
 *
 * Three cached longs let a charge decide on this object alone.
 *
 * <ul>
 *   <li>{@code base} is the base of some mark that was the first live one, or {@code admitted} when none was live. If
 *       it lags, used looks larger. It is only ever raised.
 *   <li>{@code expiredStamp} is at least the stamp of the last mark that {@code base} takes for expired. It is only
 *       ever raised. It is written before {@code base} and read after it, so that rule 3 can be checked.
 *   <li>{@code newestStamp} is the stamp of a closed mark, the newest or an earlier one. A charge whose reading is not
 *       after it needs no mark.
 * </ul>
 *
 * <p>A charge that needs a mark, and for which the first two suffice, takes one more step. It appends its mark to the
 * newest block, and looks at nothing else. That is for one whose block has room, so each new block is begun by the slow
 * path. There expired blocks go, and it is counted whether all marks of the new one may be exact.
 *
 * <p>All other charges take the slow path. It brings the three up to date, unless the next charge will need a mark
 * anyway and the base lags by a small part of the headroom only.
 *
 * <p>A charge like one that was refused is refused again without the slow path. A refusal is remembered with the two
 * sums that it was decided by, {@code admitted} and {@code refunded}. Neither ever takes an earlier value again. While
 * both are as they were, the units fit at the same time as before, whatever expires until then.
 *
 * <h2>Giving back</h2>
 *
 * The position of a charge is the value of {@code admitted} that its CAS replaced. The position tells the mark that the
 * charge fell under. A stamp would not tell it, since a late charge falls under a later mark than its reading says.
 *
 * <p>A refund is added to the sum of its mark, then to the sum of its block, then to {@code refunded}, the sum over all
 * marks. A block whose marks have all expired is closed to refunds before it is passed by. The next block then learns
 * the sum of all refunds before it. So the refunds of live marks are {@code refunded}, less that sum, less the refunds
 * of expired marks in the same block.
 *
 * <p>That difference is never too large. A unit in {@code refunded} that is of an expired mark was written to the mark
 * before, and is read there after. A unit that is in the mark and not in {@code refunded} yet makes used look larger. A
 * thread with a later clock may close a block while another one still counts a mark of it. Refunds under that block are
 * lost to the other one.
 *
 * <p>Used is {@code admitted}, less the start of the first live mark, less the refunds of live marks. {@code refunded}
 * is read after {@code admitted}, and {@code admitted} must still be the same afterwards. Otherwise a refund could be
 * subtracted whose charge is not in {@code admitted}. The base of a mark is its start and the refunds from there on. It
 * never decreases as marks expire, since a mark gives back no more than was charged under it. A peek, unlike a charge,
 * may miss a charge that is just being made with an earlier reading.
 *
 * <h2>What has expired</h2>
 *
 * A block has a count of its marks that are known to have expired. When all have, and a block follows, the thread that
 * sees it moves {@code head} on. It then cuts the block off, which points to itself from then on.
 *
 * <p>If {@code head} or the count changed since a decision began, the decision restarts. Otherwise it could count marks
 * whose units another charge has already reused.
 *
 * <p>The count is written without a CAS, so a late thread may put back a lower one. Others then only examine expired
 * marks again. At worst a third thread that is late too is refused what it would get a moment earlier or later.
 */
non-sealed class SlidingWindow extends MarkLog {

    private static final VarHandle REFUNDED = VarHandles.of(MethodHandles.lookup(), "refunded", long.class);
    private static final VarHandle BASE = VarHandles.of(MethodHandles.lookup(), "base", long.class);
    private static final VarHandle EXPIRED_STAMP = VarHandles.of(MethodHandles.lookup(), "expiredStamp", long.class);

    /** A refusal is remembered if it holds for at least the window divided by 2 to the power of this. */
    private static final int LONG_BITS = 8;

    /**
     * A refusal. It holds while nothing more is charged or given back, until the units fit.
     *
     * @param position what was admitted
     * @param given what was given back
     * @param headroom what was asked for
     * @param from a reading that is not {@linkplain #notStale stale}, and so is no later one
     * @param until when the units fit
     */
    private record Refusal(long position, long given, long headroom, long from, long until) {}

    /**
     * What counted at a charge that was told of. It counts, with what is charged later, until the first live mark
     * expires or something is given back.
     *
     * @param base the base of the first live mark
     * @param given what was given back
     * @param from a reading that is not {@linkplain #notStale stale}, and so is no later one
     * @param until when the first live mark expires, under which not all is given back
     */
    private record Counted(long base, long given, long from, long until) {}

    /** The base lags too far if it does by the headroom divided by 2 to the power of this. */
    private static final int LAG_BITS = 3;

    /** Instead of a value of {@code admitted}, which is even. */
    private static final long NONE = 1;

    /** Instead of a position: the units fit, and a charge may need the slow path. */
    private static final long SLOW = Long.MAX_VALUE;

    private volatile long base;
    private volatile long expiredStamp;
    private volatile long refunded;

    /** A refusal that may still hold: a hint, which may be seen late, and never half made. */
    private @Nullable Refusal refusal;

    /** What may still count: a hint, as a refusal is. */
    private @Nullable Counted counted;

    /** A hint for waits: live marks before this block have given back all that was charged under them. */
    volatile @Nullable MarkBlock firstUsed;

    /** Makes a window in which nothing is charged. */
    SlidingWindow(long windowNanos, long nowAtCreation) {
        super(windowNanos, nowAtCreation);
        expiredStamp = newestStamp;
    }

    /* ---------------- Charging ---------------- */

    @Override
    long charge(CompiledLimit limit, long units, long now) {
        if (units == 0) {
            long wait = nanosUntilFits(limit, 0, now);
            return wait == 0 ? admitted >>> 1 : ~wait;
        }
        long headroom = limit.headroom(units);
        long position = expected(headroom, now);
        if (position != NONE
                && (newestStamp - now >= 0 || appendsAt(now, limit.exactMarks))
                && admit(position, units << 1)) {
            return position >>> 1;
        }
        long wait = waitAgain(headroom, admitted, now);
        return wait > 0 ? ~wait : chargeSlowly(units, headroom, limit.exactMarks, now, null);
    }

    /**
     * Returns the value of {@code admitted} that a charge expects which looks at no mark but the newest; {@link #NONE}
     * if it must look at others.
     */
    private long expected(long headroom, long now) {
        long knownBase = base;
        long knownExpired = expiredStamp;
        long position = admitted;
        return position - knownBase <= headroom && now - knownExpired >= window ? position : NONE;
    }

    @Override
    long ask(CompiledLimit limit, long units, long now, @Nullable Report report) {
        long headroom = limit.headroom(units);
        long position = report == null ? expected(headroom, now) : expected(headroom, units, now, report);
        if (position != NONE && newestStamp - now >= 0) {
            return position >>> 1;
        }
        return nanosUntilFits(limit, units, now) == 0 ? SLOW : -1;
    }

    @Override
    boolean chargeAsked(long units, long asked) {
        long position = asked << 1;
        return asked != SLOW && admit(position, units << 1);
    }

    @Override
    long charge(CompiledLimit limit, long units, long now, Report report) {
        long headroom = limit.headroom(units);
        long position = expected(headroom, units, now, report);
        if (position != NONE && admit(position, units << 1)) {
            return position >>> 1;
        }
        return chargeSlowly(units, headroom, limit.exactMarks, now, report);
    }

    /**
     * Returns the value of {@code admitted} that a fast charge expects, and says in a report how this window stands if
     * the charge succeeds; {@link #NONE} if it cannot be fast. What expired before the first live mark is one window
     * older than the reading, and that mark is not: so rule 3 holds, and what counts is exact.
     */
    private long expected(long headroom, long units, long now, Report report) {
        Counted known = counted;
        if (known == null || units == 0 || now - known.from < 0 || known.until - now <= 0) {
            return NONE;
        }
        long position = admitted;
        long before = position - known.base;
        long newest = newestStamp;
        boolean fits = before >= 0 && before <= headroom; // it is negative where others have moved on
        if (!fits || newest - now < 0 || refunded != known.given) {
            return NONE;
        }
        if (report.stands((before >> 1) + units, 0, units)) {
            report.waits(known.until - now, newest + window - now);
        }
        return position;
    }

    /** Charges if at most {@code headroom} half units are used. A charge of 0 units writes no mark. */
    private long chargeSlowly(long units, long headroom, int exactMarks, long reading, @Nullable Report report) {
        while (true) {
            MarkBlock block = head;
            int known = block.expired();
            long position = admitted;
            long now = notStale(reading, block, known);
            int first = firstLive(block, known, now);
            long given = refunded;
            if (first == GONE || !isUnchanged(block, known, position)) {
                continue;
            }
            if (first != known) {
                block.expired(first);
            }
            long from = base(block, first, position, given);
            if (units == 0 || newestStamp - now >= 0 || from - base > headroom >> LAG_BITS) {
                raise(EXPIRED_STAMP, block.stamp(first - 1));
                raise(BASE, from);
            }
            if (headroom < 0 || position - from > headroom) {
                long wait = waitFor(headroom, position, block, first, given, now);
                if (wait == 0) {
                    continue;
                }
                if (wait != NEVER) {
                    remember(headroom, position, block, first, given, now, wait);
                }
                return ~wait;
            }
            boolean isMarked = newestStamp - now > 0; // so the next charge may need no mark either
            long own = units == 0 ? 0 : markAt(now, block.number + first, exactMarks) + window - now;
            if (report != null) {
                long before = Math.max(0, position - from);
                if (report.stands((before >> 1) + units, 0, units)) {
                    long next = before == 0 ? own : waitFor(before - 2, position, block, first, given, now);
                    long reset = own > 0 || before == 0 ? own : waitFor(0, position, block, first, given, now);
                    if (before > 0 && (next == 0 || reset == 0)) {
                        continue;
                    }
                    report.waits(next, reset);
                    if (before > 0 && units > 0 && isMarked && next == block.stamp(first) + window - now) {
                        counted = new Counted(from, given, block.stamp(first - 1) + window, now + next);
                    }
                }
            }
            if (units == 0) {
                return position >>> 1;
            }
            if (admit(position, units << 1)) {
                return position >>> 1;
            }
        }
    }

    @Override
    Charged chargeMore(CompiledLimit limit, @Nullable Booking booking, long units, long now, @Nullable Report report) {
        return chargeAnyway(limit, units, now, report);
    }

    @Override
    Charged chargeAnyway(CompiledLimit limit, long units, long now, @Nullable Report report) {
        long most = units;
        long position = chargeSlowly(most, (MOST_USED - most) << 1, limit.exactMarks, now, report);
        while (position < 0) {
            most = Math.max(0, Math.min(units, MOST_USED - used(now)));
            position = chargeSlowly(most, (MOST_USED - most) << 1, limit.exactMarks, now, report);
        }
        return new Charged(most, position);
    }

    @Override
    long nanosUntilFits(CompiledLimit limit, long units, long now) {
        long headroom = limit.headroom(units);
        long knownBase = base;
        long position = admitted;
        if (position - knownBase <= headroom) {
            return 0;
        }
        long wait = waitAgain(headroom, position, now);
        if (wait > 0) {
            return wait;
        }
        long answer = chargeSlowly(0, headroom, limit.exactMarks, now, null);
        return answer < 0 ? ~answer : 0;
    }

    /** Returns the wait of a charge that is refused as another one was; not more than 0 if that is not known. */
    private long waitAgain(long headroom, long position, long now) {
        Refusal last = refusal;
        return last != null
                        && last.position == position
                        && last.given == refunded
                        && last.headroom == headroom
                        && now - last.from >= 0
                ? last.until - now
                : 0;
    }

    /** Remembers a refusal that holds for long, unless one of the same sums still holds. */
    private void remember(long headroom, long position, MarkBlock block, int first, long given, long now, long wait) {
        Refusal last = refusal;
        boolean holds = last != null && last.position == position && last.given == given && last.until - now > 0;
        if (wait >= window >> LONG_BITS && !holds) {
            refusal = new Refusal(position, given, headroom, block.stamp(first - 1) + window, now + wait);
        }
    }

    /** Rule 3: returns a time at least one window after the marks that are known to have expired. */
    private long notStale(long now, MarkBlock block, int known) {
        long last = block.stamp(known - 1);
        return now - last < window ? last + window : now;
    }

    /** Tells whether nothing has moved that a decision began with. */
    private boolean isUnchanged(MarkBlock block, int known, long position) {
        return admitted == position && block.expired() == known && head == block;
    }

    /** Returns the base of the first live mark, where {@code given} half units are given back in all. */
    private long base(MarkBlock block, int first, long position, long given) {
        return block.has(first) ? start(block, first) + given - block.givenBackBefore(first) : position;
    }

    private void raise(VarHandle field, long value) {
        long seen = (long) field.getVolatile(this);
        while (value - seen > 0 && !field.compareAndSet(this, seen, value)) {
            seen = (long) field.getVolatile(this);
        }
    }

    /* ---------------- Giving back ---------------- */

    @Override
    void refund(CompiledLimit limit, @Nullable Booking booking, long charged, long units, long now) {
        refund(booking, units);
    }

    void refund(@Nullable Booking booking, long units) {
        if (booking instanceof MarkRef mark && mark.block().giveBack(mark.index(), units << 1)) {
            REFUNDED.getAndAdd(this, units << 1);
        }
    }

    @Override
    boolean isGone(@Nullable Booking booking, long units, long now) {
        return !(booking instanceof MarkRef mark && now - mark.stamp() < window);
    }

    /* ---------------- Waiting ---------------- */

    /**
     * Returns the time until at most {@code headroom} half units are used, where more are used now. Returns 0 if marks
     * on the way were passed by meanwhile: then the caller must start over.
     */
    private long waitFor(long headroom, long position, MarkBlock block, int first, long given, long now) {
        if (headroom < 0) {
            return NEVER;
        }
        int i = first;
        long live = given - block.givenBackBefore(first); // the refunds from the i-th mark on
        long used = position - start(block, first) - live;
        MarkBlock hint = firstUsed;
        if (hint != null && hint.next != hint && hint.number - block.number > 0) {
            block = hint;
            i = 0;
            live = position - start(block, 0) - used;
        }
        while (true) {
            MarkBlock next = block.next;
            if (next == block) {
                return 0;
            }
            long liveBehind = live - block.givenBackFrom(i);
            long left = next == null ? 0 : position - start(next, 0) - liveBehind;
            if (next == null || left <= headroom) {
                return Math.max(1, block.stamp(lastToLeave(headroom, position, block, i, live)) + window - now);
            }
            if (left == used) {
                firstUsed = next;
            }
            block = next;
            i = 0;
            live = liveBehind;
        }
    }

    /** Returns the first mark whose expiry leaves enough headroom, or else the last mark of the block. */
    private int lastToLeave(long headroom, long position, MarkBlock block, int first, long live) {
        int i = first;
        long liveBehind = live - block.givenBack(i);
        while (block.has(i + 1) && position - start(block, i + 1) - liveBehind > headroom) {
            i++;
            liveBehind -= block.givenBack(i);
        }
        return i;
    }

    /* ---------------- Reading ---------------- */

    @Override
    LimitStatus status(CompiledLimit limit, long reading) {
        while (true) {
            MarkBlock block = head;
            int known = block.expired();
            long position = admitted;
            long now = notStale(reading, block, known);
            int first = firstLive(block, known, now);
            long given = refunded;
            if (first != GONE && isUnchanged(block, known, position)) {
                long from = base(block, first, position, given);
                long used = Math.max(0, position - from);
                long next = used == 0 ? 0 : waitFor(used - 2, position, block, first, given, now);
                long reset = used == 0 ? 0 : waitFor(0, position, block, first, given, now);
                if (used == 0 || (next != 0 && reset != 0)) {
                    return limit.status(used >> 1, 0, next, reset);
                }
            }
        }
    }

    /** Returns the units that count now. */
    long used(long now) {
        chargeSlowly(0, Long.MAX_VALUE, 0, now, null);
        return Math.max(0, admitted - base) >> 1;
    }

    /* That nothing is used is not enough: a mark whose charges were all given back still counts as an exact one. */
    @Override
    boolean isIdle(long reading) {
        while (true) {
            MarkBlock block = head;
            int known = block.expired();
            int first = firstLive(block, known, notStale(reading, block, known));
            if (first != GONE) {
                return !block.has(first);
            }
        }
    }

    /* ---------------- Snapshots ---------------- */

    /**
     * Makes a window of saved charges, which were saved {@code elapsed} nanoseconds ago. No charge is later than now,
     * so none is held longer than a window from now, whatever its age says.
     */
    SlidingWindow(SavedMeter.Window saved, long elapsed, long lag, long now) {
        this(((MeterKey.Window) saved.key().span()).length().toNanos() + lag, now);
        for (SavedMeter.Charge charge : saved.charges()) {
            if (elapsed < window - charge.ageNanos()) {
                markAt(now - Math.max(0, charge.ageNanos() + elapsed), 1, Integer.MAX_VALUE);
                admit(admitted, charge.units() << 1); // nobody else charges yet
            }
        }
    }

    @Override
    SavedMeter.@Nullable Window save(MeterKey key, long now) {
        List<SavedMeter.Charge> charges = new ArrayList<>();
        long headroom = MOST_USED;
        long lag = window - ((MeterKey.Window) key.span()).length().toNanos();
        for (MarkBlock block = head; block != null; block = after(block)) {
            for (int i = block.expired(); i < block.size(); i++) {
                long given = block.givenBack(i);
                long units = Math.min((end(block, i) - start(block, i) - given) >> 1, headroom);
                if (now - block.stamp(i) < window && units > 0) {
                    charges.add(new SavedMeter.Charge(now - lag - block.stamp(i), units));
                    headroom -= units; // by a later clock some may have expired, and others taken their place
                }
            }
        }
        return charges.isEmpty() ? null : new SavedMeter.Window(key, charges);
    }
}
