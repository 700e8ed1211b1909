package dev.ratelimit.core;

import dev.ratelimit.kernel.Windows;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The log of a {@link SlidingWindow}, which says why it suffices: what was admitted, and when.
 *
 * <p>The log is a list of marks. {@code admitted} is the sum of all units that were ever charged, and only grows. A
 * mark is a start and a stamp. Its start is a prefix sum: the value of {@code admitted} before the first charge under
 * the mark. Its stamp is the time of all charges under the mark, which are those up to the start of the next one. The
 * marks stand in {@linkplain MarkBlock blocks}, oldest to newest.
 *
 * <p>The stamp of a new mark is a reading of the clock, or the end of the grain that the reading lies in. A grain is a
 * power of two of at most window/1,024.
 *
 * <p><b>Progress.</b> Lock-free: what a thread cannot append or close, another one has.
 */
abstract sealed class MarkLog extends Meter permits SlidingWindow {

    private static final VarHandle ADMITTED = VarHandles.of(MethodHandles.lookup(), "admitted", long.class);
    private static final VarHandle NEWEST_STAMP = VarHandles.of(MethodHandles.lookup(), "newestStamp", long.class);
    private static final VarHandle HEAD = VarHandles.of(MethodHandles.lookup(), "head", MarkBlock.class);
    private static final VarHandle TAIL = VarHandles.of(MethodHandles.lookup(), "tail", MarkBlock.class);
    private static final VarHandle NEWEST_MARKS = VarHandles.of(MethodHandles.lookup(), "newestMarks", long[].class);

    /** Stands for the index of a mark when all marks of the block have expired and the block is passed by. */
    static final int GONE = -1;

    /** The bits for how many marks a block has. */
    private static final int SIZE_BITS = 6;

    /*
     * Positions and refunds are counted in half units, so that they are even. The start of a closed mark is kept as
     * position + 1: no wrap makes that 0, which means open. A position that is shifted right by one is not negative.
     *
     * Positions wrap after 2^63 units, which is 1,024 charges of the greatest usage. They are compared by how far they
     * lie behind admitted. So a position is good, and an equal value misleads no CAS, while fewer units than that are
     * admitted.
     */
    volatile long admitted;

    /** A hint: the stamp of the newest mark, or of an earlier one. */
    volatile long newestStamp;

    final long window;

    /** All marks before this block have expired. It is only ever moved on. */
    volatile MarkBlock head;

    /** A hint: the newest mark is in this block or in a later one. */
    volatile MarkBlock tail;

    /** A hint: the marks of the newest block, or of an earlier one. A charge appends to them without their block. */
    private volatile long[] newestMarks;

    /**
     * A hint to those marks: how many there are and, above {@link #SIZE_BITS}, how many are live at most when the block
     * is full. Where it was written for other marks, what they are tells.
     */
    int newestCounts;

    /** Makes a log in which nothing is charged. */
    MarkLog(long windowNanos, long nowAtCreation) {
        long stamp = nowAtCreation - windowNanos;
        window = windowNanos;
        newestStamp = stamp;
        head = tail = MarkBlock.first(stamp, 0);
        newestMarks = head.marks;
    }

    /** Raises what is admitted by half units, if it is as a decision has read it. Otherwise returns false. */
    final boolean admit(long position, long halfUnits) {
        return ADMITTED.compareAndSet(this, position, position + halfUnits);
    }

    /* ---------------- Appending ---------------- */

    /**
     * Assures that the newest mark is closed and that its stamp is not before now. A new mark is exact while fewer than
     * {@code exactMarks} follow the first live one. Returns that stamp.
     */
    final long markAt(long now, int firstLive, int exactMarks) {
        while (true) {
            MarkBlock block = newest();
            int size = block.size();
            close(block, size - 1);
            long newest = block.stamp(size - 1);
            int live = block.number + size - firstLive;
            if (newest - now < 0 && block.append(size, stampFor(now, live < exactMarks), live)) {
                close(block, size);
                newest = block.stamp(size);
            }
            if (newest - now >= 0) {
                if (newest != now) {
                    NEWEST_STAMP.setRelease(this, newest);
                }
                int most = Math.min(live - size + block.capacity(), Integer.MAX_VALUE >> SIZE_BITS);
                newestCounts = most << SIZE_BITS | size + (block.has(size) ? 1 : 0);
                if (newestMarks != block.marks) {
                    NEWEST_MARKS.setRelease(this, block.marks);
                }
                return newest;
            }
        }
    }

    /**
     * Assures what {@link #markAt} assures, if the newest block has room and its marks are as they are known. That
     * takes no look at the block, nor at what has expired. Returns false where a charge must look there.
     */
    final boolean appendsAt(long now, int exactMarks) {
        long[] marks = newestMarks;
        int seen = newestCounts;
        int size = seen & (1 << SIZE_BITS) - 1;
        boolean exact = seen >> SIZE_BITS <= exactMarks;
        if ((!exact && exactMarks != 0) || !MarkBlock.hasRoomBehind(marks, size - 1)) {
            return false;
        }
        long newest = MarkBlock.stamp(marks, size - 1);
        if (newest - now < 0) {
            MarkBlock.append(marks, size, stampFor(now, exact));
            MarkBlock.close(marks, size, admitted);
            newest = MarkBlock.stamp(marks, size);
            newestCounts = seen + 1;
        }
        if (newest - now > 0) {
            NEWEST_STAMP.setRelease(this, newest);
        }
        return newest - now >= 0;
    }

    /** Returns the stamp of a new mark: a reading, or the end of the grain that it lies in. */
    private long stampFor(long now, boolean exact) {
        return exact ? now : now | (Windows.grain(window) - 1);
    }

    /** Closes a mark, if it is open. */
    private void close(MarkBlock block, int i) {
        if (block.isOpen(i)) {
            block.close(i, admitted);
        }
    }

    /* ---------------- Finding ---------------- */

    /** Returns the newest block. */
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

    /** Returns the block behind another. Behind a block that was cut off comes the first that has not all expired. */
    final @Nullable MarkBlock after(MarkBlock block) {
        MarkBlock next = block.next;
        return next == block ? head : next;
    }

    /** Returns the start of a mark, which is closed if it was open. */
    final long start(MarkBlock block, int i) {
        close(block, i);
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

    /**
     * Returns the index of the first live mark, which may not be appended yet. {@code known} marks are known to have
     * expired. If all marks of the block have, and a block follows, moves on and returns {@link #GONE}: then the caller
     * must start over.
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

    /**
     * Makes an expired block point to itself. Otherwise a block in the garbage collector's old generation would keep
     * all later ones alive, and have them copied there. (A test that goes through all marks overrides this.)
     */
    void cutOff(MarkBlock block) {
        block.cutOff();
    }

    /**
     * Returns the mark that a charge fell under, or null if it was passed by. It is usually among the newest, where few
     * are searched.
     */
    @Override
    @Nullable
    final MarkRef booking(long position) {
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
        if (!block.has(i)) {
            return false; // the first block has no mark before the first charge
        }
        long start = start(block, i);
        long reached = admitted; // read after the start, and so not less
        return Long.compareUnsigned(reached - position, reached - start) <= 0;
    }

    /** Returns how many marks are kept. */
    final int countMarks() {
        MarkBlock oldest = head; // read first: it moves on
        int expired = oldest.number + oldest.expired();
        MarkBlock newest = newest();
        return newest.number + newest.size() - expired + 1;
    }

    /** Estimates the heap that the marks take, in bytes. */
    final long estimatedBytes() {
        long bytes = 0;
        for (MarkBlock block = head; block != null; block = after(block)) {
            bytes += block.estimatedBytes();
        }
        return bytes;
    }
}
