package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spi.WaitingCalls;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A limiter that is asked until a call is admitted, or until it is clear that it will not be in time. {@link
 * RateLimiter#waiting} gives this view.
 *
 * <pre>{@code
 * Reservation reservation = limiter.waiting(Duration.ofSeconds(30)).reserve("acme", "chat", estimate);
 * if (reservation.decision() instanceof Rejected no) {
 *   return tooManyRequests(no.message(), no.retryAfter());
 * }
 * }</pre>
 *
 * <p>A call is answered at once when it will not be in time: when the wait that a rejection names is longer than what
 * is left of the longest wait, or when no wait helps. A refusal of a key is answered at once; a key that is revoked
 * while its call waits does not end the waiting.
 *
 * <p>A call that waits holds nothing and no place in a queue, so there is no fairness: a call that comes later may be
 * admitted earlier. It asks again after the wait that it was told and a random part of that, so that those who were
 * told the same do not come back at once. The part is up to a sixteenth at first, and doubles each time the call is
 * refused again, up to the wait itself. What is given back, or allowed by another tier, before it asks again does not
 * wake it, unless it waits for calls in flight. The {@link TierResolver} is asked at every attempt of a call by name.
 *
 * <p>A rejection whose wait is an {@linkplain Rejected#mayBeSooner() upper bound} is answered at once only if the
 * certain part of the wait is too long. Otherwise the call sleeps through that part. Then it asks again whenever a call
 * in flight of its organization has ended on this limiter; and, since calls end on other machines too, first after a
 * millisecond, then after twice the time each time, up to a second, until the longest wait is over. Where many wait,
 * each end wakes one of them, and one that is admitted wakes the next.
 *
 * <p>The wait goes by the {@link RateLimiter#timeSource()}. The last attempt is made no later than the longest wait,
 * plus the imprecision of {@link TimeSource#sleep} or of the scheduler. A longest wait of zero makes one attempt; one
 * above 292 years has no end.
 *
 * <p>The forms with a scheduler hold no thread while they wait, and none while a store answers: the scheduler asks
 * again when it is time, by a clock that runs like the time source, and is not shut down. When a future of theirs is
 * cancelled, the call leaves the scheduler; if a store admits it later, it is given back.
 *
 * <p>Safe for use by many threads. Methods throw {@link NullPointerException} for a {@code null} argument. Those that
 * take the name of an organization and let the thread wait throw {@link IllegalStateException} if there is no tier for
 * it.
 */
public final class WaitingLimiter {

    private final RateLimiter limiter;
    private final Duration maxWait;

    WaitingLimiter(RateLimiter limiter, Duration maxWait) {
        PendingCall.requireWait(maxWait);
        this.limiter = limiter;
        this.maxWait = maxWait;
    }

    /**
     * Asks for a call, and lets the calling thread wait until it is admitted.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @param usage what the call uses
     * @return admitted; or the refusal of the key, or the last rejection
     * @throws InterruptedException if the thread is interrupted before it asks or while it waits; then nothing is
     *     charged
     */
    public Decision acquire(Resolution who, String endpoint, Usage usage) throws InterruptedException {
        return reserve(who, endpoint, requireNonNull(usage, "usage")).decision();
    }

    /**
     * Asks for one call, and lets the calling thread wait until it is admitted.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @return admitted; or the refusal of the key, or the last rejection
     * @throws InterruptedException if the thread is interrupted before it asks or while it waits
     */
    public Decision acquire(Resolution who, String endpoint) throws InterruptedException {
        return acquire(who, endpoint, Usage.call());
    }

    /**
     * Asks for a call of an organization, and lets the calling thread wait until it is admitted.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param usage what the call uses
     * @return admitted, or the last rejection
     * @throws InterruptedException if the thread is interrupted before it asks or while it waits
     */
    public Decision acquire(String organization, String endpoint, Usage usage) throws InterruptedException {
        return reserve(organization, endpoint, requireNonNull(usage, "usage")).decision();
    }

    /**
     * Asks for one call of an organization, and lets the calling thread wait until it is admitted.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @return admitted, or the last rejection
     * @throws InterruptedException if the thread is interrupted before it asks or while it waits
     */
    public Decision acquire(String organization, String endpoint) throws InterruptedException {
        return acquire(organization, endpoint, Usage.call());
    }

    /**
     * Asks for a call whose cost is known only after it, and lets the calling thread wait until its estimate is
     * admitted.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, which says whether the call may go ahead
     * @throws InterruptedException if the thread is interrupted before it asks or while it waits; then nothing is
     *     charged
     */
    public Reservation reserve(Resolution who, String endpoint, Usage estimate) throws InterruptedException {
        return await(longestWait(who), organizationOf(who), always(who), endpoint, estimate);
    }

    /**
     * Asks for a call of an organization whose cost is known only after it, and lets the calling thread wait until its
     * estimate is admitted.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @return the reservation, which says whether the call may go ahead
     * @throws InterruptedException if the thread is interrupted before it asks or while it waits; then nothing is
     *     charged
     */
    public Reservation reserve(String organization, String endpoint, Usage estimate) throws InterruptedException {
        return await(maxWait, organization, underItsTier(organization), endpoint, estimate);
    }

    /**
     * Asks for a call until it is admitted, without a thread that waits.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @param usage what the call uses
     * @param scheduler asks again when it is time
     * @return admitted, or the refusal of the key, or the last rejection; completed exceptionally if asking or
     *     scheduling threw an exception
     */
    public CompletableFuture<Decision> acquireAsync(
            Resolution who, String endpoint, Usage usage, ScheduledExecutorService scheduler) {
        return async(
                longestWait(who),
                organizationOf(who),
                always(who),
                endpoint,
                usage(usage),
                scheduler,
                Reservation::decision);
    }

    /**
     * Asks for a call of an organization until it is admitted, without a thread that waits.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param usage what the call uses
     * @param scheduler asks again when it is time
     * @return admitted, or the last rejection; completed exceptionally if there is no tier, or if asking or scheduling
     *     threw an exception
     */
    public CompletableFuture<Decision> acquireAsync(
            String organization, String endpoint, Usage usage, ScheduledExecutorService scheduler) {
        return async(
                maxWait,
                organization,
                underItsTier(organization),
                endpoint,
                usage(usage),
                scheduler,
                Reservation::decision);
    }

    /**
     * Asks for a call whose cost is known only after it until its estimate is admitted, without a thread that waits.
     *
     * @param who a caller, or the refusal of its key
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @param scheduler asks again when it is time
     * @return the reservation, which says whether the call may go ahead; completed exceptionally if asking or
     *     scheduling threw an exception
     */
    public CompletableFuture<Reservation> reserveAsync(
            Resolution who, String endpoint, Usage estimate, ScheduledExecutorService scheduler) {
        return async(
                longestWait(who), organizationOf(who), always(who), endpoint, estimate, scheduler, Function.identity());
    }

    /**
     * Asks for a call of an organization whose cost is known only after it until its estimate is admitted, without a
     * thread that waits.
     *
     * @param organization who calls
     * @param endpoint what is called
     * @param estimate what the call is expected to use
     * @param scheduler asks again when it is time
     * @return the reservation, which says whether the call may go ahead; completed exceptionally if there is no tier,
     *     or if asking or scheduling threw an exception
     */
    public CompletableFuture<Reservation> reserveAsync(
            String organization, String endpoint, Usage estimate, ScheduledExecutorService scheduler) {
        return async(
                maxWait, organization, underItsTier(organization), endpoint, estimate, scheduler, Function.identity());
    }

    /** A key that is refused is not waited for, though the refusal may end. */
    private Duration longestWait(Resolution who) {
        return who instanceof Rejected ? Duration.ZERO : maxWait;
    }

    private Reservation await(
            Duration longest, String organization, Supplier<Resolution> who, String endpoint, Usage estimate)
            throws InterruptedException {
        requireNonNull(endpoint, "endpoint");
        requireNonNull(estimate, "estimate");
        PendingCall call = pending(longest, organization);
        return call.await(() -> limiter.reserve(call.attemptOf(who.get(), endpoint), endpoint, estimate));
    }

    private <T> CompletableFuture<T> async(
            Duration longest,
            String organization,
            Supplier<Resolution> who,
            String endpoint,
            Usage estimate,
            ScheduledExecutorService scheduler,
            Function<Reservation, T> answer) {
        requireNonNull(endpoint, "endpoint");
        requireNonNull(estimate, "estimate");
        requireNonNull(scheduler, "scheduler");
        AsyncRateLimiter async = limiter.async();
        PendingCall call = pending(longest, organization);
        Supplier<CompletionStage<Reservation>> attempt =
                () -> async.reserve(call.attemptOf(who.get(), endpoint), endpoint, estimate);
        return call.async(attempt, scheduler, answer);
    }

    private PendingCall pending(Duration longest, String organization) {
        WaitingCalls calls = limiter instanceof WaitingCalls.Wakers wakers ? wakers.waitingCalls() : new WaitingCalls();
        return new PendingCall(longest, limiter.timeSource(), calls, organization);
    }

    private static String organizationOf(Resolution who) {
        return who instanceof Caller caller ? caller.organization() : "";
    }

    private static Usage usage(Usage usage) {
        return requireNonNull(usage, "usage");
    }

    private static Supplier<Resolution> always(Resolution who) {
        requireNonNull(who, "who");
        return () -> who;
    }

    private Supplier<Resolution> underItsTier(String organization) {
        requireNonNull(organization, "organization");
        return () -> limiter.caller(organization);
    }
}
