package dev.ratelimit.core;

/**
 * What a limiter has of quotas whose counts are in a store. All numbers are 0 without a store.
 *
 * @param leases the leases that it holds
 * @param unusedUnits the units of them that no call has used; a crash would leave as many charged
 * @param untoldUnits the units that calls have used, or given back, beyond what leases cover, and that the store is
 *     still to be told
 * @param lost units and leases that were given up, because the store was away for too long
 * @param isAway whether the store is away
 */
public record QuotaStats(long leases, long unusedUnits, long untoldUnits, long lost, boolean isAway) {

    static final QuotaStats NONE = new QuotaStats(0, 0, 0, 0, false);
}
