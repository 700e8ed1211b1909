package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import java.time.ZoneOffset;

/**
 * So many units in a calendar period, or for ever.
 *
 * <p>What is used counts until the period ends and is then forgotten at once; a period never reopens when the wall
 * clock steps back. For "any 30 days" instead of "a month", see {@link RateLimit}.
 *
 * @param unit what is counted
 * @param amount units admitted per period, between 0 and 2<sup>53</sup>
 * @param period the calendar period
 * @param overrun whether the last call may go beyond the amount
 */
public record Quota(Unit unit, long amount, QuotaPeriod period, Overrun overrun) implements Limit {

    /**
     * Makes a quota.
     *
     * @param unit what is counted
     * @param amount units admitted per period, between 0 and 2<sup>53</sup>
     * @param period the calendar period
     * @param overrun whether the last call may go beyond the amount
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public Quota {
        requireNonNull(unit, "unit");
        Arguments.requireAmount(amount, "amount");
        requireNonNull(period, "period");
        requireNonNull(overrun, "overrun");
    }

    /**
     * Makes a quota of an amount of units per period, {@linkplain Overrun#WHILE_FITS while they fit}.
     *
     * @param unit what is counted
     * @param amount units per period, between 0 and 2<sup>53</sup>
     * @param period the calendar period
     * @return the quota
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static Quota of(Unit unit, long amount, QuotaPeriod period) {
        return new Quota(unit, amount, period, Overrun.WHILE_FITS);
    }

    /**
     * Makes a quota of calls per calendar month in UTC.
     *
     * @param calls calls per month, between 0 and 2<sup>53</sup>
     * @return the quota
     */
    public static Quota perMonth(long calls) {
        return perMonth(Unit.CALLS, calls);
    }

    /**
     * Makes a quota of an amount of units per calendar month in UTC.
     *
     * @param unit what is counted
     * @param amount units per month, between 0 and 2<sup>53</sup>
     * @return the quota
     */
    public static Quota perMonth(Unit unit, long amount) {
        return of(unit, amount, QuotaPeriod.month(ZoneOffset.UTC));
    }

    /**
     * Makes a quota of an amount of units in all, for ever.
     *
     * @param unit what is counted
     * @param amount units in all, between 0 and 2<sup>53</sup>
     * @return the quota
     */
    public static Quota lifetime(Unit unit, long amount) {
        return of(unit, amount, QuotaPeriod.lifetime());
    }

    /**
     * Returns this quota with another overrun.
     *
     * @param overrun whether the last call may go beyond the amount
     * @return the quota
     */
    public Quota withOverrun(Overrun overrun) {
        return new Quota(unit, amount, period, overrun);
    }

    @Override
    public Quota withAmount(long amount) {
        return new Quota(unit, amount, period, overrun);
    }

    /** Returns amount, unit and period, for example {@code "$25.00 per calendar month"}; not the overrun. */
    @Override
    public String inWords() {
        return LimitText.inWords(unit, amount) + " " + period;
    }

    /** Returns the exact text, for example {@code "$25 per calendar month, until reached"}. */
    @Override
    public String toString() {
        String text = LimitText.exact(unit, amount) + " " + period;
        return overrun == Overrun.UNTIL_REACHED ? text + ", until reached" : text;
    }
}
