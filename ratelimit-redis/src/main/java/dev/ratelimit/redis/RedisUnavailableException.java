package dev.ratelimit.redis;

import org.jspecify.annotations.Nullable;

/**
 * Redis did not answer in time, or with an error. It is thrown by questions that are not decisions, such as a status,
 * where calls are rejected while Redis is away: else these questions are answered as the host chose.
 */
public final class RedisUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1;

    RedisUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
