package dev.ratelimit.spi;

/**
 * A store did not answer: it is away, its connection was lost, or it was too slow. Nobody knows whether it did what was
 * asked.
 *
 * <p>A {@link QuotaStore} completes its stages with it. A limiter throws it for questions that are not decisions, such
 * as a status, where calls are rejected while the store is away.
 */
public final class StoreUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * Makes an exception.
     *
     * @param message what did not answer, and how
     */
    public StoreUnavailableException(String message) {
        super(message);
    }

    /**
     * Makes an exception.
     *
     * @param message what did not answer, and how
     * @param cause what was thrown there
     */
    public StoreUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
