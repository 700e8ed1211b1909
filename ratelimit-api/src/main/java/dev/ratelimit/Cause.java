package dev.ratelimit;

/**
 * Why a call was rejected. Later versions will have further causes, so a reader that tells causes apart must expect one
 * that it does not know: {@link #message()} and {@link #suggestedStatus()} say what to answer then.
 *
 * <p>Implementations are immutable values, safe for use by many threads.
 */
public interface Cause {

    /**
     * Returns the cause in words, for the person whose call was rejected.
     *
     * @return one sentence or phrase, without a full stop
     */
    String message();

    /**
     * Returns the HTTP status that fits, as RFC 9110 and RFC 6585 define it.
     *
     * @return a status code, for example 429
     */
    int suggestedStatus();
}
