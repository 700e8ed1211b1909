package dev.ratelimit.redis;

import org.jspecify.annotations.Nullable;

/**
 * Redis did not answer in time, or with an error. It is thrown by questions that are not decisions, such as a status, unless a fallback
 * limiter answers them.
 */
public final class RedisUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1;

    RedisUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
