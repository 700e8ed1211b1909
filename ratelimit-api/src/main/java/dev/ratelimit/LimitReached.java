package dev.ratelimit;

import static java.util.Objects.requireNonNull;

/**
 * A limit that the call would have exceeded.
 *
 * @param limit the limit that refused
 */
public record LimitReached(AppliedLimit limit) implements Cause {

    /**
     * Makes the cause.
     *
     * @param limit the limit that refused
     */
    public LimitReached {
        requireNonNull(limit, "limit");
    }

    /** Returns for example {@code Exceeded the limit of 20 calls per minute for endpoint "chat" (calls per minute)}. */
    @Override
    public String message() {
        return "Exceeded the limit of " + limit;
    }

    /** Returns 402 (Payment Required) for a quota of money, otherwise 429 (Too Many Requests). */
    @Override
    public int suggestedStatus() {
        return limit.limit() instanceof Quota quota && quota.unit().equals(Unit.MICRO_USD) ? 402 : 429;
    }
}
