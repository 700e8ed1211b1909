package dev.ratelimit;

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
     * Returns the decision that lets a call go ahead, with which all limits agree. Allocates nothing.
     *
     * @return the one admission without shadow rejections
     */
    static Admitted admitted() {
        return Admitted.INSTANCE;
    }
}
