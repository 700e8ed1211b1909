package dev.ratelimit.http;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.AsyncRateLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Resolution;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.Printable;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.spi.WaitingCalls;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A limiter of calls to a vendor: the vendor's documented limits, and what the vendor answers.
 *
 * <pre>{@code
 * OutgoingLimiter vendor = OutgoingLimiter.of(limiter).withMargin(Duration.ofMillis(500));
 *
 * Decision decision = vendor.waiting(Duration.ofMinutes(1)).acquire("our account", "chat");
 * HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
 * vendor.observe("our account", "chat", answer.statusCode(), answer.headers().map());
 * }</pre>
 *
 * <p>The limits are decided by a limiter of the host's choice, in which an organization is an account at the vendor.
 * {@link #observe} takes the wait out of an answer. Until it is over, calls of the same organization and endpoint are
 * refused with the cause {@link AskedToWait}, and waiting calls wait for it.
 *
 * <p>What is observed is kept in memory, for this object and its views alone. {@link #record} charges at any time.
 *
 * <p>Safe for use by many threads.
 */
public final class OutgoingLimiter implements RateLimiter, WaitingCalls.Wakers {

    private static final Duration CAP = Duration.ofHours(1);
    private static final Duration LONGEST_CAP = Duration.ofDays(366);
    private static final Duration LONGEST_MARGIN = Duration.ofHours(1);

    private final RateLimiter limiter;
    private final Outgoing outgoing;
    private final boolean reports;
    private final WaitingCalls waitingCalls;

    private OutgoingLimiter(RateLimiter limiter, Outgoing outgoing) {
        this.limiter = limiter;
        this.outgoing = outgoing;
        this.reports = limiter.reporting() == limiter;
        this.waitingCalls = limiter instanceof WaitingCalls.Wakers wakers ? wakers.waitingCalls() : new WaitingCalls();
    }

    /**
     * Makes a limiter of calls to a vendor.
     *
     * @param limiter decides by the documented limits
     * @return the limiter
     */
    public static OutgoingLimiter of(RateLimiter limiter) {
        requireNonNull(limiter, "limiter");
        return new OutgoingLimiter(limiter, new Outgoing(limiter.timeSource(), Duration.ZERO, CAP));
    }

    /**
     * Returns a limiter that allows for the time that calls are under way: a vendor counts a call when it arrives. Each
     * window is longer by the margin. After a token bucket or a quota has refused, calls of the endpoint are refused
     * for the margin longer. What was observed before is not taken over.
     *
     * <p>10 calls per 2 seconds, kept on the client's side alone, were 19 within 2 seconds at a server to which the
     * connections were new. With a margin of 500 ms there were 10.
     *
     * @param margin the longest difference between the times that two calls are under way, from zero to an hour
     * @return the limiter
     * @throws IllegalArgumentException if the margin is out of its range
     */
    public OutgoingLimiter withMargin(Duration margin) {
        requireNonNull(margin, "margin");
        require(!margin.isNegative() && margin.compareTo(LONGEST_MARGIN) <= 0, "margin", "from 0 to 1 hour", margin);
        return new OutgoingLimiter(limiter, new Outgoing(limiter.timeSource(), margin, outgoing.cap()));
    }

    /**
     * Returns a limiter with another longest wait that an answer can ask for, so that a vendor's slip stops no calls
     * for ever. What was observed before is not taken over.
     *
     * @param cap the longest wait, from zero to 366 days; 1 hour unless stated
     * @return the limiter
     * @throws IllegalArgumentException if the cap is out of its range
     */
    public OutgoingLimiter withCap(Duration cap) {
        requireNonNull(cap, "cap");
        require(!cap.isNegative() && cap.compareTo(LONGEST_CAP) <= 0, "cap", "from 0 to 366 days", cap);
        return new OutgoingLimiter(limiter, new Outgoing(limiter.timeSource(), outgoing.margin(), cap));
    }

    private static void require(boolean holds, String name, String rule, Duration value) {
        if (!holds) {
            throw new IllegalArgumentException(
                    name + " must be " + rule + ": " + name + "=" + Printable.name(value.toString()));
        }
    }

    /**
     * Takes note of what the vendor answered. An error asks for a wait by {@code retry-after-ms} or {@code
     * Retry-After}. Otherwise a limit of which nothing remains does so by its reset, in each {@link Dialect}. Of
     * several waits the longest counts, and a later answer shortens none.
     *
     * <p>Takes anything and never throws for what a server sent: what cannot be read asks for nothing, a time in the
     * past for no wait, and a number of any size for the longest wait at most.
     *
     * @param organization who called
     * @param endpoint what was called, by the name that calls give
     * @param status the status of the answer
     * @param fields the fields of the answer, such as {@code response.headers().map()}; names in any case
     * @return the wait that the answer asked for, from zero to the {@linkplain #withCap cap}; empty if it asked for
     *     none
     */
    public Optional<Duration> observe(
            String organization, String endpoint, int status, Map<String, List<String>> fields) {
        requireNonNull(organization, "organization");
        requireNonNull(endpoint, "endpoint");
        requireNonNull(fields, "fields");
        return outgoing.observe(organization, endpoint, status, fields);
    }

    @Override
    public Decision tryAcquire(Resolution who, String endpoint, Usage usage) {
        requireNonNull(usage, "usage");
        Rejected held = held(who, endpoint);
        return held != null
                ? held
                : outgoing.answered(who, endpoint, limiter.tryAcquire(outgoing.within(who), endpoint, usage), reports);
    }

    @Override
    public Decision peek(Resolution who, String endpoint, Usage usage) {
        requireNonNull(usage, "usage");
        Rejected held = held(who, endpoint);
        return held != null ? held : outgoing.longer(limiter.peek(outgoing.within(who), endpoint, usage), reports);
    }

    @Override
    public Reservation reserve(Resolution who, String endpoint, Usage estimate) {
        requireNonNull(estimate, "estimate");
        Rejected held = held(who, endpoint);
        return held != null
                ? Reservation.rejected(held)
                : outgoing.answered(who, endpoint, limiter.reserve(outgoing.within(who), endpoint, estimate), reports);
    }

    private @Nullable Rejected held(Resolution who, String endpoint) {
        Rejected held = outgoing.held(who, endpoint);
        return held != null && reports ? held.withLimits(status(who, endpoint)) : held;
    }

    @Override
    public Recorded record(Resolution who, String endpoint, Usage usage) {
        return limiter.record(outgoing.within(who), endpoint, usage);
    }

    @Override
    public List<LimitStatus> status(Resolution who, String endpoint) {
        return limiter.status(outgoing.within(who), endpoint);
    }

    @Override
    public List<LimitStatus> status(Resolution who) {
        return limiter.status(outgoing.within(who));
    }

    @Override
    public Caller caller(String organization) {
        return limiter.caller(organization);
    }

    @Override
    public TimeSource timeSource() {
        return limiter.timeSource();
    }

    @Override
    public WaitingCalls waitingCalls() {
        return waitingCalls;
    }

    @Override
    public OutgoingLimiter reporting() {
        return reports ? this : new OutgoingLimiter(limiter.reporting(), outgoing);
    }

    @Override
    public AsyncRateLimiter async() {
        return new AsyncOutgoingLimiter(limiter.async(), outgoing, reports);
    }
}
