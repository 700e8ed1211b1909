package dev.ratelimit.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A block of marks of a {@link SlidingWindow}, which says what marks are for.
 *
 * <p>Marks are words of an array instead of objects: a decision on many marks costs the memory that it touches.
 *
 * <p><b>Assumptions.</b> Only the owning window uses a block. It expires a block only when all of its marks and all
 * earlier blocks have expired.
 *
 * <p><b>Guarantees.</b> Each word, the link to the next block and the sum of refunds changes by CAS. So of threads that
 * append or close at one place, one succeeds, and the others see its value.
 *
 * <p><b>Progress.</b> Lock-free. To append, to close and to read a mark is wait-free.
 */
final class MarkBlock {

    /** The capacity of the first block, which suffices for most windows, and the least of a later one. */
    private static final int FEW = 5;

    /** The greatest capacity of a block, which a byte can count. */
    private static final int MANY = 32;

    /** The heap of a block without the words of its array, as measured on a JVM that compresses pointers. */
    private static final int BYTES = 64;

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle NEXT = VarHandles.of(MethodHandles.lookup(), "next", MarkBlock.class);
    private static final VarHandle SIZE = VarHandles.of(MethodHandles.lookup(), "size", byte.class);
    private static final VarHandle EXPIRED = VarHandles.of(MethodHandles.lookup(), "expired", byte.class);
    private static final VarHandle REFUNDED = VarHandles.of(MethodHandles.lookup(), "refunded", long.class);
    private static final VarHandle REFUNDS = VarHandles.of(MethodHandles.lookup(), "refunds", long[].class);

    /** The number of marks in all earlier blocks. It may wrap: only differences count. */
    final int number;

    /**
     * The marks. The word at 0 is the origin: the stamp of the mark before the first one of this block. All stamps here
     * are later. Behind it each mark has two words. The first is its stamp less the origin, or 0 until the mark is
     * appended. The second is 0 while the mark is open, and its start plus 1 once it is closed.
     */
    final long[] marks;

    /** A hint: the number of marks, or a lower one. */
    private volatile byte size;

    /** The number of marks that are known to have expired. */
    private volatile byte expired;

    /**
     * The half units given back under all marks of this block, an even number. It is odd, one more, once the block is
     * closed to refunds.
     */
    private volatile long refunded;

    /** The half units given back under each mark. The array is made with the first refund. */
    private volatile long @Nullable [] refunds;

    /** The half units given back under all earlier blocks, known since those have expired. */
    private volatile long before;

    /** The next block. It is null for the newest block, and this block once it is cut off. */
    volatile @Nullable MarkBlock next;

    private MarkBlock(long origin, int number, int capacity) {
        this.number = number;
        marks = new long[1 + 2 * capacity];
        marks[0] = origin;
    }

    /** Makes the first block of a window: the only one that may have no mark. */
    static MarkBlock first(long origin, int number) {
        return new MarkBlock(origin, number, FEW);
    }

    /** Makes a block with its first mark, which is open. */
    private static MarkBlock behind(long origin, long stamp, int number, int capacity) {
        MarkBlock next = new MarkBlock(origin, number, capacity);
        next.marks[1] = stamp - origin;
        next.size = 1;
        return next;
    }

    /** Estimates the heap that this block takes, in bytes. */
    long estimatedBytes() {
        long[] known = refunds;
        return BYTES + Long.BYTES * (marks.length + (known == null ? 0L : known.length));
    }

    int capacity() {
        return marks.length >> 1;
    }

    /** Returns the number of marks. */
    int size() {
        int known = size;
        int count = known;
        while (has(count)) {
            count++;
        }
        if (count != known) {
            SIZE.setRelease(this, (byte) count);
        }
        return count;
    }

    /** Tells whether the i-th mark is appended. */
    boolean has(int i) {
        return has(marks, i);
    }

    /** Returns the stamp of the i-th mark. For -1, that is the stamp of the mark before this block. */
    long stamp(int i) {
        return i < 0 ? marks[0] : stamp(marks, i);
    }

    /**
     * Appends a mark behind the first {@code size} ones, unless another thread has. A full block gets a next block,
     * with a capacity that grows with the number of live marks.
     *
     * @return whether this block has a mark more, which may be another thread's
     */
    boolean append(int size, long stamp, int live) {
        if (size == capacity()) {
            int capacity = Math.min(Math.max(FEW, Integer.highestOneBit(live)), MANY);
            MarkBlock added = behind(stamp(size - 1), stamp, number + size, capacity);
            NEXT.compareAndSet(this, null, added);
            return false;
        }
        append(marks, size, stamp);
        SIZE.setRelease(this, (byte) (size + 1));
        return true;
    }

    /** Tells whether the i-th mark has no start yet. For -1, that is false. */
    boolean isOpen(int i) {
        return i >= 0 && isOpen(marks, i);
    }

    /** Closes the i-th mark with a start, unless another thread has. */
    void close(int i, long position) {
        close(marks, i, position);
    }

    /** Returns the start of a closed mark. */
    long start(int i) {
        return (long) WORD.getVolatile(marks, 2 * i + 2) - 1;
    }

    /* ---------------- Marks without their block ---------------- */

    /** Tells whether the i-th mark of a block is appended. */
    static boolean has(long[] marks, int i) {
        return 2 * i + 1 < marks.length && (long) WORD.getVolatile(marks, 2 * i + 1) != 0;
    }

    /** Tells whether the i-th mark of a block is its last one and closed, and the block has room for another. */
    static boolean hasRoomBehind(long[] marks, int i) {
        return i >= 0 && 2 * i + 3 < marks.length && has(marks, i) && !isOpen(marks, i) && !has(marks, i + 1);
    }

    /** Returns the stamp of the i-th mark of a block. */
    static long stamp(long[] marks, int i) {
        return marks[0] + (long) WORD.getVolatile(marks, 2 * i + 1);
    }

    /** Appends the i-th mark of a block, which has room for it and all marks before it, unless another thread has. */
    static void append(long[] marks, int i, long stamp) {
        WORD.compareAndSet(marks, 2 * i + 1, 0L, stamp - marks[0]);
    }

    /** Tells whether the i-th mark of a block has no start yet. */
    static boolean isOpen(long[] marks, int i) {
        return (long) WORD.getVolatile(marks, 2 * i + 2) == 0;
    }

    /** Closes the i-th mark of a block with a start, unless another thread has. */
    static void close(long[] marks, int i, long position) {
        WORD.compareAndSet(marks, 2 * i + 2, 0L, position + 1);
    }

    /* ---------------- What has expired, and refunds ---------------- */

    /** Returns the number of marks that are known to have expired. */
    int expired() {
        return expired;
    }

    /** Tells other threads how many marks have expired. */
    void expired(int count) {
        EXPIRED.setRelease(this, (byte) count);
    }

    /**
     * Gives half units back under the i-th mark. Returns false if the block is closed to refunds: then they are lost.
     */
    boolean giveBack(int i, long halfUnits) {
        WORD.getAndAdd(refunds(), i, halfUnits);
        long given = refunded;
        while (!isFinal(given)) {
            if (REFUNDED.compareAndSet(this, given, given + halfUnits)) {
                return true;
            }
            given = refunded;
        }
        return false;
    }

    /** Returns the array of refunds, which is made if there is none. */
    private long[] refunds() {
        long[] known = refunds;
        if (known != null) {
            return known;
        }
        long[] made = new long[capacity()];
        long[] other = (long[]) REFUNDS.compareAndExchange(this, null, made);
        return other != null ? other : made;
    }

    /** Returns the half units given back under the i-th mark. */
    long givenBack(int i) {
        long[] known = refunds;
        return known == null ? 0 : (long) WORD.getVolatile(known, i);
    }

    /** Returns the half units given back under all marks of this block. */
    long givenBack() {
        return refunded & -2;
    }

    /** Returns the half units given back under the i-th mark and those behind it in this block. */
    long givenBackFrom(int i) {
        return i == 0 ? givenBack() : givenBack(i, capacity());
    }

    /** Returns the half units given back under all marks before the i-th one, where all earlier blocks have expired. */
    long givenBackBefore(int i) {
        return before + givenBack(0, i);
    }

    /** Returns the half units given back under some marks. The array is read once. */
    private long givenBack(int from, int to) {
        long[] known = refunds;
        long sum = 0;
        for (int i = from; known != null && i < to; i++) {
            sum += (long) WORD.getVolatile(known, i);
        }
        return sum;
    }

    /**
     * Closes this block to refunds, and tells the next block the sum of all refunds so far. All marks here and in
     * earlier blocks have expired.
     */
    void expire(MarkBlock behind) {
        long given = refunded;
        while (!isFinal(given) && !REFUNDED.compareAndSet(this, given, given + 1)) {
            given = refunded;
        }
        behind.before = before + givenBack();
    }

    /** Tells whether a sum of refunds is of a closed block. */
    private static boolean isFinal(long refunded) {
        return (refunded & 1) != 0;
    }

    /** Makes this block point to itself. */
    void cutOff() {
        NEXT.setRelease(this, this);
    }
}
