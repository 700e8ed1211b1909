/**
 * The documented tier tables, as code to be held beside the vendor's page. One class is one edition of the document;
 * its factories make the tiers of that edition. Endpoint names are lower case: {@code "chat"}, {@code "embed"}.
 *
 * <p>Where an edition counts by the month, the month is the calendar month in UTC unless the caller states another
 * reading, as the function that makes a limit of the documented amount:
 *
 * <pre>{@code
 * Tier inUtc = GoingLiveEdition.trial();
 * Tier inTokyo = GoingLiveEdition.trial(n -> Quota.of(Unit.CALLS, n, QuotaPeriod.month(ZoneId.of("Asia/Tokyo"))));
 * Tier rolling = GoingLiveEdition.trial(n -> RateLimit.of(Unit.CALLS, n, Duration.ofDays(30)));
 * }</pre>
 *
 * <p>A limit on spending counts money. {@link dev.ratelimit.tiers.PriceList} turns the tokens, searches or calls of a
 * usage into it.
 */
@NullMarked
package dev.ratelimit.tiers;

import org.jspecify.annotations.NullMarked;
