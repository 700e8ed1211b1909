package dev.ratelimit.redis;

/**
 * Hears of outages of Redis. In a cluster each node has its own outages, and a node that takes over the keys of another
 * ends the outage of that node. A thread of the common pool notifies the listener of one event after the other, in
 * their order. What it throws is swallowed, and logged at most once a minute. Implementations must be safe for use by
 * many threads.
 */
public interface OutageListener {

    /**
     * Tells that Redis is not asked any more but for a probe now and then, and that calls are decided as the host chose
     * for that case. Only silence leads to that: a connection that is lost or refused, or answers that do not come in
     * time. An error that Redis answers concerns the call that got it, and is logged.
     *
     * @param cause why the last attempt failed
     */
    void unavailable(Throwable cause);

    /** Tells that Redis has answered again, and decides again. */
    void available();

    /**
     * Tells that Redis was away when the limiter was built, was reached meanwhile, and is not fit to decide until
     * somebody changes a setting: the password is wrong, say, or it is a replica, or an old version, or it does not let
     * the limiter write. Calls are decided as while Redis is away, and it is tried again in every
     * {@linkplain RedisRateLimiterBuilder#probeEvery pause}. It is told once for each reason.
     *
     * @param reason names the reason in its message
     */
    default void unfit(IllegalStateException reason) {}

    /**
     * Tells that ends of reservations, or unused units of {@linkplain RedisRateLimiterBuilder#leases leases}, did not
     * reach Redis. They are sent again until Redis confirms them, or until the windows and periods are over that they
     * concern, or for a day.
     *
     * @param number how many since this was told last, more than zero
     * @param waiting how many wait to be sent again, in all
     * @param cause why the last of them did not reach Redis
     */
    default void settlementsDelayed(long number, int waiting, Throwable cause) {}

    /**
     * Tells that ends of reservations, or unused units of leases, are given up. What was charged stays charged, unless
     * Redis had booked the end and only its answer was lost. The reasons are that Redis answered an error that it would
     * answer again, that the windows and periods are over, that 10,000 are waiting, or that the limiter was closed.
     *
     * @param number how many since this was told last, more than zero
     * @param cause why the last of them was given up
     */
    default void settlementsLost(long number, Throwable cause) {}
}
