package dev.ratelimit;

import static java.util.Objects.requireNonNull;

/**
 * A limit that the call would have exceeded.
 *
 * @param applied the limit that refused
 */
public record LimitReached(AppliedLimit applied) implements Cause {

    /**
     * Makes the cause.
     *
     * @param applied the limit that refused
     */
    public LimitReached {
        requireNonNull(applied, "applied");
    }

    /** Returns for example {@code Exceeded the limit of 20 calls per minute for endpoint "chat" (calls per minute)}. */
    @Override
    public String message() {
        return "Exceeded the limit of " + applied;
    }

    /** Returns 402 (Payment Required) for a quota of money, otherwise 429 (Too Many Requests). */
    @Override
    public int suggestedStatus() {
        return applied.limit() instanceof Quota quota && quota.unit().equals(Unit.NANO_USD) ? 402 : 429;
    }
}
