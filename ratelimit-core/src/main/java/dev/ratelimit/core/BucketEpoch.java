package dev.ratelimit.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The state of a {@link BucketCounter} while units flow back at one rate: when the bucket was last full, and what was
 * charged since.
 *
 * <p>Both are in one word, so that one CAS changes both. The upper bits have the nanoseconds from the origin of the
 * epoch to when the bucket was last full, the lower ones the units. What does not fit begins another epoch. The sign
 * tells that the epoch is closed: nothing is charged to it any more, and all threads read the same last word.
 */
final class BucketEpoch {

    /** The fewest bits for units: where buckets are small, an epoch is to last for many charges all the same. */
    private static final int LEAST_UNIT_BITS = 20;

    /** The most bits for units. So the time has one bit at least. */
    private static final int MOST_UNIT_BITS = 62;

    /** What cannot be a word. */
    static final long NONE = -1;

    private static final long CLOSED = Long.MIN_VALUE;

    private static final VarHandle WORD = VarHandles.of(MethodHandles.lookup(), "word", long.class);

    /** The rate. */
    final Flow flow;

    private final long origin;
    private final int unitBits;

    private volatile long word;

    /**
     * Begins an epoch.
     *
     * @param flow the rate
     * @param fullAt when the bucket was last full: a reading of the monotonic clock
     * @param charged units charged since, at least 0 and less than 2<sup>62</sup>
     * @param room the units for which there shall be room, several times over if possible
     */
    BucketEpoch(Flow flow, long fullAt, long charged, long room) {
        int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(charged, room));
        this.flow = flow;
        this.origin = fullAt;
        this.unitBits = Math.min(Math.max(LEAST_UNIT_BITS, bits + 2), MOST_UNIT_BITS);
        this.word = charged;
    }

    long word() {
        return word;
    }

    /** Tells whether something can be charged at a rate. */
    boolean isOpenFor(Flow rate, long known) {
        return known >= 0 && flow.equals(rate);
    }

    /** Closes the epoch. Returns the last word. */
    long close() {
        return (long) WORD.getAndBitwiseOr(this, CLOSED);
    }

    /** Replaces a word by another, if it is still the word. */
    boolean replace(long known, long other) {
        return WORD.compareAndSet(this, known, other);
    }

    /** Returns when the bucket was last full: a reading of the monotonic clock. */
    long fullAt(long of) {
        return origin + ((of & ~CLOSED) >>> unitBits);
    }

    /** Returns the units that were charged since then. */
    long charged(long of) {
        return of & ((1L << unitBits) - 1);
    }

    /** Returns a word for other numbers; {@link #NONE} if one does not fit. */
    long wordOf(long fullAt, long charged) {
        long time = fullAt - origin;
        boolean fits = time >>> (Long.SIZE - 1 - unitBits) == 0 && charged >>> unitBits == 0;
        return fits ? time << unitBits | charged : NONE;
    }
}
