package dev.ratelimit.core;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The state of a {@link BucketCounter} while units flow back at one rate: when the bucket was last full, and what was
 * charged since.
 *
 * <p>Both are in one word, so that one CAS changes both. The upper bits have the nanoseconds from the origin of the
 * epoch to when the bucket was last full, the lower ones the units. What does not fit begins another epoch. The sign
 * tells that the epoch is closed: nothing is charged to it any more, and all threads read the same last word.
 *
 * <p>An epoch that begins while the bucket is not full also knows what rates there were before it, for refunds.
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

    /**
     * The epochs before one. The times are readings of the monotonic clock.
     *
     * @param since when the bucket was full
     * @param fastest the fastest rate from then on, that of the later epoch included
     * @param begun from when on the rate of the later epoch is in force
     */
    private record Before(long since, Flow fastest, long begun) {}

    /** The rate. */
    final Flow flow;

    /** The epochs since the bucket was full; null if it was full at the origin of this one. */
    private final @Nullable Before before;

    /** A reading of the monotonic clock. */
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
        this(flow, null, fullAt, charged, room);
    }

    private BucketEpoch(Flow flow, @Nullable Before before, long fullAt, long charged, long room) {
        int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(charged, room));
        this.flow = flow;
        this.before = before;
        this.origin = fullAt;
        this.unitBits = Math.min(Math.max(LEAST_UNIT_BITS, bits + 2), MOST_UNIT_BITS);
        this.word = charged;
    }

    /** Returns an epoch that follows this one, at whose beginning the bucket is not full. */
    BucketEpoch next(Flow rate, long fullAt, long charged, long room) {
        Before known = before == null ? new Before(origin, flow, origin) : before;
        Flow fastest = rate.isFasterThan(known.fastest) ? rate : known.fastest;
        Before others = new Before(known.since, fastest, flow.equals(rate) ? known.begun : fullAt);
        return new BucketEpoch(rate, others, fullAt, charged, room);
    }

    /** Returns the fastest rate since a reading; null if the bucket was full since. */
    @Nullable
    Flow fastestSince(long reading) {
        if (reading - (before == null ? origin : before.begun) >= 0) {
            return flow;
        }
        return before != null && reading - before.since >= 0 ? before.fastest : null;
    }

    /** Tells whether the bucket was not full when this epoch began. */
    boolean follows() {
        return before != null;
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

    /**
     * Charges units if they fit and nothing stands in the way: another thread, another rate, a reading from before the
     * bucket was full, or one that may lag while it is not full. Returns false otherwise, and then charges nothing.
     *
     * @param now a reading of the monotonic clock
     * @param lag the greatest age of a reading, in nanoseconds
     */
    @SuppressWarnings("ReferenceEquality") // an equal rate is none in the way, but needs a longer look
    boolean chargeAtOnce(CompiledLimit limit, long units, long now, long lag) {
        long known = word;
        Flow rate = limit.flow;
        if (rate != flow || !isOpen(known)) {
            return false;
        }
        long fullAt = fullAt(known);
        long charged = charged(known);
        long nanos = now - fullAt;
        if (nanos < 0) {
            return false;
        }
        boolean isFull = rate.hasFlowed(charged, nanos);
        if (isFull ? before != null : lag != 0) {
            return false;
        }
        long then = isFull ? units : charged + units;
        if (then > limit.amount && (isFull || !rate.hasFlowed(then - limit.amount, nanos))) {
            return false;
        }
        long other = wordOf(isFull ? now + lag : fullAt, then);
        return other != NONE && replace(known, other);
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
