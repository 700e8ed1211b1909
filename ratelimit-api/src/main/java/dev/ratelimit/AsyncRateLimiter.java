package dev.ratelimit;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The questions of a {@link RateLimiter}, asked without a thread that waits for a store. {@link RateLimiter#async()}
 * gives this view; it decides as that limiter does.
 *
 * <p>What depends on a stage may run on the thread that the store's answer came by, so it must not block. A backend
 * says which thread that is.
 *
 * <p>Implementations are safe for use by many threads. Methods throw what those of {@link RateLimiter} throw for a bad
 * argument; a store that fails completes a stage exceptionally, where the backend does not decide without it.
 */
public interface AsyncRateLimiter {

    /**
     * Asks for a call by its usage.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @param usage what the call uses
     * @return whether the call may go ahead, when there is an answer; the refusal of the key, if it is refused
     */
    CompletionStage<Decision> tryAcquire(Resolution who, String endpoint, Usage usage);

    /**
     * Returns what {@code tryAcquire} would answer now, and charges nothing.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what would be called
     * @param usage what the call would use
     * @return whether the call would be admitted, when there is an answer
     */
    CompletionStage<Decision> peek(Resolution who, String endpoint, Usage usage);

    /**
     * Asks for a call whose cost is known only after it, and charges an estimate. The reservation's {@code useAsync},
     * {@code settleAsync} and {@code cancelAsync} need no thread that waits either.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, which says whether the call may go ahead, when there is an answer
     */
    CompletionStage<Reservation> reserve(Resolution who, String endpoint, Usage estimate);

    /**
     * Charges usage that has happened, whether it fits or not.
     *
     * @param who a caller, or the refusal of its key, which charges nothing
     * @param endpoint what was called
     * @param usage what the call has used
     * @return whether the usage was charged, and what {@code tryAcquire} would have answered, when there is an answer
     */
    CompletionStage<Recorded> record(Resolution who, String endpoint, Usage usage);

    /**
     * Returns where a caller's organization stands with every limit of an endpoint.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint the endpoint
     * @return the limits as {@link RateLimiter#status(Resolution, String)} gives them, when there is an answer
     */
    CompletionStage<List<LimitStatus>> status(Resolution who, String endpoint);

    /**
     * Returns where a caller's organization stands with all limits of the tier.
     *
     * @param who a caller, or the refusal of its key
     * @return the limits as {@link RateLimiter#status(Resolution)} gives them, when there is an answer
     */
    CompletionStage<List<LimitStatus>> status(Resolution who);

    /**
     * Returns an organization under the tier that the {@link TierResolver} gives now.
     *
     * @param organization who calls
     * @return the caller
     * @throws IllegalStateException if the limiter has no tier for the organization
     */
    Caller caller(String organization);

    /**
     * Returns the view of a limiter that answers at once, so that no call of it waits for a store; for backends.
     *
     * @param limiter answers at once
     * @return a view whose stages are complete
     */
    static AsyncRateLimiter immediate(RateLimiter limiter) {
        return new ImmediateAnswers(limiter);
    }

    /**
     * Asks for one call.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @return whether the call may go ahead, when there is an answer
     */
    default CompletionStage<Decision> tryAcquire(Resolution who, String endpoint) {
        return tryAcquire(who, endpoint, Usage.call());
    }

    /**
     * Asks for one call of an organization.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @return whether the call may go ahead, when there is an answer
     */
    default CompletionStage<Decision> tryAcquire(String organization, String endpoint) {
        return tryAcquire(organization, endpoint, Usage.call());
    }

    /**
     * Asks for a call of an organization by its usage.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param usage what the call uses
     * @return whether the call may go ahead, when there is an answer
     */
    default CompletionStage<Decision> tryAcquire(String organization, String endpoint, Usage usage) {
        return tryAcquire(caller(organization), endpoint, usage);
    }

    /**
     * Returns what {@code tryAcquire} would answer an organization now, and charges nothing.
     *
     * @param organization who would call
     * @param endpoint what would be called
     * @param usage what the call would use
     * @return whether the call would be admitted, when there is an answer
     */
    default CompletionStage<Decision> peek(String organization, String endpoint, Usage usage) {
        return peek(caller(organization), endpoint, usage);
    }

    /**
     * Asks for a call of an organization whose cost is known only after it, and charges an estimate.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, which says whether the call may go ahead, when there is an answer
     */
    default CompletionStage<Reservation> reserve(String organization, String endpoint, Usage estimate) {
        return reserve(caller(organization), endpoint, estimate);
    }

    /**
     * Charges usage of an organization that has happened, whether it fits or not.
     *
     * @param organization who has called
     * @param endpoint what was called
     * @param usage what the call has used
     * @return whether the usage was charged, and what {@code tryAcquire} would have answered, when there is an answer
     */
    default CompletionStage<Recorded> record(String organization, String endpoint, Usage usage) {
        return record(caller(organization), endpoint, usage);
    }

    /**
     * Returns where an organization stands with every limit of an endpoint.
     *
     * @param organization whose use is asked for
     * @param endpoint the endpoint
     * @return one status for each limit, when there is an answer
     */
    default CompletionStage<List<LimitStatus>> status(String organization, String endpoint) {
        return status(caller(organization), endpoint);
    }

    /**
     * Returns where an organization stands with all limits of its tier.
     *
     * @param organization whose use is asked for
     * @return the limits, when there is an answer
     */
    default CompletionStage<List<LimitStatus>> status(String organization) {
        return status(caller(organization));
    }
}
