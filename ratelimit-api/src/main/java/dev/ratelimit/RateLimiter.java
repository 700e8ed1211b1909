package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * Answers one question: may this organization call this endpoint now?
 *
 * <p>A call is decided by every limit that its tier sets for the endpoint, all or nothing: admitted, it charges each of
 * them; rejected, it charges none. In no window of a limit's length, and in no period, are more units admitted than the
 * amount in force at each admission, except for the overrun that a {@link Quota} allows. More may be used than was
 * admitted when a {@link Reservation} is settled for more than it reserved; then nothing is admitted until that is paid
 * off.
 *
 * <pre>{@code
 * RateLimiter limiter = InMemoryRateLimiter.builder().tier(TRIAL).build();
 *
 * if (limiter.tryAcquire("acme", "chat") instanceof Rejected no) {
 *   return tooManyRequests(no.message(), no.retryAfter());
 * }
 * }</pre>
 *
 * <p>What is used is booked by organization, account of the tier, table, scope, unit, and window or period. Tiers that
 * agree on these share the meter, so that an organization keeps what it has used when its tier or an amount changes.
 *
 * <p>Before version 1.0 this interface will get further methods, which an implementation then must have.
 *
 * <p>Implementations are safe for use by many threads unless they say otherwise. Methods throw
 * {@link NullPointerException} for a {@code null} argument and {@link IllegalStateException} if the {@link
 * TierResolver} gives no tier; a rejection is a value.
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
     * Asks for one call of whoever a key was resolved to.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @return the refusal of the key, or whether the call may go ahead
     */
    default Decision tryAcquire(Resolution who, String endpoint) {
        return tryAcquire(who, endpoint, Usage.call());
    }

    /**
     * Asks for a call of whoever a key was resolved to, that uses so much. A call whose key is refused charges nothing.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @param usage what the call uses
     * @return the refusal of the key, or whether the call may go ahead
     */
    default Decision tryAcquire(Resolution who, String endpoint, Usage usage) {
        Rejected refusal = refusal(who, endpoint, usage);
        return refusal != null ? refusal : tryAcquire((Caller) who, endpoint, usage);
    }

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
     * Returns what {@code tryAcquire} would answer now, and charges nothing.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what would be called
     * @param usage what the call would use
     * @return the refusal of the key, or whether the call would be admitted
     */
    default Decision peek(Resolution who, String endpoint, Usage usage) {
        Rejected refusal = refusal(who, endpoint, usage);
        return refusal != null ? refusal : peek((Caller) who, endpoint, usage);
    }

    /**
     * Asks for a call whose cost is known only after it, and charges an estimate. The {@link TierResolver} says by
     * which tier it is decided.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, which says whether the call may go ahead
     */
    Reservation reserve(String organization, String endpoint, Usage estimate);

    /**
     * Asks for a call whose cost is known only after it, and charges an estimate, decided by the tier that the caller
     * brings.
     *
     * @param caller who calls, and under which tier
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, which says whether the call may go ahead
     */
    Reservation reserve(Caller caller, String endpoint, Usage estimate);

    /**
     * Asks for a call of whoever a key was resolved to, whose cost is known only after it, and charges an estimate.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, which says whether the call may go ahead; rejected, if the key is refused
     */
    default Reservation reserve(Resolution who, String endpoint, Usage estimate) {
        Rejected refusal = refusal(who, endpoint, estimate);
        return refusal != null ? Reservation.rejected(refusal) : reserve((Caller) who, endpoint, estimate);
    }

    /**
     * Asks for a call as {@link #reserve(String, String, Usage)} does, without a thread that waits for the answer of a
     * store. Unless a backend overrides it, this method calls {@link #reserve(String, String, Usage)}, which is right
     * where no call waits for a store.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, when there is an answer
     */
    default CompletionStage<? extends Reservation> reserveAsync(String organization, String endpoint, Usage estimate) {
        return CompletableFuture.completedFuture(reserve(organization, endpoint, estimate));
    }

    /**
     * Asks for a call as {@link #reserve(Caller, String, Usage)} does, without a thread that waits for the answer of a
     * store. Unless a backend overrides it, this method calls {@link #reserve(Caller, String, Usage)}, which is right
     * where no call waits for a store.
     *
     * @param caller who calls, and under which tier
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, when there is an answer
     */
    default CompletionStage<? extends Reservation> reserveAsync(Caller caller, String endpoint, Usage estimate) {
        return CompletableFuture.completedFuture(reserve(caller, endpoint, estimate));
    }

    /**
     * Asks for a call, and lets the calling thread wait until it is admitted. It says at once when that will not be in
     * time: when the wait that a rejection names is longer than what is left of the longest wait, or when no wait
     * helps.
     *
     * <p>Nothing is charged and no place in a queue is held while it waits, so there is no fairness: a call that comes
     * later may be admitted earlier. A waiting call asks again after the wait that it was told and a random part of it,
     * so that those that were told the same do not come back all at once: up to a sixteenth at first, and twice that
     * each time it is refused again, up to the wait itself. What is given back, or allowed by another tier, before it
     * asks again does not wake it.
     *
     * <p>The wait goes by the {@link #timeSource()}. The last attempt is made no later than {@code maxWait}, plus the
     * imprecision of {@link TimeSource#sleep}. A longest wait of zero makes one attempt; one above 292 years has no
     * end.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param usage what the call uses
     * @param maxWait the longest wait, zero or more
     * @return admitted; or the last rejection
     * @throws InterruptedException if the thread is interrupted before it asks or while it waits; then nothing is
     *     charged
     * @throws IllegalArgumentException if the longest wait is negative
     */
    default Decision acquire(String organization, String endpoint, Usage usage, Duration maxWait)
            throws InterruptedException {
        requireCall(organization, endpoint, usage);
        return new PendingAcquire(maxWait, timeSource()).await(() -> reserve(organization, endpoint, usage));
    }

    /**
     * Asks for a call, decided by the tier that the caller brings, and lets the calling thread wait until it is
     * admitted, as {@link #acquire(String, String, Usage, Duration)} does.
     *
     * @param caller who calls, and under which tier
     * @param endpoint what is called
     * @param usage what the call uses
     * @param maxWait the longest wait, zero or more
     * @return admitted; or the last rejection
     * @throws InterruptedException if the thread is interrupted before it asks or while it waits; then nothing is
     *     charged
     * @throws IllegalArgumentException if the longest wait is negative
     */
    default Decision acquire(Caller caller, String endpoint, Usage usage, Duration maxWait)
            throws InterruptedException {
        requireCall(caller, endpoint, usage);
        return new PendingAcquire(maxWait, timeSource()).await(() -> reserve(caller, endpoint, usage));
    }

    /**
     * Asks for a call of whoever a key was resolved to, and lets the calling thread wait until it is admitted, as
     * {@link #acquire(String, String, Usage, Duration)} does. A refusal of the key is answered at once.
     *
     * @param who a caller, or the refusal of its key; a key that is revoked while the call waits does not end the
     *     waiting
     * @param endpoint what is called
     * @param usage what the call uses
     * @param maxWait the longest wait, zero or more
     * @return admitted; or the refusal of the key, or the last rejection
     * @throws InterruptedException if the thread is interrupted before it asks or while it waits; then nothing is
     *     charged
     * @throws IllegalArgumentException if the longest wait is negative
     */
    default Decision acquire(Resolution who, String endpoint, Usage usage, Duration maxWait)
            throws InterruptedException {
        Rejected refusal = refusal(who, endpoint, usage);
        PendingAcquire.requireWait(maxWait);
        return refusal != null ? refusal : acquire((Caller) who, endpoint, usage, maxWait);
    }

    /**
     * Asks for a call until it is admitted, as {@link #acquire(String, String, Usage, Duration)} does, without a thread
     * that waits: neither for its time nor, by {@link #reserveAsync(String, String, Usage)}, for the answer of a store.
     * It asks for the first time before it returns, then on threads of the scheduler. What depends on the future runs
     * on threads of the scheduler too, but for an answer that is there before this method returns.
     *
     * <p>To cancel or complete the future (itself, not one derived from it) ends the waiting: the task that would ask
     * again is cancelled, and removed if the scheduler is a {@link java.util.concurrent.ThreadPoolExecutor}; a call
     * that is admitted all the same is given back by {@link Reservation#cancelAsync()}. A scheduler that drops its
     * tasks, as {@link ScheduledExecutorService#shutdownNow()} does, leaves the future incomplete, and a call charged
     * whose answer it was to bring.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param usage what the call uses
     * @param maxWait the longest wait, zero or more
     * @param scheduler asks again when it is time, by a clock that runs like the {@link #timeSource()}; it is not shut
     *     down
     * @return admitted, or the last rejection; completed exceptionally if asking or scheduling threw an exception, also
     *     that of a {@link TierResolver} that gives no tier
     * @throws IllegalArgumentException if the longest wait is negative
     */
    default CompletableFuture<Decision> acquireAsync(
            String organization, String endpoint, Usage usage, Duration maxWait, ScheduledExecutorService scheduler) {
        requireCall(organization, endpoint, usage);
        return new PendingAcquire(maxWait, timeSource())
                .async(() -> reserveAsync(organization, endpoint, usage), scheduler);
    }

    /**
     * Asks for a call, decided by the tier that the caller brings, until it is admitted, as
     * {@link #acquireAsync(String, String, Usage, Duration, ScheduledExecutorService)} does.
     *
     * @param caller who calls, and under which tier
     * @param endpoint what is called
     * @param usage what the call uses
     * @param maxWait the longest wait, zero or more
     * @param scheduler asks again when it is time, by a clock that runs like the {@link #timeSource()}; it is not shut
     *     down
     * @return admitted, or the last rejection; completed exceptionally if asking or scheduling threw an exception
     * @throws IllegalArgumentException if the longest wait is negative
     */
    default CompletableFuture<Decision> acquireAsync(
            Caller caller, String endpoint, Usage usage, Duration maxWait, ScheduledExecutorService scheduler) {
        requireCall(caller, endpoint, usage);
        return new PendingAcquire(maxWait, timeSource()).async(() -> reserveAsync(caller, endpoint, usage), scheduler);
    }

    /**
     * Asks for a call of whoever a key was resolved to until it is admitted, as
     * {@link #acquireAsync(String, String, Usage, Duration, ScheduledExecutorService)} does. A refusal of the key is
     * answered at once.
     *
     * @param who a caller, or the refusal of its key; a key that is revoked while the call waits does not end the
     *     waiting
     * @param endpoint what is called
     * @param usage what the call uses
     * @param maxWait the longest wait, zero or more
     * @param scheduler asks again when it is time, by a clock that runs like the {@link #timeSource()}; it is not shut
     *     down
     * @return admitted, or the refusal of the key, or the last rejection; completed exceptionally if asking or
     *     scheduling threw an exception
     * @throws IllegalArgumentException if the longest wait is negative
     */
    default CompletableFuture<Decision> acquireAsync(
            Resolution who, String endpoint, Usage usage, Duration maxWait, ScheduledExecutorService scheduler) {
        Rejected refusal = refusal(who, endpoint, usage);
        PendingAcquire.requireWait(maxWait);
        requireNonNull(scheduler, "scheduler");
        return refusal != null
                ? CompletableFuture.completedFuture(refusal)
                : acquireAsync((Caller) who, endpoint, usage, maxWait, scheduler);
    }

    private static void requireCall(String organization, String endpoint, Usage usage) {
        requireNonNull(organization, "organization");
        requireNonNull(endpoint, "endpoint");
        requireNonNull(usage, "usage");
    }

    private static void requireCall(Caller caller, String endpoint, Usage usage) {
        requireNonNull(caller, "caller");
        requireNonNull(endpoint, "endpoint");
        requireNonNull(usage, "usage");
    }

    private static @Nullable Rejected refusal(Resolution who, String endpoint, Usage usage) {
        requireNonNull(who, "who");
        requireNonNull(endpoint, "endpoint");
        requireNonNull(usage, "usage");
        return who instanceof Rejected refusal ? refusal : null;
    }

    /**
     * Returns where an organization stands with every limit of an endpoint, and charges nothing.
     *
     * @param organization whose use is asked for
     * @param endpoint the endpoint
     * @return one status for each limit, those of shadow tables included, in the order of the tier's tables; empty if
     *     the endpoint is unlimited
     */
    List<LimitStatus> status(String organization, String endpoint);

    /**
     * Returns where an organization stands with all limits of its tier: those of the endpoints that the tier's tables
     * name, and of their groups, used or not; and those that other endpoints have by themselves, if something of them
     * is used or granted. Limits of {@linkplain LimitTable#asShadow() shadow tables} are among them, and say so.
     *
     * @param organization whose status is asked for
     * @return the limits in the order of the tables, those of other endpoints behind, by name; unmodifiable
     */
    List<LimitStatus> status(String organization);

    /**
     * Returns where an organization stands with every limit that a tier sets for an endpoint, and charges nothing.
     *
     * @param caller whose use is asked for, and under which tier
     * @param endpoint the endpoint
     * @return one status for each limit, those of shadow tables included, in the order of the tier's tables; empty if
     *     the endpoint is unlimited
     */
    List<LimitStatus> status(Caller caller, String endpoint);

    /**
     * Returns where a caller's organization stands with all limits of the caller's tier, as {@link #status(String)}
     * does.
     *
     * @param caller whose status is asked for, and under which tier
     * @return the limits in the order of the tables, those of other endpoints behind, by name; unmodifiable
     */
    List<LimitStatus> status(Caller caller);

    /**
     * Returns the clocks that this limiter goes by, and waits by.
     *
     * @return the time source
     */
    TimeSource timeSource();
}
