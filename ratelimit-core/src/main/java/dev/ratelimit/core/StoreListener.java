package dev.ratelimit.core;

/**
 * Hears of outages of the {@linkplain InMemoryRateLimiterBuilder#quotas store of quotas}. A thread of the common pool
 * notifies the listener of one event after the other, in their order. What it throws is swallowed, and logged at most
 * once a minute. Implementations must be safe for use by many threads.
 */
public interface StoreListener {

    /**
     * Tells that the store is not asked any more but for a probe now and then. Calls that no lease covers are decided
     * as the host chose for that case. Only silence leads to that: three requests in a row that were not answered in
     * time. An error that the store answers concerns the call that got it, and is logged.
     *
     * @param cause why the last request was not answered
     */
    void unavailable(Throwable cause);

    /** Tells that the store has answered again, and is asked again. */
    void available();
}
