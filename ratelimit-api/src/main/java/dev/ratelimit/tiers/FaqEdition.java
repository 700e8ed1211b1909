package dev.ratelimit.tiers;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import java.util.function.LongFunction;

/**
 * The edition "FAQ" of 2025-11-08, the newest.
 *
 * <table class="striped">
 * <caption>Calls per organization; each endpoint by itself unless it says "in total"</caption>
 * <tr><th>tier</th><th>per minute</th><th>per month</th></tr>
 * <tr><td>trial</td><td>embed 5, chat 20, others unlimited</td>
 *     <td>all other endpoints 1,000 in total; embed and chat unlimited</td></tr>
 * <tr><td>production</td><td>every endpoint 1,000</td><td>unlimited</td></tr>
 * </table>
 *
 * <p>The two tiers book on accounts of their own, "trial" and "production".
 *
 * <p>The document says the month twice, differently: "all other endpoints on trial keys are 1,000 calls per month" and "the monthly
 * limit is 1000 calls per month". {@link #trial()} reads it as the first; {@link #trialWithOneMonthlyTotal()} is the stricter second.
 */
public final class FaqEdition {

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
     * @param perMonth makes the limit of so many calls per month
     * @return the tier "trial"
     */
    public static Tier trial(LongFunction<? extends Limit> perMonth) {
        return trial(LimitTable.named("calls per month")
                .unlimited("embed", "chat")
                .othersTogether("all other endpoints", apply(perMonth)));
    }

    /**
     * Returns the tier of trial keys under the stricter reading, 1,000 calls per month over all endpoints, embed and chat included;
     * counted by the calendar month in UTC.
     *
     * @return the tier "trial"
     */
    public static Tier trialWithOneMonthlyTotal() {
        return trialWithOneMonthlyTotal(Quota::perMonth);
    }

    /**
     * Returns the tier of trial keys under the stricter reading with another reading of "per month".
     *
     * @param perMonth makes the limit of so many calls per month
     * @return the tier "trial"
     */
    public static Tier trialWithOneMonthlyTotal(LongFunction<? extends Limit> perMonth) {
        return trial(LimitTable.named("calls per month").othersTogether("all endpoints", apply(perMonth)));
    }

    /**
     * Returns the tier of production keys.
     *
     * @return the tier "production"
     */
    public static Tier production() {
        return Tier.named("production")
                .account("production")
                .table(LimitTable.named("calls per minute").eachOther(RateLimit.perMinute(1_000)))
                .build();
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
