package dev.ratelimit.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Some marks of the timeline of a {@link SlidingWindow}, one behind the other; it is said there what they are for. They
 * are words of an array instead of objects, since what a decision on many marks costs is the memory it touches.
 */
final class MarkBlock {

    /** A place for the first marks, which most windows never have more of. */
    private static final int FEW = 4;

    private static final int MANY = 32;

    /** Of an object and its array without words, as measured on a JVM that compresses pointers. */
    private static final int BYTES = 80;

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle NEXT = VarHandles.of(MethodHandles.lookup(), "next", MarkBlock.class);
    private static final VarHandle SIZE = VarHandles.of(MethodHandles.lookup(), "size", int.class);
    private static final VarHandle EXPIRED = VarHandles.of(MethodHandles.lookup(), "expired", int.class);
    private static final VarHandle REFUNDED = VarHandles.of(MethodHandles.lookup(), "refunded", long.class);
    private static final VarHandle REFUNDS = VarHandles.of(MethodHandles.lookup(), "refunds", long[].class);

    /** How many marks there were in all before the first of these. Only differences count. */
    final int number;

    /** The stamp of the mark before the first of these, which all of these are later than. */
    final long origin;

    /**
     * For each mark its stamp less the origin, 0 until there is one; then 0 while the mark is open, then for good its
     * start plus 1.
     */
    private final long[] words;

    /** A hint: there are at least so many marks here. */
    private volatile int size;

    /** So many of these marks are known to have expired. */
    private volatile int expired;

    /** What was given back under all these marks; since they have expired, plus 1. */
    private volatile long refunded;

    /** What was given back under each; made with the first refund. */
    private volatile long @Nullable [] refunds;

    /** What was given back under all marks before these, known when those have expired. */
    private volatile long before;

    /** Null at the end of the timeline; these marks themselves if they were cut off. */
    volatile @Nullable MarkBlock next;

    /** Makes room for marks, and the first of them. */
    private MarkBlock(long origin, long stamp, int number, int capacity) {
        this.origin = origin;
        this.number = number;
        words = new long[2 * capacity];
        words[0] = stamp - origin;
        size = 1;
    }

    /** Returns a mark that has expired, with nothing before it, and room for others. */
    static MarkBlock first(long stamp, int number) {
        MarkBlock first = new MarkBlock(stamp - 1, stamp, number, FEW);
        first.words[1] = 1;
        first.expired = 1;
        return first;
    }

    /** Estimates the heap that these take. */
    long estimatedBytes() {
        long[] known = refunds;
        return BYTES + Long.BYTES * (words.length + (known == null ? 0L : known.length));
    }

    int capacity() {
        return words.length >> 1;
    }

    /** Returns how many marks there are. */
    int size() {
        int known = size;
        int count = known;
        while (has(count)) {
            count++;
        }
        if (count != known) {
            SIZE.setRelease(this, count);
        }
        return count;
    }

    boolean has(int i) {
        return 2 * i < words.length && (long) WORD.getVolatile(words, 2 * i) != 0;
    }

    /** Returns the time of the charges that fall under the i-th mark; of that before the first for -1. */
    long stamp(int i) {
        return i < 0 ? origin : origin + (long) WORD.getVolatile(words, 2 * i);
    }

    /** Puts a mark behind so many, unless there is one; where there is no room, with room for as many as are live. */
    void append(int size, long stamp, int live) {
        if (size < capacity()) {
            WORD.compareAndSet(words, 2 * size, 0L, stamp - origin);
        } else {
            int capacity = Math.min(Math.max(FEW, Integer.highestOneBit(live)), MANY);
            MarkBlock added = new MarkBlock(stamp(size - 1), stamp, number + size, capacity);
            NEXT.compareAndSet(this, null, added);
        }
    }

    boolean isOpen(int i) {
        return (long) WORD.getVolatile(words, 2 * i + 1) == 0;
    }

    /** Lets an open mark start at a position. */
    void close(int i, long position) {
        WORD.compareAndSet(words, 2 * i + 1, 0L, position + 1);
    }

    /** Returns the position where a mark that is closed starts. */
    long start(int i) {
        return (long) WORD.getVolatile(words, 2 * i + 1) - 1;
    }

    int expired() {
        return expired;
    }

    /** Lets others know how many of these have expired. */
    void expired(int count) {
        EXPIRED.setRelease(this, count);
    }

    /** Gives back under a mark, unless all of these were found to have expired. */
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

    private long[] refunds() {
        long[] known = refunds;
        if (known != null) {
            return known;
        }
        long[] made = new long[capacity()];
        long[] other = (long[]) REFUNDS.compareAndExchange(this, null, made);
        return other != null ? other : made;
    }

    /** Returns what was given back under a mark. */
    long givenBack(int i) {
        long[] known = refunds;
        return known == null ? 0 : (long) WORD.getVolatile(known, i);
    }

    /** Returns what was given back under all these. */
    long givenBack() {
        return refunded & -2;
    }

    /** Returns what was given back under the i-th of these and those behind it. */
    long givenBackFrom(int i) {
        if (i == 0) {
            return givenBack();
        }
        long sum = 0;
        for (int j = i; j < capacity(); j++) {
            sum += givenBack(j);
        }
        return sum;
    }

    /** Returns what was given back before the i-th mark, where those before these have expired. */
    long givenBackBefore(int i) {
        long sum = before;
        if (refunds != null) {
            for (int j = 0; j < i; j++) {
                sum += givenBack(j);
            }
        }
        return sum;
    }

    /** Ends giving back under these marks, which have expired as all before them have, and tells those behind. */
    void expire(MarkBlock behind) {
        long given = refunded;
        while (!isFinal(given) && !REFUNDED.compareAndSet(this, given, given + 1)) {
            given = refunded;
        }
        behind.before = before + givenBack();
    }

    private static boolean isFinal(long refunded) {
        return (refunded & 1) != 0;
    }

    /** Makes these marks point to themselves. */
    void cutOff() {
        NEXT.setRelease(this, this);
    }
}
