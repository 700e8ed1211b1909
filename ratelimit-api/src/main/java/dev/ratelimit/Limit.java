package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import java.util.Collection;

/**
 * One number of a tier table, with the time it is counted over: a {@link RateLimit} counts over a window of elapsed
 * time, a {@link Quota} over a calendar period or for ever.
 *
 * <p>Later versions will have further kinds, so code that tells kinds apart needs a case for all others: a {@code
 * switch} without a {@code default} does not compile.
 */
public sealed interface Limit permits RateLimit, Quota, FurtherLimit {

    /**
     * Returns what is counted.
     *
     * @return the unit
     */
    Unit unit();

    /**
     * Returns how many units are admitted in one window or period, between 0 (none) and 2<sup>53</sup>.
     *
     * @return the amount, in units
     */
    long amount();

    /**
     * Returns this limit with another amount. All else stays, and so does what is counted: limits that differ in their
     * amounts alone share their meter.
     *
     * @param amount units admitted in one window or period, between 0 (none) and 2<sup>53</sup>
     * @return the limit
     * @throws IllegalArgumentException if the amount is out of its range
     */
    Limit withAmount(long amount);

    /**
     * Returns this limit with an equal share of its amount, rounded down: a third of 10 calls is 3 calls. So the shares
     * never add up to more than the amount. A share of 0 admits nothing.
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
     * }</pre>
     *
     * <p>This is the grammar. White space may stand between all its parts, and stands between words:
     *
     * <pre>
     *   limit   := amount unit "per" window | amount unit "per calendar" period | amount unit "in all" [overrun]
     *   window  := [number] length ["," "exact"]
     *   length  := a day, hour, minute, second, millisecond, microsecond or nanosecond, in the singular or plural
     *   period  := ("day" | "week" | "month" | "year") ["from" start] ["in" zone] [overrun]
     *   start   := "day" 1..31 [HH:mm[:ss[.1 to 9 digits]]], of a month
     *   overrun := "," "until reached"
     *   amount  := digits, grouped by "," or "_" in threes or not at all
     *            | "$" digits ["." 1 to 9 digits], without a unit
     *   unit    := a letter, then letters, digits, "_" and "-"
     *            | a name in double quotes, with &#92;" &#92;&#92; &#92;uXXXX
     * </pre>
     *
     * <p>Unquoted, {@code call}, {@code request} and {@code requests} are {@link Unit#CALLS}, and {@code 25.50 usd} is
     * {@code $25.50}. A zone ends at the next comma or at the end of the text; without one a period is in UTC.
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
