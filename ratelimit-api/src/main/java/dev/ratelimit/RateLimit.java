package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.Length;
import java.time.Duration;

/**
 * At most an amount of units in any window of a length of elapsed time: a sliding window that ends with the current
 * call.
 *
 * <p>A charge made at time s counts at time t as long as t - s &lt; window; exactly one window later it is gone, or a
 * little later, as its {@link Precision} says. In every window of this length, wherever it begins, no more than the
 * amount is admitted. A usage above the amount itself is never admitted.
 *
 * @param unit what is counted
 * @param amount units admitted per window, between 0 and 2<sup>53</sup>
 * @param window the length of the window, more than 0 and at most 2<sup>60</sup> nanoseconds (36.5 years)
 * @param precision how exactly the window forgets
 */
public record RateLimit(Unit unit, long amount, Duration window, Precision precision) implements Limit {

    /** The longest span of elapsed time of a limit. */
    static final Duration MAX_SPAN = Duration.ofNanos(1L << 60);

    /**
     * Makes a rate limit.
     *
     * @param unit what is counted
     * @param amount units admitted per window, between 0 and 2<sup>53</sup>
     * @param window the length of the window
     * @param precision how exactly the window forgets
     * @throws IllegalArgumentException if the amount or the window is out of its range
     */
    public RateLimit {
        requireNonNull(unit, "unit");
        Arguments.requireAmount(amount, "amount");
        requireSpan(window, "window");
        requireNonNull(precision, "precision");
    }

    /** Requires a span of elapsed time that a limit may have. */
    static void requireSpan(Duration span, String name) {
        requireNonNull(span, name);
        Arguments.require(span.compareTo(Duration.ZERO) > 0, name, "> 0", span);
        Arguments.require(span.compareTo(MAX_SPAN) <= 0, name, "<= 2^60 ns", span);
    }

    /**
     * Makes a limit of an amount of units per window, of {@link Precision#BOUNDED bounded} precision.
     *
     * @param unit what is counted
     * @param amount units per window, between 0 and 2<sup>53</sup>
     * @param window the length of the window, more than 0 and at most 2<sup>60</sup> nanoseconds
     * @return the limit
     * @throws IllegalArgumentException if the amount or the window is out of its range
     */
    public static RateLimit of(Unit unit, long amount, Duration window) {
        return new RateLimit(unit, amount, window, Precision.BOUNDED);
    }

    /**
     * Makes a limit of calls in any second.
     *
     * @param calls calls per second, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static RateLimit perSecond(long calls) {
        return perSecond(Unit.CALLS, calls);
    }

    /**
     * Makes a limit of units in any second.
     *
     * @param unit what is counted
     * @param amount units per second, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static RateLimit perSecond(Unit unit, long amount) {
        return of(unit, amount, Duration.ofSeconds(1));
    }

    /**
     * Makes a limit of calls in any minute.
     *
     * @param calls calls per minute, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static RateLimit perMinute(long calls) {
        return perMinute(Unit.CALLS, calls);
    }

    /**
     * Makes a limit of units in any minute.
     *
     * @param unit what is counted
     * @param amount units per minute, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static RateLimit perMinute(Unit unit, long amount) {
        return of(unit, amount, Duration.ofMinutes(1));
    }

    /**
     * Makes a limit of calls in any hour.
     *
     * @param calls calls per hour, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static RateLimit perHour(long calls) {
        return perHour(Unit.CALLS, calls);
    }

    /**
     * Makes a limit of units in any hour.
     *
     * @param unit what is counted
     * @param amount units per hour, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static RateLimit perHour(Unit unit, long amount) {
        return of(unit, amount, Duration.ofHours(1));
    }

    /**
     * Makes a limit of calls in any 24 hours. For calendar days see {@link Quota}.
     *
     * @param calls calls per day, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static RateLimit perDay(long calls) {
        return perDay(Unit.CALLS, calls);
    }

    /**
     * Makes a limit of units in any 24 hours. For calendar days see {@link Quota}.
     *
     * @param unit what is counted
     * @param amount units per day, between 0 and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static RateLimit perDay(Unit unit, long amount) {
        return of(unit, amount, Duration.ofDays(1));
    }

    /**
     * Returns this limit with another precision.
     *
     * @param precision how exactly the window forgets
     * @return the limit
     */
    public RateLimit withPrecision(Precision precision) {
        return new RateLimit(unit, amount, window, precision);
    }

    @Override
    public RateLimit withAmount(long amount) {
        return new RateLimit(unit, amount, window, precision);
    }

    /** Returns amount, unit and window, for example {@code "20 calls per minute"}; not the precision. */
    @Override
    public String inWords() {
        return LimitText.inWords(unit, amount) + " per " + Length.inWords(window);
    }

    /** Returns the exact text, for example {@code "100,000 tokens per 10 seconds, exact"}. */
    @Override
    public String toString() {
        String text = LimitText.exact(unit, amount) + " per " + Length.inWords(window);
        return precision == Precision.EXACT ? text + ", exact" : text;
    }
}
