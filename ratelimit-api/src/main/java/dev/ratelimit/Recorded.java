package dev.ratelimit;

import static java.util.Objects.requireNonNull;

/**
 * What a limiter answers to usage that has happened: it is charged, whether it fits or not. A {@link Rejected} promises
 * that nothing was charged, so this is no {@link Decision}, but says what {@code tryAcquire} would have answered.
 * Instances are immutable values.
 */
public final class Recorded {

    private final Decision answer;
    private final boolean charged;

    private Recorded(Decision answer, boolean charged) {
        this.answer = requireNonNull(answer, "answer");
        this.charged = charged;
    }

    /**
     * Makes the record of usage that was charged; for backends.
     *
     * @param answer what {@code tryAcquire} would have answered
     * @return the record
     */
    public static Recorded charged(Decision answer) {
        return new Recorded(answer, true);
    }

    /**
     * Makes the record of usage that was not charged; for backends.
     *
     * @param answer the refusal of the key, or what else was decided without a charge
     * @return the record
     */
    public static Recorded notCharged(Decision answer) {
        return new Recorded(answer, false);
    }

    /**
     * Tells whether the usage was charged.
     *
     * @return false if the key is refused, or if the limits are not counted: a store is away, or there is no place for
     *     the organization
     */
    public boolean isCharged() {
        return charged;
    }

    /**
     * Returns what {@code tryAcquire} would have answered.
     *
     * @return the answer; of a {@linkplain RateLimiter#reporting() reporting} limiter its limits are as of this charge
     */
    public Decision answer() {
        return answer;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Recorded that && charged == that.charged && answer.equals(that.answer);
    }

    @Override
    public int hashCode() {
        return 31 * answer.hashCode() + Boolean.hashCode(charged);
    }

    /** Returns whether it was charged, and the answer. */
    @Override
    public String toString() {
        return (charged ? "Charged, " : "Not charged, ") + answer;
    }
}
