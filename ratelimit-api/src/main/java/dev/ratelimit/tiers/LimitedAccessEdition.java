package dev.ratelimit.tiers;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;

/**
 * The edition "limited access", the oldest.
 *
 * <table class="striped">
 * <caption>Sliding windows of a minute and of 24 hours, per organization</caption>
 * <tr><th>tier</th><th>per minute</th><th>per day</th><th>characters</th></tr>
 * <tr><td>limited</td><td>generate 60, each other endpoint 500</td><td>generate 50,000, each other endpoint
 * 100,000</td>
 *     <td>generate 500,000 in all, for ever</td></tr>
 * <tr><td>full</td><td colspan="2">"significantly increased", stated by the host</td><td>no quota</td></tr>
 * </table>
 *
 * <p>Characters are those of the input and of the output. The input is charged when a call starts, the output when it
 * is known:
 *
 * <pre>{@code
 * Reservation reservation = limiter.reserve(organization, "generate", Usage.characters(prompt));
 * if (reservation.decision() instanceof Rejected no) {
 *   return tooManyRequests(no.message(), no.retryAfter()); // no wait helps once the characters are spent
 * }
 * try {
 *   String output = model.generate(prompt);
 *   reservation.settle(Usage.characters(prompt).andCharacters(output));
 *   return output;
 * } finally {
 *   reservation.cancel(); // changes nothing once it is settled
 * }
 * }</pre>
 *
 * <p>Both tiers have one account. A change from limited to full lifts the quota, and what is used in the windows still
 * counts. What is used of the quota is kept for a change back; calls that begin under full do not count in it.
 */
public final class LimitedAccessEdition {

    private LimitedAccessEdition() {}

    /**
     * Returns the tier of an organization with limited access. A call of generate is admitted while any of the 500,000
     * characters remains, however long its input and output are. Then generate is suspended, and the other endpoints go
     * on.
     *
     * @return the tier "limited"
     */
    public static Tier limited() {
        return rates("limited", 60, 500, 50_000, 100_000)
                .table(LimitTable.named("characters in all")
                        .each(Quota.lifetime(Unit.CHARACTERS, 500_000).withOverrun(Overrun.UNTIL_REACHED), "generate"))
                .build();
    }

    /**
     * Returns the tier of an organization with full access. The document gives no numbers for it, so the host states
     * them.
     *
     * @param generatePerMinute calls of generate in any minute
     * @param otherPerMinute calls of each other endpoint in any minute
     * @param generatePerDay calls of generate in any 24 hours
     * @param otherPerDay calls of each other endpoint in any 24 hours
     * @return the tier "full"
     * @throws IllegalArgumentException if a number is not between 0 and 2<sup>53</sup>
     */
    public static Tier full(long generatePerMinute, long otherPerMinute, long generatePerDay, long otherPerDay) {
        return rates("full", generatePerMinute, otherPerMinute, generatePerDay, otherPerDay)
                .build();
    }

    private static Tier.Builder rates(
            String name, long generatePerMinute, long otherPerMinute, long generatePerDay, long otherPerDay) {
        return Tier.named(name)
                .table(LimitTable.named("calls per minute")
                        .each(RateLimit.perMinute(generatePerMinute), "generate")
                        .eachOtherEndpoint(RateLimit.perMinute(otherPerMinute)))
                .table(LimitTable.named("calls per day")
                        .each(RateLimit.perDay(generatePerDay), "generate")
                        .eachOtherEndpoint(RateLimit.perDay(otherPerDay)));
    }
}
