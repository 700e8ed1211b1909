package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
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

    private static final Duration MAX_WINDOW = Duration.ofNanos(1L << 60);

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
        requireNonNull(window, "window");
        Arguments.require(window.compareTo(Duration.ZERO) > 0, "window", "> 0", window);
        Arguments.require(window.compareTo(MAX_WINDOW) <= 0, "window", "<= 2^60 ns", window);
        requireNonNull(precision, "precision");
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
     */
    public static RateLimit perSecond(long calls) {
        return of(Unit.CALLS, calls, Duration.ofSeconds(1));
    }

    /**
     * Makes a limit of calls in any minute.
     *
     * @param calls calls per minute, between 0 and 2<sup>53</sup>
     * @return the limit
     */
    public static RateLimit perMinute(long calls) {
        return of(Unit.CALLS, calls, Duration.ofMinutes(1));
    }

    /**
     * Makes a limit of calls in any hour.
     *
     * @param calls calls per hour, between 0 and 2<sup>53</sup>
     * @return the limit
     */
    public static RateLimit perHour(long calls) {
        return of(Unit.CALLS, calls, Duration.ofHours(1));
    }

    /**
     * Makes a limit of calls in any 24 hours. For calendar days see {@link Quota}.
     *
     * @param calls calls per day, between 0 and 2<sup>53</sup>
     * @return the limit
     */
    public static RateLimit perDay(long calls) {
        return of(Unit.CALLS, calls, Duration.ofDays(1));
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
        return LimitText.inWords(unit, amount) + " per " + LimitText.span(window);
    }

    /** Returns the exact text, for example {@code "100,000 tokens per 10 seconds, exact"}. */
    @Override
    public String toString() {
        String text = LimitText.exact(unit, amount) + " per " + LimitText.span(window);
        return precision == Precision.EXACT ? text + ", exact" : text;
    }
}
