package dev.ratelimit;

import java.util.List;

/**
 * Answers one question: may this organization call this endpoint now?
 *
 * <p>A call is decided by every limit that its tier sets for the endpoint, all or nothing: admitted, it charges each of them;
 * rejected, it charges none. In no window of a limit's length, and in no period, are more units admitted than the
 * amount in force at each admission, except for the overrun that a {@link Quota} allows.
 *
 * <pre>{@code
 * RateLimiter limiter = InMemoryRateLimiter.builder().tier(TRIAL).build();
 *
 * if (limiter.tryAcquire("acme", "chat") instanceof Rejected no) {
 *   return tooManyRequests(no.message(), no.retryAfter());
 * }
 * }</pre>
 *
 * <p>What is used is booked by organization, account of the tier, table, scope, unit, and window or period. Tiers that agree on
 * these share the meter, so that an organization keeps what it has used when its tier or an amount changes.
 *
 * <p>Before version 1.0 this interface will get further methods, which an implementation then must have.
 *
 * <p>Implementations are safe for use by many threads unless they say otherwise. Methods throw
 * {@link NullPointerException} for a {@code null} argument and {@link IllegalStateException} if the {@link TierResolver} gives
 * no tier; a rejection is a value.
 */
public interface RateLimiter {

    /**
     * Asks for one call.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @return whether the call may go ahead
     */
    default Decision tryAcquire(String organization, String endpoint) {
        return tryAcquire(organization, endpoint, Usage.call());
    }

    /**
     * Asks for a call that uses so much. The {@link TierResolver} says by which tier it is decided.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param usage what the call uses
     * @return whether the call may go ahead
     */
    Decision tryAcquire(String organization, String endpoint, Usage usage);

    /**
     * Asks for one call, decided by the tier that the caller brings.
     *
     * @param caller who calls, and under which tier
     * @param endpoint what is called
     * @return whether the call may go ahead
     */
    default Decision tryAcquire(Caller caller, String endpoint) {
        return tryAcquire(caller, endpoint, Usage.call());
    }

    /**
     * Asks for a call that uses so much, decided by the tier that the caller brings.
     *
     * @param caller who calls, and under which tier
     * @param endpoint what is called
     * @param usage what the call uses
     * @return whether the call may go ahead
     */
    Decision tryAcquire(Caller caller, String endpoint, Usage usage);

    /**
     * Returns what {@code tryAcquire} would answer now, and charges nothing.
     *
     * @param organization who would call
     * @param endpoint what would be called
     * @param usage what the call would use
     * @return whether the call would be admitted
     */
    Decision peek(String organization, String endpoint, Usage usage);

    /**
     * Returns what {@code tryAcquire} would answer now, and charges nothing.
     *
     * @param caller who would call, and under which tier
     * @param endpoint what would be called
     * @param usage what the call would use
     * @return whether the call would be admitted
     */
    Decision peek(Caller caller, String endpoint, Usage usage);

    /**
     * Returns where an organization stands with every limit of an endpoint, and charges nothing.
     *
     * @param organization whose use is asked for
     * @param endpoint the endpoint
     * @return one status for each limit, in the order of the tier's tables; empty if the endpoint is unlimited
     */
    List<LimitStatus> status(String organization, String endpoint);

    /**
     * Returns where an organization stands with every limit that a tier sets for an endpoint, and charges nothing.
     *
     * @param caller whose use is asked for, and under which tier
     * @param endpoint the endpoint
     * @return one status for each limit, in the order of the tier's tables; empty if the endpoint is unlimited
     */
    List<LimitStatus> status(Caller caller, String endpoint);
}
