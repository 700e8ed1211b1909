package dev.ratelimit;

import java.util.List;

/**
 * One endpoint of one caller: a handle that decides as its limiter does, and may skip the look-ups of names. It is for
 * hosts that keep an object for each customer anyway. {@link RateLimiter#bind} makes it.
 *
 * <pre>{@code
 * BoundLimiter chat = limiter.bind("acme", "chat");
 * if (chat.tryAcquire() instanceof Rejected no) {
 *   return tooManyRequests(no.message(), no.retryAfter());
 * }
 * }</pre>
 *
 * <p>Implementations are safe for use by many threads. One that is bound to the name of an organization asks the {@link
 * TierResolver} at every call, and throws {@link IllegalStateException} if that gives no tier. Methods throw {@link
 * NullPointerException} for a {@code null} argument.
 */
public interface BoundLimiter {

    /**
     * Asks for a call by its usage.
     *
     * @param usage what the call uses
     * @return whether the call may go ahead; the refusal of the key, if it is bound to one
     */
    Decision tryAcquire(Usage usage);

    /**
     * Returns what {@code tryAcquire} would answer now, and charges nothing.
     *
     * @param usage what the call would use
     * @return whether the call would be admitted
     */
    Decision peek(Usage usage);

    /**
     * Asks for a call whose cost is known only after it, and charges an estimate.
     *
     * @param estimate what the call is expected to use
     * @return the reservation, which says whether the call may go ahead
     */
    Reservation reserve(Usage estimate);

    /**
     * Returns where the organization stands with every limit of the endpoint.
     *
     * @return one status for each limit, as {@link RateLimiter#status(Resolution, String)} gives them
     */
    List<LimitStatus> status();

    /**
     * Asks for one call.
     *
     * @return whether the call may go ahead; the refusal of the key, if it is bound to one
     */
    default Decision tryAcquire() {
        return tryAcquire(Usage.call());
    }
}
