package dev.ratelimit.redis;

import java.util.OptionalLong;

/**
 * What a {@link RedisRateLimiter} holds on this machine, and the number of its decisions. Redis is not asked, and the
 * counts of other machines are not in it.
 *
 * <p>Immutable. While calls go on, each count is as of another moment.
 */
public final class RedisLimiterStats {

    private final OptionalLong admitted;
    private final OptionalLong rejected;
    private final int waitingSettlements;
    private final int leases;
    private final int rememberedRefusals;
    private final int openCircuits;
    private final long furtherMembers;

    RedisLimiterStats(
            OptionalLong admitted,
            OptionalLong rejected,
            int waitingSettlements,
            int leases,
            int rememberedRefusals,
            int openCircuits,
            long furtherMembers) {
        this.admitted = admitted;
        this.rejected = rejected;
        this.waitingSettlements = waitingSettlements;
        this.leases = leases;
        this.rememberedRefusals = rememberedRefusals;
        this.openCircuits = openCircuits;
        this.furtherMembers = furtherMembers;
    }

    /**
     * Returns how many calls and reservations were admitted since the limiter was built, by Redis, by a lease or while
     * Redis was away.
     *
     * @return the number, empty unless {@linkplain RedisRateLimiterBuilder#countDecisions decisions are counted}
     */
    public OptionalLong admitted() {
        return admitted;
    }

    /**
     * Returns how many rejections there were since the limiter was built, also each one of a call that waits for its
     * turn, those that were remembered and those while Redis was away.
     *
     * @return the number, empty unless {@linkplain RedisRateLimiterBuilder#countDecisions decisions are counted}
     */
    public OptionalLong rejected() {
        return rejected;
    }

    /**
     * Returns how many settlements wait to be sent again: ends of reservations, and returns of unused units of leases,
     * that Redis did not confirm when they were sent first.
     *
     * @return the number, at most 10,000
     */
    public int waitingSettlements() {
        return waitingSettlements;
    }

    /**
     * Returns how many {@linkplain RedisRateLimiterBuilder#leases leases} are held. One is held until Redis has
     * answered to the return of its unused units, or is too late.
     *
     * @return the number, about 10,000 at most
     */
    public int leases() {
        return leases;
    }

    /**
     * Returns how many refusals are {@linkplain RedisRateLimiterBuilder#rememberRefusals remembered}. Some of them may
     * answer no call any more, because a charge or a return has ended them.
     *
     * @return the number, at most 4,096
     */
    public int rememberedRefusals() {
        return rememberedRefusals;
    }

    /**
     * Returns of how many nodes the circuit is open: Redis is away, and only one call in each {@linkplain
     * RedisRateLimiterBuilder#probeEvery pause} asks.
     *
     * @return the number, at most 1 without a cluster
     */
    public int openCircuits() {
        return openCircuits;
    }

    /**
     * Returns how often Redis answered since the limiter was built that a member of a call is beyond the {@linkplain
     * RedisRateLimiterBuilder#maxMembers bound}, and shares the meters of further members.
     *
     * @return the number
     */
    public long furtherMembers() {
        return furtherMembers;
    }

    @Override
    public String toString() {
        return "RedisLimiterStats[admitted=" + admitted + ", rejected=" + rejected + ", waitingSettlements="
                + waitingSettlements + ", leases=" + leases + ", rememberedRefusals=" + rememberedRefusals
                + ", openCircuits=" + openCircuits + ", furtherMembers=" + furtherMembers + "]";
    }
}
