package dev.ratelimit.redis;

/**
 * What a host hears of a Redis that does not answer; of a cluster, of each node by itself, where a node that takes over the keys of
 * another ends its outage. It is told on a thread of the common pool, of one node in the order in which it happened. What it throws is logged
 * and swallowed. Implementations must be safe for use by many threads.
 */
public interface OutageListener {

    /**
     * Tells that Redis is not asked any more but for a probe now and then, and that calls are decided as the host chose for that case.
     *
     * @param cause why the last attempt failed
     */
    void unavailable(Throwable cause);

    /** Tells that Redis has answered again, and decides again. */
    void available();
}
