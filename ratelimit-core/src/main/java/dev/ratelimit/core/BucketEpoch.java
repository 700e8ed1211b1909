package dev.ratelimit.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The state of a {@link BucketCounter} while units flow back at one rate: when the bucket was last full, and what was
 * charged since.
 *
 * <p>An epoch also knows what rates there were before it, for refunds. Its {@code since} is a time at which the bucket
 * was full, and {@code fastest} is the fastest rate from then on. Its own rate is in force from {@code begun} on.
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

    /** The fastest rate since {@code since}. */
    private final Flow fastest;

    /* Readings of the monotonic clock. */
    private final long since;
    private final long begun;
    private final long origin;

    private final int unitBits;

    private volatile long word;

    /**
     * Begins the first epoch, or one at whose beginning the bucket is full.
     *
     * @param flow the rate
     * @param fullAt when the bucket was last full: a reading of the monotonic clock
     * @param charged units charged since, at least 0 and less than 2<sup>62</sup>
     * @param room the units for which there shall be room, several times over if possible
     */
    BucketEpoch(Flow flow, long fullAt, long charged, long room) {
        this(flow, flow, fullAt, fullAt, fullAt, charged, room);
    }

    private BucketEpoch(Flow flow, Flow fastest, long since, long begun, long fullAt, long charged, long room) {
        int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(charged, room));
        this.flow = flow;
        this.fastest = fastest;
        this.since = since;
        this.begun = begun;
        this.origin = fullAt;
        this.unitBits = Math.min(Math.max(LEAST_UNIT_BITS, bits + 2), MOST_UNIT_BITS);
        this.word = charged;
    }

    /** Returns an epoch that follows this one, at whose beginning the bucket is not full. */
    BucketEpoch next(Flow rate, long fullAt, long charged, long room) {
        Flow faster = rate.isFasterThan(fastest) ? rate : fastest;
        return new BucketEpoch(rate, faster, since, flow.equals(rate) ? begun : fullAt, fullAt, charged, room);
    }

    /** Returns the fastest rate since a reading; null if the bucket was full since. */
    @Nullable
    Flow fastestSince(long reading) {
        return reading - begun >= 0 ? flow : reading - since >= 0 ? fastest : null;
    }

    /** Tells whether there was a faster rate since the bucket was full. */
    boolean followsFaster() {
        return !fastest.equals(flow);
    }

    long word() {
        return word;
    }

    /** Tells whether something can be charged at a rate. */
    boolean isOpenFor(Flow rate, long known) {
        return isOpen(known) && flow.equals(rate);
    }

    /** Tells whether a word is that of an open epoch. */
    static boolean isOpen(long known) {
        return known >= 0;
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
