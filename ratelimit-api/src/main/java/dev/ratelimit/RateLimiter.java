package dev.ratelimit;

import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.List;

/**
 * Answers one question: may this organization call this endpoint now?
 *
 * <p>A call is decided by every limit that its tier sets for the endpoint, all or nothing: admitted, it charges each of
 * them; rejected, it charges none. So it is with the limits of the {@linkplain Caller members} that the caller names.
 * The units that are admitted in a window or in a period never exceed the amount in force at each admission. The one
 * exception is the overrun that a {@link Quota} allows. A {@link Reservation} that is settled for more than it reserved
 * may use more than was admitted; then nothing is admitted until that is paid off.
 *
 * <pre>{@code
 * RateLimiter limiter = InMemoryRateLimiter.builder().tier(TRIAL).build();
 *
 * if (limiter.tryAcquire("acme", "chat") instanceof Rejected no) {
 *   return tooManyRequests(no.message(), no.retryAfter());
 * }
 * }</pre>
 *
 * <p>Each question is asked in one form: of a {@link Resolution}, which is a {@link Caller}, or the refusal of a key
 * that a directory gave. A refused key is answered with its refusal, and nothing is charged. The short forms take the
 * name of an organization, whose tier the limiter's {@link TierResolver} gives at every call.
 *
 * <p>Views ask the same limiter in another way: {@link #waiting} until a call is admitted, {@link #async} without a
 * thread that waits for a store, {@link #bind} for one endpoint of one caller; {@link #reporting} also tells where the
 * organization stands.
 *
 * <p>What is used is booked by organization and member, account of the tier, table, scope, unit, and window or period.
 * Tiers that agree on these share the meter, so that an organization keeps what it has used when its tier or an amount
 * changes.
 *
 * <p>Before version 1.0 this interface will get further methods, which an implementation then must have.
 *
 * <p>Implementations are safe for use by many threads unless they say otherwise. Methods throw {@link
 * NullPointerException} for a {@code null} argument. Those that take the name of an organization throw {@link
 * IllegalStateException} if there is no tier for it. A rejection is a value.
 */
public interface RateLimiter {

    /**
     * Asks for a call by its usage.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @param usage what the call uses
     * @return whether the call may go ahead; the refusal of the key, if it is refused
     */
    Decision tryAcquire(Resolution who, String endpoint, Usage usage);

    /**
     * Returns what {@code tryAcquire} would answer now, and charges nothing.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what would be called
     * @param usage what the call would use
     * @return whether the call would be admitted; the refusal of the key, if it is refused
     */
    Decision peek(Resolution who, String endpoint, Usage usage);

    /**
     * Asks for a call whose cost is known only after it, and charges an estimate.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, which says whether the call may go ahead; rejected, if the key is refused
     */
    Reservation reserve(Resolution who, String endpoint, Usage estimate);

    /**
     * Charges usage that has happened, whether it fits or not: under a limit of 100 units, usages of 80, 50 and 40
     * count 170. Then nothing is admitted until what is beyond the amount has expired. Limits of {@linkplain
     * LimitTable#asShadow() shadow tables} are charged as by a call: only if they would admit it.
     *
     * @param who a caller, or the refusal of its key, which charges nothing
     * @param endpoint what was called
     * @param usage what the call has used
     * @return whether the usage was charged, and what {@code tryAcquire} would have answered
     */
    Recorded record(Resolution who, String endpoint, Usage usage);

    /**
     * Returns where the parties of a call stand with every limit that their tiers set for an endpoint, and charges
     * nothing. The limits of the organization come first, then those of the members that the caller names, in the order
     * of their kinds.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint the endpoint
     * @return one status for each limit of a party, in the order of its tier's tables, shadow tables included; empty if
     *     the endpoint is unlimited or the key is refused
     */
    List<LimitStatus> status(Resolution who, String endpoint);

    /**
     * Returns where the parties of a call stand with all limits of their tiers. The limits of the endpoints that a
     * tier's tables name, and those of groups, are always among them. A limit that another endpoint has alone is among
     * them if something of it is used or granted. So are limits of {@linkplain LimitTable#asShadow() shadow tables},
     * which say so. An endpoint with a name of more than {@value Scope.Endpoint#MAX_BYTES} bytes that only a pattern
     * matches may be missing.
     *
     * @param who a caller, or the refusal of its key
     * @return for the organization, then for each member that the caller names: the limits in the order of the tables,
     *     those of other endpoints behind, by name; unmodifiable; empty if the key is refused
     */
    List<LimitStatus> status(Resolution who);

    /**
     * Returns an organization under the tier that the {@link TierResolver} gives now. What follows may be asked of the
     * caller without asking the resolver again.
     *
     * @param organization who calls
     * @return the caller
     * @throws IllegalStateException if the limiter has no tier for the organization; the message says what to set
     */
    Caller caller(String organization);

    /**
     * Returns the clocks that this limiter goes by, and waits by.
     *
     * @return the time source
     */
    TimeSource timeSource();

    /**
     * Returns the same limiter, whose decisions tell where the organization stands with the limits of the call: {@link
     * Decision#limits()}. It decides alike, and tells from the same step. This view comes first: {@code
     * limiter.reporting().async()}, {@code limiter.reporting().waiting(maxWait)}.
     *
     * @return the view; itself, if this limiter reports
     */
    RateLimiter reporting();

    /**
     * Returns the same limiter, asked without a thread that waits for a store.
     *
     * @return the view, which decides as this limiter does
     */
    AsyncRateLimiter async();

    /**
     * Returns the same limiter, asked until a call is admitted.
     *
     * @param maxWait the longest wait, zero or more: zero makes one attempt, more than 292 years have no end
     * @return the view, which decides as this limiter does
     * @throws IllegalArgumentException if the longest wait is negative
     */
    default WaitingLimiter waiting(Duration maxWait) {
        return new WaitingLimiter(this, maxWait);
    }

    /**
     * Binds an endpoint of a caller, for a host that keeps an object for each customer anyway.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @return an object that decides as this limiter does
     */
    default BoundLimiter bind(Resolution who, String endpoint) {
        return new NamedEndpoint(this, who, endpoint);
    }

    /**
     * Binds an endpoint of an organization. The {@link TierResolver} is asked at every call, so that a change of tier
     * counts from the next call on.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @return an object that decides as this limiter does
     */
    default BoundLimiter bind(String organization, String endpoint) {
        return new NamedEndpoint(this, organization, endpoint);
    }

    /**
     * Asks for one call.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @return whether the call may go ahead; the refusal of the key, if it is refused
     */
    default Decision tryAcquire(Resolution who, String endpoint) {
        return tryAcquire(who, endpoint, Usage.call());
    }

    /**
     * Asks for one call of an organization.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @return whether the call may go ahead
     */
    default Decision tryAcquire(String organization, String endpoint) {
        return tryAcquire(organization, endpoint, Usage.call());
    }

    /**
     * Asks for a call of an organization by its usage.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param usage what the call uses
     * @return whether the call may go ahead
     */
    default Decision tryAcquire(String organization, String endpoint, Usage usage) {
        return tryAcquire(caller(organization), endpoint, usage);
    }

    /**
     * Returns what {@code tryAcquire} would answer an organization now, and charges nothing.
     *
     * @param organization who would call
     * @param endpoint what would be called
     * @param usage what the call would use
     * @return whether the call would be admitted
     */
    default Decision peek(String organization, String endpoint, Usage usage) {
        return peek(caller(organization), endpoint, usage);
    }

    /**
     * Asks for a call of an organization whose cost is known only after it, and charges an estimate.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, which says whether the call may go ahead
     */
    default Reservation reserve(String organization, String endpoint, Usage estimate) {
        return reserve(caller(organization), endpoint, estimate);
    }

    /**
     * Charges usage of an organization that has happened, whether it fits or not.
     *
     * @param organization who has called
     * @param endpoint what was called
     * @param usage what the call has used
     * @return whether the usage was charged, and what {@code tryAcquire} would have answered
     */
    default Recorded record(String organization, String endpoint, Usage usage) {
        return record(caller(organization), endpoint, usage);
    }

    /**
     * Returns where an organization stands with every limit of an endpoint, and charges nothing.
     *
     * @param organization whose use is asked for
     * @param endpoint the endpoint
     * @return one status for each limit, as {@link #status(Resolution, String)} gives them
     */
    default List<LimitStatus> status(String organization, String endpoint) {
        return status(caller(organization), endpoint);
    }

    /**
     * Returns where an organization stands with all limits of its tier.
     *
     * @param organization whose use is asked for
     * @return the limits, as {@link #status(Resolution)} gives them
     */
    default List<LimitStatus> status(String organization) {
        return status(caller(organization));
    }
}
