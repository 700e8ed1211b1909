package dev.ratelimit.spi;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.List;

/**
 * What a host hears of a limiter: its decisions, how reservations end, limits that are nearly used up, how long calls
 * wait, requests to a store, and what support did.
 *
 * <pre>{@code
 * final class RejectionCounter implements RateLimitListener {
 *
 *   private final LongAdder rejections = new LongAdder();
 *
 *   @Override
 *   public void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
 *     rejections.increment();
 *   }
 * }
 * }</pre>
 *
 * <p>Every method does nothing unless it is overridden. Later versions may tell of further events, in the same way.
 *
 * <p>A limiter notifies its listeners on the thread that called it, when the decision is made and charged, and before
 * the caller has it. A limiter on a shared store may use the thread that reads the answers. A listener cannot change a
 * decision, but the caller waits for it: it must be quick and must not block. The limiter swallows what a listener
 * throws, errors included, and logs it at most once a minute; other listeners hear of the event nevertheless. A
 * listener may call {@code peek} and {@code status}, of which no listener is told. Calls that it makes are told to it
 * like any others.
 *
 * <p>Implementations must be safe for use by many threads. The events of two threads may be told in another order than
 * that of the decisions.
 *
 * <p>What all calls used is the sum of what was {@link #onAdmitted} and {@link #onRecorded}, where a reservation that
 * was {@link #onSettled} counts with its actual use instead of its estimate, for the units that this states, and one
 * that was {@link #onCancelled} does not count. What is added to a reservation piece by piece is not told: the actual
 * use includes it. So that sum lacks what was added to reservations that are not settled, and of units that they are
 * not settled for; {@code status} has it.
 */
public interface RateLimitListener {

    /**
     * Tells that a call was admitted, and its usage charged. That of a reservation is its estimate, which {@link
     * #onSettled} or {@link #onCancelled} may correct later.
     *
     * @param caller who called, and the tier that decided
     * @param endpoint what was called
     * @param usage what was charged
     */
    default void onAdmitted(Caller caller, String endpoint, Usage usage) {}

    /**
     * Tells that a call which was {@linkplain #onAdmitted admitted} is a reservation. It is open until {@link
     * #onSettled} or {@link #onCancelled} is told. One that the host forgets stays open.
     *
     * @param caller who called, and the tier that decided
     * @param endpoint what was called
     * @param estimate what was charged
     */
    default void onReserved(Caller caller, String endpoint, Usage estimate) {}

    /**
     * Tells that usage which has happened was recorded; not, if it was not charged.
     *
     * @param caller who called, and the tier whose limits were charged
     * @param endpoint what was called
     * @param usage what was charged
     * @param recorded the answer
     */
    default void onRecorded(Caller caller, String endpoint, Usage usage, Recorded recorded) {}

    /**
     * Tells that a call was rejected, or more for a reservation. Nothing was charged. A call that waits for its turn is
     * told at each rejection. A call whose key is refused is not told: no limiter decides it, and the caller is
     * unknown.
     *
     * @param caller who called, and the tier that decided
     * @param endpoint what was called
     * @param usage what was asked for; more for a reservation is no further call unless it states {@link
     *     dev.ratelimit.Unit#CALLS}
     * @param rejected the answer
     */
    default void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {}

    /**
     * Tells that a call was admitted, or more for a reservation, which a limit of a {@linkplain
     * dev.ratelimit.LimitTable#asShadow() shadow table} would have rejected if it were in force. It is told once for
     * each such limit; of a call, after {@link #onAdmitted}.
     *
     * @param caller who called, and the tier that decided
     * @param endpoint what was called
     * @param usage what was asked for, and is charged to other limits
     * @param rejected what the answer would have been
     */
    default void onShadowRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {}

    /**
     * Tells that a reservation was settled. A reservation that had ended before is not told.
     *
     * @param caller who called, and the tier that decided
     * @param endpoint what was called
     * @param estimate the usage that was told when the reservation was admitted
     * @param actual what the call really used, in all, of the units that it states
     */
    default void onSettled(Caller caller, String endpoint, Usage estimate, Usage actual) {}

    /**
     * Tells that a reservation was cancelled, and all that it had charged was given back. A reservation that had ended
     * before is not told.
     *
     * @param caller who called, and the tier that decided
     * @param endpoint what was called
     * @param estimate the usage that was told when the reservation was admitted
     */
    default void onCancelled(Caller caller, String endpoint, Usage estimate) {}

    /**
     * Tells that a call which was ready to {@linkplain dev.ratelimit.WaitingLimiter wait} has its answer, whether it
     * had to wait or not. Each attempt is told before, as that of a call which does not wait. A call is not told if its
     * key is refused, if it is interrupted or cancelled, or if it fails.
     *
     * @param caller who called, and the tier that decided last
     * @param endpoint what was called
     * @param decision the answer
     * @param waited the time from the call to the answer, by the {@link TimeSource} of the limiter
     */
    default void onWaited(Caller caller, String endpoint, Decision decision, Duration waited) {}

    /**
     * Tells that a request is about to be sent to the store that keeps the counts: one run of the script on Redis, or
     * one request to a {@link QuotaStore}. It is told on the thread that sends the request. That may be one of the
     * limiter's own, since leases are renewed and reservations are settled without a call.
     *
     * @param operation what is asked: one of a few words of the store, such as {@code charge}, {@code settle} or {@code
     *     quotas-take}
     * @return hears once how the request ends; {@link RoundTrip#UNHEARD} unless overridden, for which nothing is timed
     */
    default RoundTrip onRoundTrip(String operation) {
        return RoundTrip.UNHEARD;
    }

    /**
     * Returns the shares of a limit's amount at which the limit is nearly used up, and {@link #onNearLimit} is told.
     * They are asked for once, when the limiter is built, which fails if one is out of its range. A listener with a
     * share is also told when a quota that {@linkplain dev.ratelimit.Overrun#NEVER_REFUSES never refuses} is used up.
     *
     * @return shares above 0 and up to 1, such as 0.5, 0.8 and 0.95; none unless overridden: then {@link #onNearLimit}
     *     is never told
     */
    default List<Double> nearLimitAt() {
        return List.of();
    }

    /**
     * Tells that a limit is nearly used up: what is used has reached a share {@link #nearLimitAt} of the amount and
     * what was granted. For each share one of all charges is told, the one that reached it, whatever machines share the
     * limit. The share is told again only after less was used. Limits of shadow tables are told too, and say so.
     *
     * @param caller whose charge reached the share, and the tier that decided
     * @param endpoint what was called; other endpoints may share the limit
     * @param status where the organization now stands with the limit
     */
    default void onNearLimit(Caller caller, String endpoint, LimitStatus status) {}

    /**
     * Tells that the host changed what is granted beyond the amount of a quota until its period ends.
     *
     * @param caller to whom, and the tier that has the quota
     * @param status where the organization now stands with the quota
     */
    default void onGranted(Caller caller, LimitStatus status) {}

    /**
     * Tells that the host charged what an organization has used under a former tier to the limits of another. Limits
     * that this brings near their amount are not told by it.
     *
     * @param caller who was charged, and the tier whose limits were
     * @param former the tier that the organization had
     * @param charged where the organization now stands with the limits that were charged, at least one
     */
    default void onCarriedOver(Caller caller, Caller former, List<LimitStatus> charged) {}

    /**
     * Tells that the host set what an organization has used to nothing.
     *
     * @param organization whose use was reset
     */
    default void onReset(String organization) {}

    /**
     * Tells that the host dropped what was kept for an organization. State that is dropped because it is idle is not
     * told.
     *
     * @param organization whose state was dropped
     */
    default void onForgotten(String organization) {}
}
