package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * An amount of units in a period: of the calendar, of fixed windows, or for ever.
 *
 * <p>What is used counts until the period ends and is then forgotten at once; a period never reopens when the wall
 * clock steps back. For "any 30 days" instead of "a month", see {@link RateLimit}. Fixed windows, {@link
 * QuotaPeriod#every}, admit up to twice the amount around the end of one; a {@link RateLimit} does not.
 *
 * @param unit what is counted
 * @param amount units admitted per period, between 0 and 2<sup>53</sup>
 * @param period the period
 * @param overrun whether the last call may go beyond the amount
 */
public record Quota(Unit unit, long amount, QuotaPeriod period, Overrun overrun) implements Limit {

    /**
     * Makes a quota.
     *
     * @param unit what is counted
     * @param amount units admitted per period, between 0 and 2<sup>53</sup>
     * @param period the period
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
     * @param period the period
     * @return the quota
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static Quota of(Unit unit, long amount, QuotaPeriod period) {
        return new Quota(unit, amount, period, Overrun.WHILE_FITS);
    }

    /**
     * Makes a quota of calls per calendar day in UTC.
     *
     * @param calls calls per day, between 0 and 2<sup>53</sup>
     * @return the quota
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Quota perDay(long calls) {
        return perDay(Unit.CALLS, calls);
    }

    /**
     * Makes a quota of units per calendar day in UTC.
     *
     * @param unit what is counted
     * @param amount units per day, between 0 and 2<sup>53</sup>
     * @return the quota
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static Quota perDay(Unit unit, long amount) {
        return perDay(unit, amount, ZoneOffset.UTC);
    }

    /**
     * Makes a quota of calls per calendar day in a time zone.
     *
     * @param calls calls per day, between 0 and 2<sup>53</sup>
     * @param zone the time zone of the dates
     * @return the quota
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Quota perDay(long calls, ZoneId zone) {
        return perDay(Unit.CALLS, calls, zone);
    }

    /**
     * Makes a quota of units per calendar day in a time zone.
     *
     * @param unit what is counted
     * @param amount units per day, between 0 and 2<sup>53</sup>
     * @param zone the time zone of the dates
     * @return the quota
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static Quota perDay(Unit unit, long amount, ZoneId zone) {
        return of(unit, amount, QuotaPeriod.day(zone));
    }

    /**
     * Makes a quota of calls per calendar week, from Monday in UTC.
     *
     * @param calls calls per week, between 0 and 2<sup>53</sup>
     * @return the quota
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Quota perWeek(long calls) {
        return perWeek(Unit.CALLS, calls);
    }

    /**
     * Makes a quota of units per calendar week, from Monday in UTC.
     *
     * @param unit what is counted
     * @param amount units per week, between 0 and 2<sup>53</sup>
     * @return the quota
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static Quota perWeek(Unit unit, long amount) {
        return perWeek(unit, amount, ZoneOffset.UTC);
    }

    /**
     * Makes a quota of calls per calendar week, from Monday in a time zone.
     *
     * @param calls calls per week, between 0 and 2<sup>53</sup>
     * @param zone the time zone of the dates
     * @return the quota
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Quota perWeek(long calls, ZoneId zone) {
        return perWeek(Unit.CALLS, calls, zone);
    }

    /**
     * Makes a quota of units per calendar week, from Monday in a time zone.
     *
     * @param unit what is counted
     * @param amount units per week, between 0 and 2<sup>53</sup>
     * @param zone the time zone of the dates
     * @return the quota
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static Quota perWeek(Unit unit, long amount, ZoneId zone) {
        return of(unit, amount, QuotaPeriod.week(zone));
    }

    /**
     * Makes a quota of calls per calendar month in UTC.
     *
     * @param calls calls per month, between 0 and 2<sup>53</sup>
     * @return the quota
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Quota perMonth(long calls) {
        return perMonth(Unit.CALLS, calls);
    }

    /**
     * Makes a quota of units per calendar month in UTC.
     *
     * @param unit what is counted
     * @param amount units per month, between 0 and 2<sup>53</sup>
     * @return the quota
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static Quota perMonth(Unit unit, long amount) {
        return perMonth(unit, amount, ZoneOffset.UTC);
    }

    /**
     * Makes a quota of calls per calendar month in a time zone.
     *
     * @param calls calls per month, between 0 and 2<sup>53</sup>
     * @param zone the time zone of the dates
     * @return the quota
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Quota perMonth(long calls, ZoneId zone) {
        return perMonth(Unit.CALLS, calls, zone);
    }

    /**
     * Makes a quota of units per calendar month in a time zone.
     *
     * @param unit what is counted
     * @param amount units per month, between 0 and 2<sup>53</sup>
     * @param zone the time zone of the dates
     * @return the quota
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static Quota perMonth(Unit unit, long amount, ZoneId zone) {
        return of(unit, amount, QuotaPeriod.month(zone));
    }

    /**
     * Makes a quota of calls per calendar year in UTC.
     *
     * @param calls calls per year, between 0 and 2<sup>53</sup>
     * @return the quota
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Quota perYear(long calls) {
        return perYear(Unit.CALLS, calls);
    }

    /**
     * Makes a quota of units per calendar year in UTC.
     *
     * @param unit what is counted
     * @param amount units per year, between 0 and 2<sup>53</sup>
     * @return the quota
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static Quota perYear(Unit unit, long amount) {
        return perYear(unit, amount, ZoneOffset.UTC);
    }

    /**
     * Makes a quota of calls per calendar year in a time zone.
     *
     * @param calls calls per year, between 0 and 2<sup>53</sup>
     * @param zone the time zone of the dates
     * @return the quota
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Quota perYear(long calls, ZoneId zone) {
        return perYear(Unit.CALLS, calls, zone);
    }

    /**
     * Makes a quota of units per calendar year in a time zone.
     *
     * @param unit what is counted
     * @param amount units per year, between 0 and 2<sup>53</sup>
     * @param zone the time zone of the dates
     * @return the quota
     * @throws IllegalArgumentException if the amount is out of its range
     */
    public static Quota perYear(Unit unit, long amount, ZoneId zone) {
        return of(unit, amount, QuotaPeriod.year(zone));
    }

    /**
     * Makes a quota of calls in all, for ever.
     *
     * @param calls calls in all, between 0 and 2<sup>53</sup>
     * @return the quota
     * @throws IllegalArgumentException if the number is out of its range
     */
    public static Quota lifetime(long calls) {
        return lifetime(Unit.CALLS, calls);
    }

    /**
     * Makes a quota of an amount of units in all, for ever.
     *
     * @param unit what is counted
     * @param amount units in all, between 0 and 2<sup>53</sup>
     * @return the quota
     * @throws IllegalArgumentException if the amount is out of its range
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
        return switch (overrun) {
            case WHILE_FITS -> text;
            case UNTIL_REACHED -> text + ", until reached";
            case NEVER_REFUSES -> text + ", never refuses";
        };
    }
}
