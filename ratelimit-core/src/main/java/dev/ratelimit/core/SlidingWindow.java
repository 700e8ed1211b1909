package dev.ratelimit.core;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.kernel.MeterKey;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A sliding window: admits a charge if what was charged less than one window ago leaves headroom for it.
 *
 * <p>The window is a timeline of marks. One counter of units, {@code admitted}, only grows. A mark says that {@code
 * start} units had been admitted before the first charge that falls under it; its stamp is the time of all charges that
 * fall under it, which are those up to the next mark. MarkBlock form a list, oldest to newest, of blocks, {@link
 * MarkBlock}:
 *
 * <pre>
 *   admitted ───────────────────────────────► 17
 *   marks     (t=10, start 0) → (t=14, start 5) → (t=31, start 12)
 *   used at t=70, window 60: the first live mark is t=14 (70-10 >= 60 is gone), so 17 - 5 = 12
 * </pre>
 *
 * <p>A charge appends a mark if the newest is older than its reading of the clock, then moves {@code admitted} by one
 * CAS, whose expected value is the one its decision was made with. The stamp of a new mark is the reading, or the end
 * of the grain it lies in, a power of two of at most window/1,024; so a charge may be held too long by a grain, and
 * never leaves early.
 *
 * <h2>Why it never admits too much</h2>
 *
 * Take as the time of a charge the stamp of the mark it fell under. It is not before the charge's reading of the clock.
 *
 * <ol>
 *   <li>A mark is appended open. Whoever meets an open mark closes it with a value of {@code admitted} read after the
 *       mark was appended, and nothing is appended behind an open mark. So starts never decrease, and a charge that
 *       could already have fallen under a mark is not below its start. (A start read before appending would count units
 *       that were given back until the mark expires; a mark behind an open one could get the lower start and hide what
 *       is under the other.)
 *   <li>Which marks are known to have expired is read before {@code admitted}, and that before the marks. A charge that
 *       is not in the sum moved {@code admitted} later, and then the CAS fails and the decision is made again.
 *   <li>A mark that was taken for expired when a charge was decided is at least one window older than the charge's
 *       stamp. The thread's own reading assures it for the marks it steps over; for those that others had stepped over
 *       before, a reading less than one window after the last of them is stale and is replaced by that time, which has
 *       come. A new window begins with an expired mark of its own, exactly one window before its creation, so that no
 *       reading from before decides on it.
 *   <li>A late charge falls under the newest mark, which expires later than the charge's own reading would, not
 *   earlier.
 * </ol>
 *
 * So when a charge is admitted, all charges with stamps in the window that ends with its own are in its sum, but those
 * given back.
 *
 * <h2>The fast path</h2>
 *
 * Three cached longs let a charge decide on this object alone. {@code base} is that of some mark that was the first
 * live one, or {@code admitted} when none was: if it lags, used looks larger. {@code expiredStamp} is at least the
 * stamp of the last mark that {@code base} takes for expired: it is written before {@code base} and read after it, so
 * rule 3 can be checked. Both are only ever raised. {@code newestStamp} is that of a mark, the newest or an earlier
 * one, that was closed before: a charge whose reading is not after it needs no mark. All else takes the slow path,
 * which brings the three up to date unless the next charge will need a mark anyway.
 *
 * <h2>Giving back</h2>
 *
 * A charge is known by its position, the value of {@code admitted} that its CAS replaced, and that tells the mark it
 * fell under: a stamp would not do, since a late charge falls under a later mark than its reading says. Giving back
 * adds to what that mark has given back, then to the sum of its block, then to {@code refunded}, the sum over all.
 * Before a block is passed by, all of whose marks have expired, it is closed to giving back, and the next one learns
 * the sum of all before. So what live marks have given back is {@code refunded} less that sum and less what expired
 * marks of the same block have. It is never too much: a unit that {@code refunded} has from an expired mark was written
 * there before, and is read there after. A unit that is written there, and is not in {@code refunded} yet, makes used
 * look larger. What is given back under a block that a thread with a later clock has closed is lost to a thread that
 * still counts a mark of it.
 *
 * <p>What is used is {@code admitted} less the start of the first live mark less what live marks have given back.
 * {@code refunded} is read after {@code admitted}, and {@code admitted} must be the same thereafter: else something
 * could be given back of a charge that is not in {@code admitted}. The start and what was given back from there on, the
 * base, never goes back when marks expire, as a mark gives back no more than was charged under it. A look, unlike a
 * charge, may miss what is just being charged with an earlier reading.
 *
 * <h2>What has expired</h2>
 *
 * A block says how many of its marks are known to have expired. When all have, and others come behind, who sees it
 * moves {@code head} on and cuts the block off, by letting it point to itself. A decision that finds one of these
 * changed since it began starts over, so that it does not count what had expired for another charge beside that charge.
 * The number is written without a CAS: a late thread may put back a lower one, with which others only look again at
 * what they need not have; at worst a third thread, late as well, is refused what it would have got a moment earlier or
 * later.
 *
 * <p>Lock-free: a decision is made again only when another has moved on. A refusal writes only what others left to be
 * done: it closes an open mark, moves what is known to have expired and the hints on, or leaves an empty mark.
 */
non-sealed class SlidingWindow extends Timeline {

    private static final VarHandle REFUNDED = VarHandles.of(MethodHandles.lookup(), "refunded", long.class);
    private static final VarHandle BASE = VarHandles.of(MethodHandles.lookup(), "base", long.class);
    private static final VarHandle EXPIRED_STAMP = VarHandles.of(MethodHandles.lookup(), "expiredStamp", long.class);

    private volatile long base;
    private volatile long expiredStamp;
    private volatile long refunded;

    /** A hint for waits: marks before these that have not expired have given back all that was charged under them. */
    volatile @Nullable MarkBlock firstUsed;

    SlidingWindow(long windowNanos, long nowAtCreation) {
        super(windowNanos, nowAtCreation - windowNanos);
        expiredStamp = newestStamp;
    }

    @Override
    long charge(CompiledLimit limit, long units, long now) {
        if (units == 0) {
            long wait = nanosUntilFits(limit, 0, now);
            return wait == 0 ? admitted >>> 1 : ~wait;
        }
        long headroom = limit.headroom(units);
        long knownBase = base;
        long knownExpired = expiredStamp;
        long knownNewest = newestStamp;
        long position = admitted;
        if (position - knownBase <= headroom
                && now - knownExpired >= window
                && knownNewest - now >= 0
                && ADMITTED.compareAndSet(this, position, position + (units << 1))) {
            return position >>> 1;
        }
        return chargeSlowly(units, headroom, limit.exactMarks, now);
    }

    @Override
    Charged chargeMore(CompiledLimit limit, @Nullable Booking booking, long units, long now) {
        return chargeAnyway(limit, units, now);
    }

    @Override
    Charged chargeAnyway(CompiledLimit limit, long units, long now) {
        long most = units;
        long position = chargeSlowly(most, (MOST_USED - most) << 1, limit.exactMarks, now);
        while (position < 0) {
            most = Math.max(0, Math.min(units, MOST_USED - used(now)));
            position = chargeSlowly(most, (MOST_USED - most) << 1, limit.exactMarks, now);
        }
        return new Charged(most, position);
    }

    @Override
    boolean isGone(@Nullable Booking booking, long now) {
        return !(booking instanceof MarkRef mark && now - mark.stamp() < window);
    }

    @Override
    long nanosUntilFits(CompiledLimit limit, long units, long now) {
        long headroom = limit.headroom(units);
        long knownBase = base;
        if (admitted - knownBase <= headroom) {
            return 0;
        }
        long answer = chargeSlowly(0, headroom, limit.exactMarks, now);
        return answer < 0 ? ~answer : 0;
    }

    /** Charges if no more half units are used than there is headroom for. A charge of nothing writes nothing. */
    private long chargeSlowly(long units, long headroom, int exactMarks, long reading) {
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
            if (units == 0 || newestStamp - now >= 0 || from - base > MOST_USED) {
                raise(EXPIRED_STAMP, block.stamp(first - 1));
                raise(BASE, from);
            }
            if (headroom < 0 || position - from > headroom) {
                long wait = waitFor(headroom, position, block, first, given, now);
                if (wait == 0) {
                    continue;
                }
                return ~wait;
            }
            if (units == 0) {
                return position >>> 1;
            }
            markAt(now, block.number + first, exactMarks);
            if (ADMITTED.compareAndSet(this, position, position + (units << 1))) {
                return position >>> 1;
            }
        }
    }

    @Override
    void refund(@Nullable Booking booking, long units) {
        if (booking instanceof MarkRef mark && mark.block().giveBack(mark.index(), units << 1)) {
            REFUNDED.getAndAdd(this, units << 1);
        }
    }

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
                long reset = used == 0 ? 0 : waitFor(0, position, block, first, given, now);
                if (used == 0 || reset != 0) {
                    return LimitStatus.of(limit.applied, used >> 1, 0, Optional.of(Duration.ofNanos(reset)));
                }
            }
        }
    }

    @Override
    long used(long now) {
        chargeSlowly(0, Long.MAX_VALUE, 0, now);
        return Math.max(0, admitted - base) >> 1;
    }

    /**
     * Makes a window of what was saved so many nanoseconds ago. No charge was made later than now, so none is held
     * longer than a window from now, whatever its age says.
     */
    SlidingWindow(SavedMeter.Window saved, long elapsed, long lag, long now) {
        this(((MeterKey.Window) saved.key().span()).length().toNanos() + lag, now);
        for (SavedMeter.Charge charge : saved.charges()) {
            if (elapsed < window - charge.ageNanos()) {
                markAt(now - Math.max(0, charge.ageNanos() + elapsed), 1, Integer.MAX_VALUE);
                ADMITTED.getAndAdd(this, charge.units() << 1);
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

    /** Returns the position that so many half units given back in all let the first live mark count from. */
    private long base(MarkBlock block, int first, long position, long given) {
        return block.has(first) ? start(block, first) + given - block.givenBackBefore(first) : position;
    }

    /**
     * Returns the time until no more half units are used than there is headroom for, where more are used now; 0 if
     * marks on the way were passed by meanwhile: then the caller must start over.
     */
    private long waitFor(long headroom, long position, MarkBlock block, int first, long given, long now) {
        if (headroom < 0) {
            return NEVER;
        }
        int i = first;
        long live = given - block.givenBackBefore(first); // by marks from the i-th on
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

    /** Returns the first mark with which enough has left a window, or else the last of these marks. */
    private int lastToLeave(long headroom, long position, MarkBlock block, int first, long live) {
        int i = first;
        long liveBehind = live - block.givenBack(i);
        while (block.has(i + 1) && position - start(block, i + 1) - liveBehind > headroom) {
            i++;
            liveBehind -= block.givenBack(i);
        }
        return i;
    }

    private void raise(VarHandle field, long value) {
        long seen = (long) field.getVolatile(this);
        while (value - seen > 0 && !field.compareAndSet(this, seen, value)) {
            seen = (long) field.getVolatile(this);
        }
    }
}
