package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.Length;
import java.math.BigInteger;
import java.time.Duration;

/**
 * A bucket that holds up to a capacity of units, and into which an amount of units flows back per span of elapsed time:
 * a rate with a burst. A call takes its units out of the bucket, and is refused where they are not there.
 *
 * <pre>{@code
 * Limit burst = TokenBucket.perSecond(20).withCapacity(100);  // 100 at once, then 20 calls a second
 * Limit tokens = TokenBucket.perMinute(Unit.TOKENS, 100_000); // holds 100,000
 * }</pre>
 *
 * <p>In any span T no more is admitted than the capacity and what flows back in T. Units flow back one by one, each at
 * the moment at which a whole unit is due. A usage above the capacity is never admitted. A {@link RateLimit} admits
 * less: never more than its amount in any window, where a bucket of that amount and capacity admits up to twice the
 * amount.
 *
 * <p>Of what a reservation has charged at one moment, only that is given back which would not have flowed back since. A
 * unit of which a part would have flowed back is given back whole. The next unit that is used then comes back later by
 * that part, or by less. What is settled beyond an estimate is charged, and the bucket may be below empty until that
 * has flowed back.
 *
 * <p>When a plan changes, what is used stays used, in units. It flows back at the rate of the limit that was charged
 * last, or that has refused a call at a faster rate since.
 *
 * @param unit what is counted
 * @param amount units that flow back in {@code per}, between 0 and 2<sup>53</sup>; where it is 0, nothing flows back
 * @param per the span of elapsed time that the amount flows back in, more than 0 and at most 2<sup>60</sup> nanoseconds
 *     (36.5 years)
 * @param capacity the most units that the bucket holds, between 0 and 2<sup>53</sup>; an empty bucket is full again
 *     after at most 2<sup>60</sup> nanoseconds, unless nothing flows back
 */
public record TokenBucket(Unit unit, long amount, Duration per, long capacity) implements Limit {

    private static final BigInteger MAX_NANOS = BigInteger.valueOf(RateLimit.MAX_SPAN.toNanos());

    /**
     * Makes a bucket.
     *
     * @param unit what is counted
     * @param amount units that flow back in {@code per}, between 0 and 2<sup>53</sup>
     * @param per the span of elapsed time that the amount flows back in
     * @param capacity the most units that the bucket holds, between 0 and 2<sup>53</sup>
     * @throws IllegalArgumentException if a number or the span is out of its range
     */
    public TokenBucket {
        requireNonNull(unit, "unit");
        Arguments.requireAmount(amount, "amount");
        RateLimit.requireSpan(per, "per");
        Arguments.requireAmount(capacity, "capacity");
        Arguments.require(
                fillsInTime(amount, per, capacity),
                "capacity",
                "such that capacity * per / amount <= 2^60 ns",
                capacity);
    }

    /** Tells whether a bucket is full again 2^60 ns after it was empty, or nothing flows back. */
    static boolean fillsInTime(long amount, Duration per, long capacity) {
        BigInteger nanos = BigInteger.valueOf(capacity).multiply(BigInteger.valueOf(per.toNanos()));
        return amount == 0 || nanos.compareTo(MAX_NANOS.multiply(BigInteger.valueOf(amount))) <= 0;
    }

    /**
     * Makes a bucket that holds the amount that flows back per span.
     *
     * @param unit what is counted
     * @param amount units that flow back in {@code per}, and that the bucket holds; between 0 and 2<sup>53</sup>
     * @param per the span, more than 0 and at most 2<sup>60</sup> nanoseconds
     * @return the limit
     * @throws IllegalArgumentException if the amount or the span is out of its range
     */
    public static TokenBucket of(Unit unit, long amount, Duration per) {
        return new TokenBucket(unit, amount, per, amount);
    }

    /**
     * Makes a bucket of calls that flow back per second, which holds as many.
     *
     * @param calls calls per second, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static TokenBucket perSecond(long calls) {
        return perSecond(Unit.CALLS, calls);
    }

    /**
     * Makes a bucket of units that flow back per second, which holds as many.
     *
     * @param unit what is counted
     * @param amount units per second, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static TokenBucket perSecond(Unit unit, long amount) {
        return of(unit, amount, Duration.ofSeconds(1));
    }

    /**
     * Makes a bucket of calls that flow back per minute, which holds as many.
     *
     * @param calls calls per minute, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static TokenBucket perMinute(long calls) {
        return perMinute(Unit.CALLS, calls);
    }

    /**
     * Makes a bucket of units that flow back per minute, which holds as many.
     *
     * @param unit what is counted
     * @param amount units per minute, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static TokenBucket perMinute(Unit unit, long amount) {
        return of(unit, amount, Duration.ofMinutes(1));
    }

    /**
     * Makes a bucket of calls that flow back per hour, which holds as many.
     *
     * @param calls calls per hour, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static TokenBucket perHour(long calls) {
        return perHour(Unit.CALLS, calls);
    }

    /**
     * Makes a bucket of units that flow back per hour, which holds as many.
     *
     * @param unit what is counted
     * @param amount units per hour, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static TokenBucket perHour(Unit unit, long amount) {
        return of(unit, amount, Duration.ofHours(1));
    }

    /**
     * Makes a bucket of calls that flow back per 24 hours, which holds as many.
     *
     * @param calls calls per day, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static TokenBucket perDay(long calls) {
        return perDay(Unit.CALLS, calls);
    }

    /**
     * Makes a bucket of units that flow back per 24 hours, which holds as many.
     *
     * @param unit what is counted
     * @param amount units per day, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static TokenBucket perDay(Unit unit, long amount) {
        return of(unit, amount, Duration.ofDays(1));
    }

    /**
     * Returns this bucket with another capacity: the burst.
     *
     * @param capacity the most units that the bucket holds, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the capacity is out of its range
     */
    public TokenBucket withCapacity(long capacity) {
        return new TokenBucket(unit, amount, per, capacity);
    }

    /**
     * Returns this bucket with another amount, and its capacity in proportion, rounded down: 20 calls per second with a
     * capacity of 100 become 10 calls per second with a capacity of 50. A bucket into which nothing flows back has no
     * proportion, and keeps its capacity.
     *
     * @param amount units that flow back, between 0 (none) and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the amount or the capacity gets out of its range
     */
    @Override
    public TokenBucket withAmount(long amount) {
        Arguments.requireAmount(amount, "amount");
        if (this.amount == 0) {
            return new TokenBucket(unit, amount, per, capacity);
        }
        BigInteger scaled = BigInteger.valueOf(capacity)
                .multiply(BigInteger.valueOf(amount))
                .divide(BigInteger.valueOf(this.amount));
        Arguments.require(
                scaled.compareTo(BigInteger.valueOf(Arguments.MAX_AMOUNT)) <= 0, "capacity", "<= 2^53", scaled);
        return new TokenBucket(unit, amount, per, scaled.longValueExact());
    }

    /** Returns an equal share of the amount and of the capacity, each rounded down. */
    @Override
    public TokenBucket dividedBy(long parts) {
        Arguments.require(parts > 0, "parts", "> 0", parts);
        return amount == 0 ? withCapacity(capacity / parts) : withAmount(amount / parts);
    }

    /** Returns the capacity. */
    @Override
    public long most() {
        return capacity;
    }

    /** Returns rate and capacity, for example {@code "20 calls per second with burst 100"}. */
    @Override
    public String inWords() {
        return LimitText.inWords(unit, amount) + " per " + Length.inWords(per) + " with burst "
                + LimitText.numberInWords(unit, capacity);
    }

    /** Returns the exact text, for example {@code "20 calls per second with burst 100"}. */
    @Override
    public String toString() {
        return LimitText.exact(unit, amount) + " per " + Length.inWords(per) + " with burst "
                + LimitText.exactNumber(unit, capacity);
    }
}
