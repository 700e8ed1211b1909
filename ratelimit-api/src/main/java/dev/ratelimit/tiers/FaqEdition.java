package dev.ratelimit.tiers;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.Arguments;
import java.math.BigDecimal;
import java.util.function.LongFunction;

/**
 * The edition "FAQ" of 2025-11-08, the newest.
 *
 * <table class="striped">
 * <caption>Calls per organization; each endpoint alone unless it says "in total"</caption>
 * <tr><th>tier</th><th>per minute</th><th>per month</th></tr>
 * <tr><td>trial</td><td>embed 5, chat 20, others unlimited</td>
 *     <td>all other endpoints 1,000 in total; embed and chat unlimited</td></tr>
 * <tr><td>production</td><td>every endpoint 1,000</td><td>unlimited</td></tr>
 * <tr><td>production with a spending limit</td><td>every endpoint 1,000</td>
 *     <td>calls unlimited; all endpoints the customer's amount of money in total</td></tr>
 * </table>
 *
 * <p>Trial and production keys have separate accounts, "trial" and "production".
 *
 * <p>The document says the month twice, differently: "all other endpoints on trial keys are 1,000 calls per month" and
 * "the monthly limit is 1000 calls per month". {@link #trial()} reads it as the first; {@link
 * #trialWithOneMonthlyTotal()} is the stricter second.
 *
 * <p>"You can set a monthly spending limit": the customer sets it, so the host makes a tier for each customer that has
 * one. That it resets with the calendar month is a reading. What a call costs is known after it: {@code reserve} asks
 * before the call, with an estimate or without, and {@code settle} states the cost, in {@link Unit#NANO_USD} or from a
 * {@link PriceList}. A limit counts calls that begin while it is set. A changed amount keeps what is spent in the
 * month. A limit that is set or lifted keeps what is used by the minute. With another period, spending begins at
 * nothing.
 */
public final class FaqEdition {

    /** The largest spending limit in dollars: 2^53 nano-dollars. */
    private static final BigDecimal MOST = BigDecimal.valueOf(Arguments.MAX_AMOUNT, 9);

    private FaqEdition() {}

    /**
     * Returns the tier of trial keys, counted by the calendar month in UTC.
     *
     * @return the tier "trial"
     */
    public static Tier trial() {
        return trial(Quota::perMonth);
    }

    /**
     * Returns the tier of trial keys with another reading of "per month".
     *
     * @param perMonth makes the limit from the number of calls per month
     * @return the tier "trial"
     */
    public static Tier trial(LongFunction<? extends Limit> perMonth) {
        return trial(LimitTable.named("calls per month")
                .unlimited("embed", "chat")
                .otherEndpointsTogether("all other endpoints", apply(perMonth)));
    }

    /**
     * Returns the tier of trial keys under the stricter reading, 1,000 calls per month over all endpoints, embed and
     * chat included; counted by the calendar month in UTC.
     *
     * @return the tier "trial"
     */
    public static Tier trialWithOneMonthlyTotal() {
        return trialWithOneMonthlyTotal(Quota::perMonth);
    }

    /**
     * Returns the tier of trial keys under the stricter reading with another reading of "per month".
     *
     * @param perMonth makes the limit from the number of calls per month
     * @return the tier "trial"
     */
    public static Tier trialWithOneMonthlyTotal(LongFunction<? extends Limit> perMonth) {
        return trial(LimitTable.named("calls per month").otherEndpointsTogether("all endpoints", apply(perMonth)));
    }

    /**
     * Returns the tier of production keys.
     *
     * @return the tier "production"
     */
    public static Tier production() {
        return Tier.named("production")
                .account("production")
                .table(LimitTable.named("calls per minute").eachOtherEndpoint(RateLimit.perMinute(1_000)))
                .build();
    }

    /**
     * Returns the tier of production keys of a customer who has set a spending limit, counted by the calendar month in
     * UTC. A call is admitted while anything of the limit remains, whatever the call costs. So the last calls may
     * overrun the limit. Then all endpoints are refused until the month ends.
     *
     * @param dollarsPerMonth the limit in US dollars, of whole nano-dollars, between 0 and 9,007,199.254740992; made
     *     from a text, because a {@code double} is not exact
     * @return the tier "production"
     * @throws IllegalArgumentException if the limit is out of its range, or not of whole nano-dollars
     */
    public static Tier productionWithSpendingLimit(BigDecimal dollarsPerMonth) {
        long nanos = nanoDollars(requireNonNull(dollarsPerMonth, "dollarsPerMonth"));
        return productionWithSpendingLimit(Quota.perMonth(Unit.NANO_USD, nanos).withOverrun(Overrun.UNTIL_REACHED));
    }

    private static long nanoDollars(BigDecimal dollars) {
        Arguments.require(dollars.signum() >= 0, "dollarsPerMonth", ">= 0", dollars);
        Arguments.require(dollars.compareTo(MOST) <= 0, "dollarsPerMonth", "<= " + MOST, dollars);
        boolean whole = dollars.stripTrailingZeros().scale() <= MOST.scale();
        Arguments.require(whole, "dollarsPerMonth", "of whole nano-dollars", dollars);
        return dollars.movePointRight(MOST.scale()).longValueExact();
    }

    /**
     * Returns the tier of production keys of a customer who has set a spending limit, by another period, zone or
     * billing day.
     *
     * @param spending the limit in {@link Unit#NANO_USD}. With {@link Overrun#UNTIL_REACHED} it refuses once it is
     *     reached, as the document says. Otherwise it refuses a call whose estimate does not fit
     * @return the tier "production"
     * @throws IllegalArgumentException if the quota counts another unit
     */
    public static Tier productionWithSpendingLimit(Quota spending) {
        Unit unit = requireNonNull(spending, "spending").unit();
        Arguments.require(unit.equals(Unit.NANO_USD), "unit", Unit.NANO_USD.name(), unit);
        return production()
                .withTable(LimitTable.named("spending limit").otherEndpointsTogether("all endpoints", spending));
    }

    private static Limit apply(LongFunction<? extends Limit> perMonth) {
        return requireNonNull(perMonth, "perMonth").apply(1_000);
    }

    private static Tier trial(LimitTable callsPerMonth) {
        return Tier.named("trial")
                .account("trial")
                .table(LimitTable.named("calls per minute")
                        .each(RateLimit.perMinute(5), "embed")
                        .each(RateLimit.perMinute(20), "chat"))
                .table(callsPerMonth)
                .build();
    }
}
