package dev.ratelimit.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The marks of a {@link SlidingWindow}, which says what they are for and why this is right: how they are found, appended, closed and passed
 * by when they have expired.
 */
abstract sealed class Timeline extends Meter permits SlidingWindow {

    static final VarHandle ADMITTED = Handles.of(MethodHandles.lookup(), "admitted", long.class);
    private static final VarHandle NEWEST_STAMP = Handles.of(MethodHandles.lookup(), "newestStamp", long.class);
    private static final VarHandle HEAD = Handles.of(MethodHandles.lookup(), "head", Marks.class);
    private static final VarHandle TAIL = Handles.of(MethodHandles.lookup(), "tail", Marks.class);

    /** Instead of a number of marks: all have expired, and are passed by. */
    static final int GONE = -1;

    /*
     * Positions, and what is given back, are counted in half units, so that they are even: the start of a closed mark is kept as
     * position + 1, which no wrap makes 0 (open), and a position shifted right by one is a receipt that is not negative. They wrap
     * after 2^63 units, which is 1,024 charges of the greatest usage there is, and are compared by how far they lie behind admitted.
     * So a receipt is good, and a CAS is not taken in by an equal value, as long as fewer units are admitted meanwhile.
     */
    volatile long admitted;

    /** A hint: the stamp of the newest mark, or of an earlier one. */
    volatile long newestStamp;

    final long window;

    /** All marks before these have expired; only ever moved on. */
    volatile Marks head;

    /** A hint: the newest mark is one of these or behind them. */
    volatile Marks tail;

    /** Begins with a mark that has expired. */
    Timeline(long window, long stamp) {
        this.window = window;
        newestStamp = stamp;
        head = tail = Marks.first(stamp, 0);
    }

    /** Returns the mark that a charge fell under, usually among the newest, where few have to be searched; null if it was passed by. */
    @Override
    final @Nullable Mark place(long receipt) {
        long position = receipt << 1;
        Marks marks = tail;
        if (!startsAtOrBefore(marks, 0, position)) {
            marks = head;
        }
        for (Marks next = after(marks); next != null && startsAtOrBefore(next, 0, position); next = after(marks)) {
            marks = next;
        }
        int i = marks.size() - 1;
        while (i >= 0 && !startsAtOrBefore(marks, i, position)) {
            i--;
        }
        return i < 0 ? null : new Mark(marks, i);
    }

    private boolean startsAtOrBefore(Marks marks, int i, long position) {
        long start = start(marks, i);
        long reached = admitted; // read after the start, and so not less
        return Long.compareUnsigned(reached - position, reached - start) <= 0;
    }

    /* It is not enough that nothing is used: marks that all was given back under count towards those that are exact. */
    @Override
    final boolean isIdle(long reading) {
        while (true) {
            Marks marks = head;
            int known = marks.expired();
            int first = firstLive(marks, known, notStale(reading, marks, known));
            if (first != GONE) {
                return !marks.has(first);
            }
        }
    }

    /** Returns how many marks are kept. */
    final int countMarks() {
        Marks oldest = head; // read first: it moves on
        int expired = oldest.number + oldest.expired();
        Marks newest = newest();
        return newest.number + newest.size() - expired + 1;
    }

    /** Estimates the heap that the marks take. */
    final long estimatedBytes() {
        long bytes = 0;
        for (Marks marks = head; marks != null; marks = after(marks)) {
            bytes += marks.estimatedBytes();
        }
        return bytes;
    }

    /** Rule 3: the time of a decision is at least one window after the marks that are known to have expired. */
    final long notStale(long now, Marks marks, int known) {
        long last = marks.stamp(known - 1);
        return now - last < window ? last + window : now;
    }

    /**
     * Returns which mark is the first that has not expired, where so many are known to have; it may be one that is still to come. If all
     * have expired and others come behind, lets others know and returns {@link #GONE}: then the caller must start over.
     */
    final int firstLive(Marks marks, int known, long now) {
        int first = known;
        while (marks.has(first) && now - marks.stamp(first) >= window) {
            first++;
        }
        Marks next = first < marks.capacity() ? null : marks.next;
        if (next == null) {
            return first;
        }
        if (next != marks) {
            marks.expire(next);
            if (HEAD.compareAndSet(this, marks, next)) {
                cutOff(marks);
            }
        }
        return GONE;
    }

    /** Tells whether what a decision was begun with is still so. */
    final boolean isUnchanged(Marks marks, int known, long position) {
        return admitted == position && marks.expired() == known && head == marks;
    }

    /** Sees to it that the newest mark is closed and its stamp not before now; exact if there are fewer from the first live one on. */
    final void markAt(long now, int firstLive, int exactMarks) {
        while (true) {
            Marks marks = newest();
            int size = marks.size();
            start(marks, size - 1);
            long newest = marks.stamp(size - 1);
            if (newest - now >= 0) {
                if (newest != now) {
                    NEWEST_STAMP.setRelease(this, newest);
                }
                return;
            }
            int live = marks.number + size - firstLive;
            long grain = Long.highestOneBit(Math.max(1, window >> 10));
            marks.append(size, live < exactMarks ? now : now | (grain - 1), live);
        }
    }

    /** Returns the newest marks. */
    private Marks newest() {
        Marks marks = tail;
        for (Marks next = after(marks); next != null; next = after(marks)) {
            marks = next;
        }
        if (marks != tail) {
            TAIL.setRelease(this, marks); // a hint: others may see it late
        }
        return marks;
    }

    /** Returns the marks behind others; behind those that were cut off come the first that have not all expired. */
    final @Nullable Marks after(Marks marks) {
        Marks next = marks.next;
        return next == marks ? head : next;
    }

    /**
     * Makes marks that have expired point to themselves. Otherwise those that are in the garbage collector's old generation would keep
     * all later ones alive, and have them copied there. (A test that goes through the whole timeline overrides this.)
     */
    void cutOff(Marks marks) {
        marks.cutOff();
    }

    /** Returns the start of a mark, which is closed if it was open. */
    final long start(Marks marks, int i) {
        if (marks.isOpen(i)) {
            marks.close(i, admitted);
        }
        return marks.start(i);
    }

    /** Returns the position up to which charges fell under a mark, so far. */
    final long end(Marks marks, int i) {
        if (marks.has(i + 1)) {
            return start(marks, i + 1);
        }
        Marks next = marks.next;
        return next == null ? admitted : start(next, 0);
    }
}
