package dev.ratelimit;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.Arguments;
import dev.ratelimit.spi.Printable;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The call must not go ahead, and nothing is charged, unless a store that is away has charged it ({@link
 * StoreUnavailable}). Instances are immutable values.
 */
public final class Rejected implements Decision, Resolution {

    private static final long NEVER = -1;

    /** Instead of the certain part of a wait: all of it is. */
    private static final long ALL = -2;

    private static final int MAX_NOTICE = 1_024;

    /** All but the wait. Refusals of one limit share it, so that each is one small object. */
    private record Terms(
            Cause cause,
            String notice,
            long certainNanos,
            @Nullable List<LimitStatus> limits) {

        Terms {
            requireNonNull(cause, "cause");
            requireNonNull(notice, "notice");
        }
    }

    /* The texts and the Duration are made when they are asked for. */
    private final Terms terms;
    private final long retryAfterNanos;

    private Rejected(Terms terms, long retryAfterNanos) {
        this.terms = terms;
        this.retryAfterNanos = retryAfterNanos;
    }

    /**
     * Makes a rejection that waiting cures; for backends, which count in nanoseconds and refuse more often than anybody
     * asks how long.
     *
     * @param cause why
     * @param notice a text of the tier's to put before the cause's own, or an empty one
     * @param retryAfterNanos the least wait after which the call would be admitted, in nanoseconds, at least 1
     * @return the rejection
     * @throws IllegalArgumentException if the wait is less than 1
     */
    public static Rejected temporary(Cause cause, String notice, long retryAfterNanos) {
        return temporaryAtMost(cause, notice, retryAfterNanos, retryAfterNanos);
    }

    /**
     * Makes a rejection that waiting cures, perhaps sooner than it says; for backends. It is sooner if calls end that
     * are in flight.
     *
     * @param cause why
     * @param notice a text of the tier's to put before the cause's own, or an empty one
     * @param retryAfterNanos the wait after which the call would be admitted at the latest, in nanoseconds, at least 1
     * @param certainNanos the part of the wait that is certain: the longest wait of the limits that refuse and that no
     *     end of a call helps; from 0 to {@code retryAfterNanos}
     * @return the rejection
     * @throws IllegalArgumentException if a wait is out of its range
     */
    public static Rejected temporaryAtMost(Cause cause, String notice, long retryAfterNanos, long certainNanos) {
        Arguments.require(retryAfterNanos >= 1, "retryAfterNanos", ">= 1", retryAfterNanos);
        boolean inRange = certainNanos >= 0 && certainNanos <= retryAfterNanos;
        Arguments.require(inRange, "certainNanos", "from 0 to retryAfterNanos", certainNanos);
        long certain = certainNanos == retryAfterNanos ? ALL : certainNanos;
        return new Rejected(new Terms(cause, notice, certain, null), retryAfterNanos);
    }

    /**
     * Makes a rejection that no wait cures; for backends.
     *
     * @param cause why
     * @param notice a text of the tier's to put before the cause's own, or an empty one
     * @return the rejection
     */
    public static Rejected permanent(Cause cause, String notice) {
        return new Rejected(new Terms(cause, notice, ALL, null), NEVER);
    }

    @Override
    public boolean isAdmitted() {
        return false;
    }

    /**
     * Returns why the call was rejected. Where several limits refuse, it is the one that refuses longest.
     *
     * @return the cause
     */
    public Cause cause() {
        return terms.cause;
    }

    /**
     * Returns the least wait after which the same call is admitted if nobody else calls; an upper bound of it where the
     * call {@linkplain #mayBeSooner() may be admitted sooner}.
     *
     * @return the wait, more than zero; empty if no wait helps, or if none is known to ({@link CapacityReached})
     */
    public Optional<Duration> retryAfter() {
        return retryAfterNanos == NEVER ? Optional.empty() : Optional.of(Duration.ofNanos(retryAfterNanos));
    }

    /**
     * Tells whether the same call may be admitted sooner than {@link #retryAfter()} says: because the limit that
     * refuses longest counts {@linkplain ConcurrencyLimit calls in flight}, which may end at any time.
     *
     * @return false if the wait is exact, or if no wait helps
     */
    public boolean mayBeSooner() {
        return terms.certainNanos != ALL;
    }

    /**
     * Returns the part of the wait that is certain: before it has passed, the call is not admitted even if all calls in
     * flight end.
     *
     * @return zero or more; that of {@link #retryAfter()} where that is exact, empty where it is
     */
    public Optional<Duration> certainWait() {
        return mayBeSooner() ? Optional.of(Duration.ofNanos(terms.certainNanos)) : retryAfter();
    }

    /**
     * Returns a text for the person whose call was rejected: the tier's own message, if it has one, then the cause.
     *
     * @return the text, {@linkplain dev.ratelimit printable}; at most {@value #MAX_NOTICE} characters are the tier's
     */
    public String message() {
        String message = terms.cause.message();
        return terms.notice.isEmpty() ? message : Printable.of(terms.notice, MAX_NOTICE) + " " + message;
    }

    /**
     * Returns the HTTP status that fits.
     *
     * @return a status code, for example 429
     */
    public int suggestedStatus() {
        return terms.cause.suggestedStatus();
    }

    @Override
    public List<LimitStatus> limits() {
        if (terms.limits == null) {
            throw new IllegalStateException("this limiter does not report: ask limiter.reporting()");
        }
        return terms.limits;
    }

    @Override
    public Rejected withLimits(List<LimitStatus> limits) {
        List<LimitStatus> all = List.copyOf(requireNonNull(limits, "limits"));
        return new Rejected(new Terms(terms.cause, terms.notice, terms.certainNanos, all), retryAfterNanos);
    }

    /**
     * Returns this rejection with another wait, which is exact; for limiters that know of a longer one. It does not
     * tell its limits.
     *
     * @param retryAfterNanos the wait, in nanoseconds, at least 1
     * @return a rejection of the same cause, with the same text
     * @throws IllegalArgumentException if the wait is less than 1
     */
    public Rejected withRetryAfter(long retryAfterNanos) {
        boolean canShare = retryAfterNanos >= 1 && !mayBeSooner() && terms.limits == null;
        return canShare ? new Rejected(terms, retryAfterNanos) : temporary(terms.cause, terms.notice, retryAfterNanos);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Rejected that && retryAfterNanos == that.retryAfterNanos && terms.equals(that.terms);
    }

    @Override
    public int hashCode() {
        return 31 * terms.cause.hashCode() + Long.hashCode(retryAfterNanos);
    }

    /** Returns the message and the wait. */
    @Override
    public String toString() {
        String perhapsSooner = mayBeSooner() ? ", perhaps after " + Duration.ofNanos(terms.certainNanos) : "";
        return "Rejected: " + message()
                + retryAfter().map(wait -> ", retry after " + wait).orElse(", no wait is known to help")
                + perhapsSooner;
    }
}
