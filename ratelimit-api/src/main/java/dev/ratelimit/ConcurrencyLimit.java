package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.kernel.Length;
import java.time.Duration;

/**
 * At most an amount of units in flight: the units of reservations that have not ended.
 *
 * <pre>{@code
 * Limit calls = ConcurrencyLimit.of(100, Duration.ofMinutes(10));                       // 100 calls at once
 * Limit queued = ConcurrencyLimit.of(Unit.TOKENS, 40_000_000, Duration.ofHours(24));    // tokens of queued batches
 * }</pre>
 *
 * <p>{@link RateLimiter#reserve} takes the units. The end of the reservation gives all of them back, whether it is
 * settled or cancelled, and for whatever usage. Pieces that a reservation uses beyond its estimate take more, which end
 * with it. Usage that is {@linkplain RateLimiter#record recorded} takes none, and neither does what is settled beyond
 * an estimate.
 *
 * <p>A caller that crashes ends no reservation. So units count for no longer than {@code longest}, and then come back.
 * A call that takes longer {@linkplain Reservation#renew renews} its reservation in time. A {@code tryAcquire} cannot
 * end: its units count for {@code longest}.
 *
 * <p>When a call will end is not known. So the wait of a rejection is an upper bound: see {@link
 * Rejected#mayBeSooner()}.
 *
 * @param unit what is counted
 * @param amount units in flight at once, between 0 and 2<sup>53</sup>
 * @param longest the time after which units of a reservation that has not ended count no more, more than 0 and at most
 *     2<sup>60</sup> nanoseconds (36.5 years); units in flight keep the end that they were given when it is changed
 */
public record ConcurrencyLimit(Unit unit, long amount, Duration longest) implements Limit {

    /**
     * Makes a limit of units in flight.
     *
     * @param unit what is counted
     * @param amount units in flight at once, between 0 and 2<sup>53</sup>
     * @param longest the time after which units of a reservation that has not ended count no more
     * @throws IllegalArgumentException if the amount or the time is out of its range
     */
    public ConcurrencyLimit {
        requireNonNull(unit, "unit");
        Arguments.requireAmount(amount, "amount");
        RateLimit.requireSpan(longest, "longest");
    }

    /**
     * Makes a limit of calls in flight.
     *
     * @param calls calls in flight at once, between 0 and 2<sup>53</sup>
     * @param longest the time after which a call that has not ended counts no more, more than 0 and at most
     *     2<sup>60</sup> nanoseconds
     * @return the limit
     * @throws IllegalArgumentException if the number or the time is out of its range
     */
    public static ConcurrencyLimit of(long calls, Duration longest) {
        return of(Unit.CALLS, calls, longest);
    }

    /**
     * Makes a limit of units in flight.
     *
     * @param unit what is counted
     * @param amount units in flight at once, between 0 and 2<sup>53</sup>
     * @param longest the time after which units of a reservation that has not ended count no more, more than 0 and at
     *     most 2<sup>60</sup> nanoseconds
     * @return the limit
     * @throws IllegalArgumentException if the amount or the time is out of its range
     */
    public static ConcurrencyLimit of(Unit unit, long amount, Duration longest) {
        return new ConcurrencyLimit(unit, amount, longest);
    }

    @Override
    public ConcurrencyLimit withAmount(long amount) {
        return new ConcurrencyLimit(unit, amount, longest);
    }

    /** Returns amount and unit, for example {@code "100 calls in flight"}; not the longest time. */
    @Override
    public String inWords() {
        return LimitText.inWords(unit, amount) + " in flight";
    }

    /** Returns the exact text, for example {@code "100 calls in flight for 10 minutes"}. */
    @Override
    public String toString() {
        return LimitText.exact(unit, amount) + " in flight for " + Length.counted(longest);
    }
}
