package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.LimitStatus;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A sliding window: admits a charge if what was charged less than one window ago leaves room for it.
 *
 * <p>The window is a timeline of marks. One counter of units, {@code admitted}, only grows. A mark says that {@code start} units
 * had been admitted before the first charge that falls under it; its stamp is the time of all charges that fall under it, which
 * are those up to the next mark. Marks form a list, oldest to newest:
 *
 * <pre>
 *   admitted ───────────────────────────────► 17
 *   marks     (t=10, start 0) → (t=14, start 5) → (t=31, start 12)
 *   used at t=70, window 60: the first live mark is t=14 (70-10 >= 60 is gone), so 17 - 5 = 12
 * </pre>
 *
 * <p>A charge appends a mark if the newest is older than its reading of the clock, then moves {@code admitted} by one CAS, whose
 * expected value is the one its decision was made with. The stamp of a new mark is the reading, or the end of the grain it lies
 * in, a power of two of at most window/1,024; so a charge may be held too long by a grain, and never leaves early.
 *
 * <h2>Why it never admits too much</h2>
 *
 * Take as the time of a charge the stamp of the mark it fell under. It is not before the charge's reading of the clock.
 *
 * <ol>
 *   <li>A mark is appended open. Whoever meets an open mark closes it with a value of {@code admitted} read after the mark was
 *       appended, and nothing is appended behind an open mark. So starts never decrease, and a charge that could already
 *       have fallen under a mark is not below its start. (A start read before appending would count units that were given back
 *       until the mark expires; a mark behind an open one could get the lower start and hide what is under the other.)
 *   <li>{@code expired} is read before {@code admitted}, and that before the marks. A charge that is not in the sum moved
 *       {@code admitted} later, and then the CAS fails and the decision is made again.
 *   <li>A mark that was taken for expired when a charge was decided is at least one window older than the charge's stamp. The
 *       thread's own reading assures it for the marks it steps over; for those that others had stepped over before, a reading less than
 *       one window after {@code expired} is stale and is replaced by that time, which has come. A new window begins with an
 *       expired mark of its own, exactly one window before its creation, so that no reading from before decides on it.
 *   <li>A late charge falls under the newest mark, which expires later than the charge's own reading would, not earlier.
 * </ol>
 *
 * So when a charge is admitted, all charges with stamps in the window that ends with its own are in its sum, but those given back.
 *
 * <h2>The fast path</h2>
 *
 * Three cached longs let a charge decide on this object alone. Each is only ever raised. {@code base} is that of some mark that was
 * the first live one, or {@code admitted} when none was: if it lags, used looks larger. {@code expiredStamp} is at least the stamp of
 * the last mark that {@code base} takes for expired: it is written before {@code base} and read after it, so rule 3 can be checked.
 * {@code newestStamp} is raised when that mark is closed, if its stamp is later than the reading: a charge whose own is not after it needs
 * no mark. All else takes the slow path, which brings the three up to date unless the next charge will need a mark anyway.
 *
 * <h2>Giving back</h2>
 *
 * A charge is known by its position, the value of {@code admitted} that its CAS replaced, and that tells the mark it fell under: a
 * stamp would not do, since a late charge falls under a later mark than its reading says. Giving back adds to what that mark
 * has given back, then to {@code refunded}, the sum over all marks. A mark that is taken for expired is closed to giving back first, by
 * putting the sum up to and including it in the place of its own count. So what live marks have given back is {@code refunded} less
 * the sum of the last expired mark. It is never too much: a unit that {@code refunded} has from a mark which is taken for expired is in
 * that mark's sum, and a unit that a mark has and {@code refunded} has not yet makes used look larger. What is given back under a
 * mark that a thread with a later clock has closed is lost to a thread that still counts the mark.
 *
 * <p>What is used is {@code admitted} less the start of the first live mark less what live marks have given back. {@code refunded} is read
 * after {@code admitted}, and {@code admitted} must be the same thereafter: else something could be given back of a charge that is not in
 * {@code admitted}. The start and what was given back from there on, the base, never goes back when marks expire, as a mark gives
 * back no more than was charged under it. A look, unlike a charge, may miss what is just being charged with an earlier reading.
 *
 * <h2>What has expired</h2>
 *
 * Who moves {@code expired} on cuts the marks before it off from the list, by letting them point to themselves. A decision whose known
 * mark was cut off starts over; all other walks go on from {@code expired}, since what lies between has expired too.
 *
 * <p>Lock-free: a decision is made again only when another charge has succeeded or {@code expired} has moved. A refusal writes only
 * what others left to be done: it closes an open mark, moves {@code expired} and the hints on, or leaves an empty mark.
 */
non-sealed class SlidingWindow extends Meter {

    private static final VarHandle ADMITTED = Handles.of(MethodHandles.lookup(), "admitted", long.class);
    private static final VarHandle REFUNDED = Handles.of(MethodHandles.lookup(), "refunded", long.class);
    private static final VarHandle BASE = Handles.of(MethodHandles.lookup(), "base", long.class);
    private static final VarHandle EXPIRED_STAMP = Handles.of(MethodHandles.lookup(), "expiredStamp", long.class);
    private static final VarHandle NEWEST_STAMP = Handles.of(MethodHandles.lookup(), "newestStamp", long.class);
    private static final VarHandle EXPIRED = Handles.of(MethodHandles.lookup(), "expired", Mark.class);
    private static final VarHandle NEWEST = Handles.of(MethodHandles.lookup(), "newest", Mark.class);

    /*
     * Positions, and what is given back, are counted in half units, so that they are even: the start of a closed mark is kept as
     * position + 1, which no wrap makes 0 (open), and a position shifted right by one is a receipt that is not negative. They wrap
     * after 2^63 units, which is 1,024 charges of the greatest usage there is, and are compared by how far they lie behind admitted.
     * So a receipt is good, and a CAS is not taken in by an equal value, as long as fewer units are admitted meanwhile.
     */
    private volatile long admitted;
    private volatile long refunded;
    private volatile long base;
    private volatile long expiredStamp;
    private volatile long newestStamp;

    private final long window;

    /** A mark that has expired; only ever moved to a later one. */
    volatile Mark expired;

    /** A hint: the newest mark is this one or behind it. */
    private volatile Mark newest;

    /** A hint for waits: no mark before this one that was live when it was set has units that were not given back. */
    private volatile Mark firstUsed;

    SlidingWindow(long windowNanos, long nowAtCreation) {
        window = windowNanos;
        Mark none = Mark.origin(nowAtCreation - windowNanos);
        expired = newest = firstUsed = none;
        expiredStamp = none.stamp;
        newestStamp = none.stamp;
    }

    @Override
    long charge(Rule rule, long units, long now) {
        if (units == 0) {
            long wait = look(rule, 0, now);
            return wait == 0 ? admitted >>> 1 : ~wait;
        }
        long room = rule.room(units);
        long knownBase = base;
        long knownExpired = expiredStamp;
        long knownNewest = newestStamp;
        long position = admitted;
        if (position - knownBase <= room
                && now - knownExpired >= window
                && knownNewest - now >= 0
                && ADMITTED.compareAndSet(this, position, position + (units << 1))) {
            return position >>> 1;
        }
        return chargeSlowly(units, room, rule.exactMarks, now);
    }

    @Override
    void chargeMore(Rule rule, @Nullable Place place, long units, long now) {
        chargeSlowly(units, Long.MAX_VALUE, rule.exactMarks, now);
    }

    @Override
    long look(Rule rule, long units, long now) {
        long room = rule.room(units);
        long knownBase = base;
        if (admitted - knownBase <= room) {
            return 0;
        }
        long answer = chargeSlowly(0, room, rule.exactMarks, now);
        return answer < 0 ? ~answer : 0;
    }

    /** Charges if no more half units are used than there is room for. A charge of nothing writes nothing. */
    private long chargeSlowly(long units, long room, int exactMarks, long reading) {
        while (true) {
            Mark known = expired;
            long position = admitted;
            long now = notStale(reading, known);
            Mark last = lastExpired(known, now);
            Mark first = last.next;
            if (hasExpired(first, now)) {
                continue;
            }
            long given = refunded;
            if (admitted != position) {
                continue;
            }
            long from = base(last, first, position, given);
            if (units == 0 || newestStamp - now >= 0 || from - base > MOST_USED) {
                raise(EXPIRED_STAMP, last.stamp);
                raise(BASE, from);
            }
            if (room < 0 || position - from > room) {
                return ~waitFor(room, position, from, first, given, now);
            }
            if (units == 0) {
                return position >>> 1;
            }
            markAt(now, last, exactMarks);
            long added = Math.max(0, Math.min(units << 1, (MOST_USED << 1) - (position - from)));
            if (ADMITTED.compareAndSet(this, position, position + added)) {
                return position >>> 1;
            }
        }
    }

    /** Returns the mark that a charge fell under: usually the newest that there was, where nothing has to be searched. */
    @Override
    Mark place(long receipt) {
        long position = receipt << 1;
        Mark mark = newest;
        if (!startsAtOrBefore(mark, position)) {
            mark = expired;
        }
        for (Mark next = after(mark); next != null && startsAtOrBefore(next, position); next = after(mark)) {
            mark = next;
        }
        return mark;
    }

    private boolean startsAtOrBefore(Mark mark, long position) {
        long start = start(mark);
        long reached = admitted; // read after the start, and so not less
        return Long.compareUnsigned(reached - position, reached - start) <= 0;
    }

    @Override
    void refund(@Nullable Place place, long units) {
        if (((Mark) requireNonNull(place)).giveBack(units << 1)) {
            REFUNDED.getAndAdd(this, units << 1);
        }
    }

    @Override
    LimitStatus status(Rule rule, long reading) {
        while (true) {
            Mark known = expired;
            long position = admitted;
            long now = notStale(reading, known);
            Mark last = lastExpired(known, now);
            Mark first = last.next;
            long given = refunded;
            if (!hasExpired(first, now) && admitted == position) {
                long from = base(last, first, position, given);
                long used = Math.max(0, position - from);
                Duration reset = Duration.ofNanos(used == 0 ? 0 : waitFor(0, position, from, first, given, now));
                return LimitStatus.of(rule.limit, used >> 1, 0, Optional.of(reset));
            }
        }
    }

    @Override
    long used(long now) {
        chargeSlowly(0, Long.MAX_VALUE, 0, now);
        return Math.max(0, admitted - base) >> 1;
    }

    /** Makes a window of what was saved so many nanoseconds ago. */
    SlidingWindow(SavedMeter.Window saved, long elapsed, long lag, long now) {
        this(((Duration) saved.key().span()).toNanos() + lag, now);
        for (SavedMeter.Charge charge : saved.charges()) {
            if (elapsed < window - charge.ageNanos()) {
                markAt(now - charge.ageNanos() - elapsed, expired, Integer.MAX_VALUE);
                ADMITTED.getAndAdd(this, charge.units() << 1);
            }
        }
    }

    @Override
    SavedMeter.@Nullable Window save(Rule.Key key, long now) {
        List<SavedMeter.Charge> charges = new ArrayList<>();
        long lag = window - ((Duration) key.span()).toNanos();
        for (Mark mark = after(expired), next; mark != null; mark = next) {
            next = after(mark);
            long given = mark.givenBack(0);
            long end = next == null ? admitted : start(next);
            if (!mark.isExpired() && now - mark.stamp < window && end - start(mark) > given) {
                charges.add(new SavedMeter.Charge(now - lag - mark.stamp, (end - start(mark) - given) >> 1));
            }
        }
        return charges.isEmpty() ? null : new SavedMeter.Window(key, charges);
    }

    /* It is not enough that nothing is used: marks that all was given back under count towards those that are exact. */
    @Override
    boolean isIdle(long reading) {
        Mark known = expired;
        return lastExpired(known, notStale(reading, known)).next == null;
    }

    /** Returns how many marks are kept. */
    int countMarks() {
        int oldest = expired.number; // read first: it moves on
        return newestClosed().number - oldest + 1;
    }

    /** Rule 3: the time of a decision is at least one window after the marks that are known to have expired. */
    private long notStale(long now, Mark known) {
        return now - known.stamp < window ? known.stamp + window : now;
    }

    /**
     * Returns the last mark that has expired, from one on that is known to have, and lets the others know. If what comes behind it then
     * has expired too, as a late thread appended it or the last itself was cut off, the caller must start over.
     */
    private Mark lastExpired(Mark known, long now) {
        Mark last = known;
        for (Mark next = last.next; next != null && next != last && hasExpired(next, now); next = last.next) {
            next.expire(last);
            last = next;
        }
        if (last != known && EXPIRED.compareAndSet(this, known, last)) {
            cutOff(known, last);
        }
        return last;
    }

    private boolean hasExpired(@Nullable Mark mark, long now) {
        return mark != null && now - mark.stamp >= window;
    }

    /** Returns the position that so many half units given back in all let the first live mark count from. */
    private long base(Mark last, @Nullable Mark first, long position, long given) {
        return first == null ? position : start(first) + given - last.givenBack();
    }

    /**
     * Returns the time until no more half units are used than there is room for, where more are used now. A mark that all was given back
     * under stays so when there is one behind it: those that come first are passed over but once.
     */
    private long waitFor(long room, long position, long from, @Nullable Mark first, long given, long now) {
        if (room < 0 || first == null) {
            return NEVER;
        }
        Mark known = firstUsed;
        Mark used = known.stamp - first.stamp > 0 ? known : first;
        Mark gone = used;
        long before = start(used) + given - from;
        for (Mark mark = after(gone); mark != null; mark = after(mark)) {
            before = gone.givenBack(before);
            long base = start(mark) + given - before;
            if (base == from) {
                used = mark;
            }
            if (position - base <= room) {
                break;
            }
            gone = mark;
        }
        if (used != first && used.stamp - known.stamp > 0) {
            firstUsed = used;
        }
        return Math.max(1, gone.stamp + window - now);
    }

    /** Sees to it that the newest mark is closed and its stamp not before now; exact if there are fewer behind the last expired one. */
    private void markAt(long now, Mark last, int exactMarks) {
        Mark tail = newestClosed();
        while (tail.stamp - now < 0) {
            boolean exact = tail.number - last.number < exactMarks;
            long grain = Long.highestOneBit(Math.max(1, window >> 10));
            long stamp = exact ? now : now | (grain - 1);
            tail.append(new Mark(stamp, tail.number + 1));
            tail = newestClosed();
        }
        if (tail.stamp - now > 0) {
            raise(NEWEST_STAMP, tail.stamp);
        }
    }

    private Mark newestClosed() {
        Mark tail = newest;
        for (Mark next = after(tail); next != null; next = after(tail)) {
            tail = next;
        }
        start(tail);
        if (tail != newest) {
            NEWEST.setRelease(this, tail); // a hint: others may see it late
        }
        return tail;
    }

    /** Returns the mark behind another; behind one that was cut off comes the last that has expired. */
    private @Nullable Mark after(Mark mark) {
        Mark next = mark.next;
        return next == mark ? expired : next;
    }

    /**
     * Makes marks that have expired point to themselves. Otherwise one that is in the garbage collector's old generation would keep
     * all later ones alive, and have them copied there. (A test that goes through the whole timeline overrides this.)
     */
    void cutOff(Mark first, Mark end) {
        for (Mark mark = first; mark != null && mark != end; mark = mark.cutOff()) {}
    }

    /** Returns the start of a mark, which is closed if it was open. */
    private long start(Mark mark) {
        if (mark.isOpen()) {
            mark.close(admitted);
        }
        return mark.start();
    }

    private void raise(VarHandle field, long value) {
        long seen = (long) field.getVolatile(this);
        while (value - seen > 0 && !field.compareAndSet(this, seen, value)) {
            seen = (long) field.getVolatile(this);
        }
    }
}
