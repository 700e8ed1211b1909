package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import java.util.Collection;

/**
 * One number of a tier table, with what it is counted over.
 *
 * <ul>
 *   <li>A {@link RateLimit} counts over a window of elapsed time.
 *   <li>A {@link Quota} counts over a calendar period, over fixed windows, or for ever.
 *   <li>A {@link TokenBucket} counts what has not flowed back yet: a rate with a burst.
 *   <li>A {@link ConcurrencyLimit} counts what is in flight.
 *   <li>A {@link PerCallLimit} counts each call alone: the largest call.
 * </ul>
 *
 * <p>Later versions will have further kinds, so code that tells kinds apart needs a case for all others: a {@code
 * switch} without a {@code default} does not compile.
 */
public sealed interface Limit permits RateLimit, Quota, TokenBucket, ConcurrencyLimit, PerCallLimit, FurtherLimit {

    /**
     * Returns what is counted.
     *
     * @return the unit
     */
    Unit unit();

    /**
     * Returns how many units are admitted in one window or period, flow back into a bucket, may be in flight, or may be
     * used by one call; between 0 (none) and 2<sup>53</sup>.
     *
     * @return the amount, in units
     */
    long amount();

    /**
     * Returns the most units that may count at once: what a status is compared with, and what a single usage must not
     * exceed.
     *
     * @return the capacity of a {@link TokenBucket}, otherwise the amount; in units
     */
    default long most() {
        return amount();
    }

    /**
     * Returns this limit with another amount. All else stays, but for the capacity of a {@link TokenBucket}, which is
     * scaled in proportion. So does what is counted: limits that differ in their amounts alone share their meter.
     *
     * @param amount units, between 0 (none) and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the amount is out of its range
     */
    Limit withAmount(long amount);

    /**
     * Returns this limit with an equal share of its amount, rounded down: a third of 10 calls is 3 calls. So the shares
     * never add up to more than the amount. A share of 0 admits nothing. A share of a {@link PerCallLimit} is the whole
     * limit, since calls do not add up.
     *
     * @param parts the number of equal shares, for example of machines, more than zero
     * @return the limit
     * @throws IllegalArgumentException if the number of shares is not more than zero
     */
    default Limit dividedBy(long parts) {
        Arguments.require(parts > 0, "parts", "> 0", parts);
        return withAmount(amount() / parts);
    }

    /**
     * Reads a limit from its text: what {@link #toString()} prints, and what is as plain.
     *
     * <pre>{@code
     * Limit window = Limit.parse("20 calls per minute");
     * Limit tokens = Limit.parse("100,000 tokens per 10 seconds, exact");
     * Limit quota = Limit.parse("1,000 requests per calendar month in Europe/Paris");
     * Limit spending = Limit.parse("$25 per calendar month from day 15, until reached");
     * Limit forEver = Limit.parse("500,000 \"input characters\" in all");
     * Limit bucket = Limit.parse("20 calls per second with burst 100");
     * Limit fixed = Limit.parse("3,500 calls per fixed 15 minutes");
     * Limit inFlight = Limit.parse("100 calls in flight for 10 minutes");
     * Limit largest = Limit.parse("1,000 points per call");
     * }</pre>
     *
     * <p>This is the grammar. White space may stand between all its parts, and stands between words:
     *
     * <pre>
     *   limit    := amount unit "per" duration ["," "exact"]                 a window
     *             | amount unit "per" duration "with burst" burst            a token bucket
     *             | amount unit "per calendar" period [overrun]              a quota
     *             | amount unit "per fixed" duration ["from" instant] [overrun]
     *             | amount unit "in all" [overrun]
     *             | amount unit "in flight for" duration
     *             | amount unit "per call"
     *   duration := [number] length
     *   length   := a day, hour, minute, second, millisecond, microsecond or nanosecond, in the singular or plural
     *   period   := ("day" ["from" time] | "week" ["from" weekday [time]] | "month" ["from day" 1..31 [time]]
     *             | "year" ["from" 1..31 month]) ["in" zone]
     *   time     := HH:mm[:ss[.1 to 9 digits]]
     *   weekday  := "Monday", .. "Sunday"
     *   month    := "January", .. "December"
     *   instant  := as ISO 8601 has it, in UTC: 2026-01-31T09:30:00Z
     *   overrun  := "," ("until reached" | "never refuses")
     *   amount   := digits, grouped by "," or "_" in threes or not at all
     *             | "$" digits ["." 1 to 9 digits], without a unit
     *   burst    := an amount of the same unit, without the unit
     *   unit     := a letter, then letters, digits, "_" and "-"
     *             | a name in double quotes, with &#92;" &#92;&#92; &#92;uXXXX
     * </pre>
     *
     * <p>Unquoted, {@code call}, {@code request} and {@code requests} are {@link Unit#CALLS}, and {@code 25.50 usd} is
     * {@code $25.50}. {@code per request} is {@code per call}. A zone ends at the next comma or at the end of the text;
     * without one a period is in UTC. A fixed window is at least a millisecond long.
     *
     * @param text the text, of at most 4,096 characters
     * @return the limit; that of {@code toString()} of a limit is equal to it
     * @throws LimitFormatException if the text is no limit; it says where and what is allowed
     */
    static Limit parse(String text) {
        return LimitParser.parse(requireNonNull(text, "text"), null);
    }

    /**
     * Reads a limit of one of some units, so that a slip is no unit of its own. All else is as in {@link
     * #parse(String)}.
     *
     * @param text the text, of at most 4,096 characters
     * @param units all units that the text may name, {@link Unit#NANO_USD} for money
     * @return the limit
     * @throws LimitFormatException if the text is no limit, or is one of another unit
     */
    static Limit parse(String text, Collection<Unit> units) {
        return LimitParser.parse(requireNonNull(text, "text"), requireNonNull(units, "units"));
    }

    /**
     * Returns the limit in words, for people, for example {@code "20 calls per minute"} or {@code "$25.00 per calendar
     * month"}.
     *
     * @return amount, unit and span, {@linkplain dev.ratelimit printable}
     */
    String inWords();

    /**
     * Returns the exact text, for example {@code "100,000 tokens per 10 seconds, exact"}.
     *
     * @return the text that {@link #parse(String)} reads back, {@linkplain dev.ratelimit printable}
     */
    @Override
    String toString();
}
