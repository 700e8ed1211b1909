package dev.ratelimit.tiers;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import java.util.function.LongFunction;

/**
 * The edition "going live".
 *
 * <table class="striped">
 * <caption>Calls per organization; each endpoint alone unless it says "in total"</caption>
 * <tr><th>tier</th><th>per minute</th><th>per month</th></tr>
 * <tr><td>trial</td><td>generate, summarize, cluster, embed 5; rerank, chat 10; every other endpoint 100</td>
 *     <td>generate, summarize 3,000; chat and coral 5,000 in total; all remaining endpoints 1,000 in total</td></tr>
 * <tr><td>production</td><td>every endpoint 10,000</td><td>unlimited (metered)</td></tr>
 * </table>
 *
 * <p>Trial keys stay free beside a production key: the two tiers have separate accounts, "trial" and "production".
 *
 * <p>Readings: "all endpoints 10,000" is each endpoint alone, like the trial table above it. "Generate and
 * summarize have a monthly limit of 3,000" lacks the word "total" that the next two sentences have, so it is read as
 * each.
 */
public final class GoingLiveEdition {

    private GoingLiveEdition() {}

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
        requireNonNull(perMonth, "perMonth");
        return Tier.named("trial")
                .account("trial")
                .message("Trial keys are throttled. Please upgrade your API key or contact us directly on Discord.")
                .table(LimitTable.named("calls per minute")
                        .each(RateLimit.perMinute(5), "generate", "summarize", "cluster", "embed")
                        .each(RateLimit.perMinute(10), "rerank", "chat")
                        .eachOtherEndpoint(RateLimit.perMinute(100)))
                .table(LimitTable.named("calls per month")
                        .each(perMonth.apply(3_000), "generate", "summarize")
                        .together("chat and coral", perMonth.apply(5_000), "chat", "coral")
                        .otherEndpointsTogether("remaining", perMonth.apply(1_000)))
                .build();
    }

    /**
     * Returns the tier of production keys.
     *
     * @return the tier "production"
     */
    public static Tier production() {
        return Tier.named("production")
                .account("production")
                .table(LimitTable.named("calls per minute").eachOtherEndpoint(RateLimit.perMinute(10_000)))
                .build();
    }
}
