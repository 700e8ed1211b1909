package dev.ratelimit.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The marks of a {@link SlidingWindow}, which says what they are for and why this is right: how they are found,
 * appended, closed and passed by when they have expired.
 */
abstract sealed class Timeline extends Meter permits SlidingWindow {

    static final VarHandle ADMITTED = VarHandles.of(MethodHandles.lookup(), "admitted", long.class);
    private static final VarHandle NEWEST_STAMP = VarHandles.of(MethodHandles.lookup(), "newestStamp", long.class);
    private static final VarHandle HEAD = VarHandles.of(MethodHandles.lookup(), "head", MarkBlock.class);
    private static final VarHandle TAIL = VarHandles.of(MethodHandles.lookup(), "tail", MarkBlock.class);

    /** Instead of a number of marks: all have expired, and are passed by. */
    static final int GONE = -1;

    /*
     * Positions, and what is given back, are counted in half units, so that they are even: the start of a closed mark
     * is kept as position + 1, which no wrap makes 0 (open), and a position shifted right by one is a position that is
     * not negative. They wrap after 2^63 units, which is 1,024 charges of the greatest usage there is, and are compared
     * by how far they lie behind admitted. So a position is good, and a CAS is not taken in by an equal value, as long
     * as fewer units are admitted meanwhile.
     */
    volatile long admitted;

    /** A hint: the stamp of the newest mark, or of an earlier one. */
    volatile long newestStamp;

    final long window;

    /** All marks before these have expired; only ever moved on. */
    volatile MarkBlock head;

    /** A hint: the newest mark is one of these or behind them. */
    volatile MarkBlock tail;

    /** Begins with a mark that has expired. */
    Timeline(long window, long stamp) {
        this.window = window;
        newestStamp = stamp;
        head = tail = MarkBlock.first(stamp, 0);
    }

    /**
     * Returns the mark that a charge fell under, usually among the newest, where few have to be searched; null if it
     * was passed by.
     */
    @Override
    final @Nullable MarkRef booking(long position) {
        long halfUnits = position << 1;
        MarkBlock block = tail;
        if (!startsAtOrBefore(block, 0, halfUnits)) {
            block = head;
        }
        for (MarkBlock next = after(block); next != null && startsAtOrBefore(next, 0, halfUnits); next = after(block)) {
            block = next;
        }
        int i = block.size() - 1;
        while (i >= 0 && !startsAtOrBefore(block, i, halfUnits)) {
            i--;
        }
        return i < 0 ? null : new MarkRef(block, i);
    }

    private boolean startsAtOrBefore(MarkBlock block, int i, long position) {
        long start = start(block, i);
        long reached = admitted; // read after the start, and so not less
        return Long.compareUnsigned(reached - position, reached - start) <= 0;
    }

    /* It is not enough that nothing is used: marks that all was given back under count towards those that are exact. */
    @Override
    final boolean isIdle(long reading) {
        while (true) {
            MarkBlock block = head;
            int known = block.expired();
            int first = firstLive(block, known, notStale(reading, block, known));
            if (first != GONE) {
                return !block.has(first);
            }
        }
    }

    /** Returns how many marks are kept. */
    final int countMarks() {
        MarkBlock oldest = head; // read first: it moves on
        int expired = oldest.number + oldest.expired();
        MarkBlock newest = newest();
        return newest.number + newest.size() - expired + 1;
    }

    /** Estimates the heap that the marks take. */
    final long estimatedBytes() {
        long bytes = 0;
        for (MarkBlock block = head; block != null; block = after(block)) {
            bytes += block.estimatedBytes();
        }
        return bytes;
    }

    /** Rule 3: the time of a decision is at least one window after the marks that are known to have expired. */
    final long notStale(long now, MarkBlock block, int known) {
        long last = block.stamp(known - 1);
        return now - last < window ? last + window : now;
    }

    /**
     * Returns which mark is the first that has not expired, where so many are known to have; it may be one that is
     * still to come. If all have expired and others come behind, lets others know and returns {@link #GONE}: then the
     * caller must start over.
     */
    final int firstLive(MarkBlock block, int known, long now) {
        int first = known;
        while (block.has(first) && now - block.stamp(first) >= window) {
            first++;
        }
        MarkBlock next = first < block.capacity() ? null : block.next;
        if (next == null) {
            return first;
        }
        if (next != block) {
            block.expire(next);
            if (HEAD.compareAndSet(this, block, next)) {
                cutOff(block);
            }
        }
        return GONE;
    }

    /** Tells whether what a decision was begun with is still so. */
    final boolean isUnchanged(MarkBlock block, int known, long position) {
        return admitted == position && block.expired() == known && head == block;
    }

    /**
     * Sees to it that the newest mark is closed and its stamp not before now; exact if there are fewer from the first
     * live one on.
     */
    final void markAt(long now, int firstLive, int exactMarks) {
        while (true) {
            MarkBlock block = newest();
            int size = block.size();
            start(block, size - 1);
            long newest = block.stamp(size - 1);
            if (newest - now >= 0) {
                if (newest != now) {
                    NEWEST_STAMP.setRelease(this, newest);
                }
                return;
            }
            int live = block.number + size - firstLive;
            long grain = Long.highestOneBit(Math.max(1, window >> 10));
            block.append(size, live < exactMarks ? now : now | (grain - 1), live);
        }
    }

    /** Returns the newest marks. */
    private MarkBlock newest() {
        MarkBlock block = tail;
        for (MarkBlock next = after(block); next != null; next = after(block)) {
            block = next;
        }
        if (block != tail) {
            TAIL.setRelease(this, block); // a hint: others may see it late
        }
        return block;
    }

    /** Returns the marks behind others; behind those that were cut off come the first that have not all expired. */
    final @Nullable MarkBlock after(MarkBlock block) {
        MarkBlock next = block.next;
        return next == block ? head : next;
    }

    /**
     * Makes marks that have expired point to themselves. Otherwise those that are in the garbage collector's old
     * generation would keep all later ones alive, and have them copied there. (A test that goes through the whole
     * timeline overrides this.)
     */
    void cutOff(MarkBlock block) {
        block.cutOff();
    }

    /** Returns the start of a mark, which is closed if it was open. */
    final long start(MarkBlock block, int i) {
        if (block.isOpen(i)) {
            block.close(i, admitted);
        }
        return block.start(i);
    }

    /** Returns the position up to which charges fell under a mark, so far. */
    final long end(MarkBlock block, int i) {
        if (block.has(i + 1)) {
            return start(block, i + 1);
        }
        MarkBlock next = block.next;
        return next == null ? admitted : start(next, 0);
    }
}
