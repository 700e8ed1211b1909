package dev.ratelimit.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** A point of the timeline of a {@link SlidingWindow}, where it is said what the fields are for. */
final class Mark implements Meter.Place {

    private static final VarHandle START = Handles.of(MethodHandles.lookup(), "start", long.class);
    private static final VarHandle REFUNDED = Handles.of(MethodHandles.lookup(), "refunded", long.class);
    private static final VarHandle NEXT = Handles.of(MethodHandles.lookup(), "next", Mark.class);

    private static final long OPEN = 0;

    /** The time of the charges that fall under this mark, by the monotonic clock. */
    final long stamp;

    /** Counts the marks; the difference of two is how many lie between them. */
    final int number;

    /** {@link #OPEN}, then for good the position plus 1. */
    private volatile long start;

    /** What was given back of the charges under this mark; since it expired, 1 and the sum up to and including it. */
    private volatile long refunded;

    /** Null at the end of the list; this mark itself if it was cut off. */
    volatile @Nullable Mark next;

    Mark(long stamp, int number) {
        this.stamp = stamp;
        this.number = number;
    }

    /** Returns a mark that has expired, with nothing before it. */
    static Mark origin(long stamp) {
        Mark origin = new Mark(stamp, 0);
        origin.start = 1;
        origin.refunded = 1;
        return origin;
    }

    boolean isOpen() {
        return start == OPEN;
    }

    /** Lets an open mark start at a position. */
    void close(long position) {
        START.compareAndSet(this, OPEN, position + 1);
    }

    /** Returns the position where this mark, which is closed, starts. */
    long start() {
        return start - 1;
    }

    /** Puts a mark behind this one if it is the last. */
    void append(Mark added) {
        NEXT.compareAndSet(this, null, added);
    }

    /** Makes this mark point to itself, and returns the one that was behind it. */
    @Nullable
    Mark cutOff() {
        Mark behind = next;
        NEXT.setRelease(this, this);
        return behind;
    }

    /** Gives back, unless this mark was found to have expired. */
    boolean giveBack(long halfUnits) {
        long given = refunded;
        while (!isSum(given)) {
            if (REFUNDED.compareAndSet(this, given, given + halfUnits)) {
                return true;
            }
            given = refunded;
        }
        return false;
    }

    /** Returns what was given back up to and including this mark, if so much was before it. */
    long givenBack(long before) {
        long given = refunded;
        return isSum(given) ? given - 1 : before + given;
    }

    /** Returns what was given back up to and including this mark, which has expired. */
    long givenBack() {
        return refunded - 1;
    }

    /** Tells whether this mark was found to have expired. */
    boolean isExpired() {
        return isSum(refunded);
    }

    /** Ends giving back under this mark, which has expired as the one before it has. */
    void expire(Mark before) {
        long given = refunded;
        while (!isSum(given) && !REFUNDED.compareAndSet(this, given, before.refunded + given)) {
            given = refunded;
        }
    }

    private static boolean isSum(long refunded) {
        return (refunded & 1) != 0;
    }
}
