package dev.ratelimit;

import java.util.List;

/**
 * What a limiter answers: {@link Admitted}, or {@link Rejected} with the reason.
 *
 * <pre>{@code
 * if (limiter.tryAcquire("acme", "chat") instanceof Rejected no) {
 *   return tooManyRequests(no.message(), no.retryAfter());
 * }
 * }</pre>
 */
public sealed interface Decision permits Admitted, Rejected {

    /**
     * Tells whether the call may go ahead.
     *
     * @return true if it is {@link Admitted}
     */
    boolean isAdmitted();

    /**
     * Returns where the organization stands with every limit that the call fell under. A status of an admitted call is
     * taken in the same step as the charge: two calls are told the same remaining units only if units came back in
     * between. The statuses of a rejected call are as of the decision. Those of shadow tables, and of limits that
     * admit, are among them.
     *
     * @return one status for each limit, in the order of the tier's tables, unmodifiable; empty where no limit was
     *     asked
     * @throws IllegalStateException if the limiter does not report: ask {@link RateLimiter#reporting()}
     */
    List<LimitStatus> limits();

    /**
     * Returns this decision with what {@link #limits()} is to tell; for backends.
     *
     * @param limits one status for each limit, in the order of the tier's tables
     * @return the same decision, which reports
     */
    Decision withLimits(List<LimitStatus> limits);

    /**
     * Returns the decision that lets a call go ahead, with which all limits agree. Allocates nothing.
     *
     * @return the one admission without shadow rejections, which does not report
     */
    static Admitted admitted() {
        return Admitted.INSTANCE;
    }
}
