package dev.ratelimit;

import static java.util.Objects.requireNonNull;

/**
 * A limit that the call would have exceeded.
 *
 * @param applied the limit that refused
 * @param tooLarge whether the usage is larger than the limit itself, so that it never fits
 */
public record LimitReached(AppliedLimit applied, boolean tooLarge) implements Cause {

    /**
     * Makes the cause.
     *
     * @param applied the limit that refused
     * @param tooLarge whether the usage is larger than the limit itself
     */
    public LimitReached {
        requireNonNull(applied, "applied");
    }

    /**
     * Makes the cause of a usage that fits at other times.
     *
     * @param applied the limit that refused
     */
    public LimitReached(AppliedLimit applied) {
        this(applied, false);
    }

    /**
     * Makes the cause of a refused usage; for backends.
     *
     * @param applied the limit that refused
     * @param units what the call would have used of the limit's unit
     * @return the cause, which tells whether that usage ever fits
     */
    public static LimitReached by(AppliedLimit applied, long units) {
        boolean mustFit = !(applied.limit() instanceof Quota quota) || quota.overrun() == Overrun.WHILE_FITS;
        return new LimitReached(applied, mustFit && units > applied.limit().most());
    }

    /**
     * Returns for example {@code Exceeded the limit of 20 calls per minute for endpoint "chat" (calls per minute)}, or
     * {@code Larger than the limit of 1,000 points per call for endpoint "chat" (points per call)}.
     */
    @Override
    public String message() {
        return (tooLarge ? "Larger than the limit of " : "Exceeded the limit of ") + applied;
    }

    /**
     * Returns 413 (Content Too Large) for a {@link PerCallLimit}, 402 (Payment Required) for a quota of money, and 429
     * (Too Many Requests) otherwise.
     */
    @Override
    public int suggestedStatus() {
        if (applied.limit() instanceof PerCallLimit) {
            return 413;
        }
        return applied.limit() instanceof Quota quota && quota.unit().equals(Unit.NANO_USD) ? 402 : 429;
    }
}
