package dev.ratelimit.spi;

import java.util.Optional;

/**
 * A request to the store that keeps the counts of a limiter, such as Redis, from when it is sent until it is answered.
 * A {@linkplain RateLimitListener#onRoundTrip listener} makes one for each request that it wants to hear of.
 *
 * <p>Implementations must be safe for use by many threads.
 */
@FunctionalInterface
public interface RoundTrip {

    /** That of a listener that does not want to hear how the request ends. */
    RoundTrip UNHEARD = failure -> {};

    /**
     * Tells once that the request has ended. The thread may be the one that reads the answers of the store: this must
     * be quick and must not block. What it throws is swallowed and logged, as that of a listener.
     *
     * @param failure why there is no answer, or which error was answered; empty if the request was answered
     */
    void onEnd(Optional<Throwable> failure);
}
