package dev.ratelimit.core;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.Waits;
import java.math.BigInteger;

/**
 * The rate at which units flow back into a bucket. All answers are exact: they are reckoned in 64 bits where those
 * suffice, otherwise in 128, or more where a number has to be divided that is larger.
 *
 * <p>Equal rates are equal, however they were stated. Immutable.
 */
final class Flow {

    private static final long MOST_SPAN = 1L << 60;

    /** Nothing flows back. */
    static final Flow NONE = new Flow(0, 1);

    private final long amount;
    private final long span;

    /* The most units and nanoseconds whose products, with the span and with the amount, have 63 bits. */
    private final long mostUnits;
    private final long mostNanos;

    /**
     * Makes a rate.
     *
     * @param amount the units that flow back in a span, at most 2<sup>53</sup>; 0 if nothing does
     * @param span the span in nanoseconds, more than 0 and at most 2<sup>60</sup>
     */
    Flow(long amount, long span) {
        Arguments.requireAmount(amount, "amount");
        Arguments.require(span > 0 && span <= MOST_SPAN, "span", "> 0 and <= 2^60 ns", span);
        long divisor = greatestCommonDivisor(amount, span);
        this.amount = amount / divisor;
        this.span = span / divisor;
        this.mostUnits = Long.MAX_VALUE / this.span;
        this.mostNanos = Long.MAX_VALUE / Math.max(1, this.amount);
    }

    /** Returns the units that flow back in a span, in lowest terms. */
    long amount() {
        return amount;
    }

    /** Returns the span in nanoseconds, in lowest terms. */
    long span() {
        return span;
    }

    private static long greatestCommonDivisor(long a, long b) {
        return a == 0 ? b : greatestCommonDivisor(b % a, a);
    }

    /** Tells whether more flows back at this rate than at another. */
    boolean isFasterThan(Flow other) {
        long here = Math.multiplyHigh(amount, other.span);
        long there = Math.multiplyHigh(other.amount, span);
        return here == there ? Long.compareUnsigned(amount * other.span, other.amount * span) > 0 : here > there;
    }

    /** Tells whether at least some units have flowed back after some nanoseconds; neither is negative. */
    boolean hasFlowed(long units, long nanos) {
        if (units <= mostUnits && nanos <= mostNanos) {
            return units * span <= amount * nanos;
        }
        long due = Math.multiplyHigh(units, span);
        long done = Math.multiplyHigh(amount, nanos);
        return due == done ? Long.compareUnsigned(units * span, amount * nanos) <= 0 : due < done;
    }

    /** Returns the whole units that have flowed back after some nanoseconds; at most {@link Long#MAX_VALUE}. */
    long flowed(long nanos) {
        return Math.multiplyHigh(amount, nanos) == 0 && amount * nanos >= 0
                ? amount * nanos / span
                : saturated(product(amount, nanos).divide(BigInteger.valueOf(span)));
    }

    /**
     * Returns how much of the next unit has flowed back after some nanoseconds, which are not negative. A whole unit is
     * as much as the span has nanoseconds.
     */
    long part(long nanos) {
        long rest = nanos % span;
        return Math.multiplyHigh(amount, rest) == 0 && amount * rest >= 0
                ? amount * rest % span
                : product(amount, rest).mod(BigInteger.valueOf(span)).longValue();
    }

    /** Returns the nanoseconds after which some units have flowed back; {@link Waits#NEVER} if they never do. */
    long nanosUntilFlowed(long units) {
        if (units <= 0) {
            return 0;
        }
        if (amount == 0) {
            return Waits.NEVER;
        }
        if (Math.multiplyHigh(units, span) == 0 && units * span >= 0) {
            return (units * span - 1) / amount + 1;
        }
        BigInteger[] parts = product(units, span).divideAndRemainder(BigInteger.valueOf(amount));
        return saturated(parts[0].add(BigInteger.valueOf(parts[1].signum())));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Flow that && amount == that.amount && span == that.span;
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(amount) + Long.hashCode(span);
    }

    @Override
    public String toString() {
        return amount + " per " + span + " ns";
    }

    private static BigInteger product(long a, long b) {
        return BigInteger.valueOf(a).multiply(BigInteger.valueOf(b));
    }

    private static long saturated(BigInteger number) {
        return number.bitLength() < Long.SIZE ? number.longValue() : Long.MAX_VALUE;
    }
}
