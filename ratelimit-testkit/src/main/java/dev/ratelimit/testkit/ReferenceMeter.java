package dev.ratelimit.testkit;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A meter of the reference. Each question comes with the limit as the caller's tier has it. */
abstract class ReferenceMeter {

    /** The most units that count at once. */
    static final long MOST_USED = 1L << 61;

    /** Units that a meter counts from some moment on; how many may be lowered later, which takes effect at once. */
    static class Charge {

        private long units;

        Charge(long units) {
            this.units = units;
        }

        final long units() {
            return units;
        }

        /** Gives back what goes beyond a number of units, and returns what is left. */
        final long keep(long most) {
            units = Math.min(units, most);
            return units;
        }
    }

    /**
     * A limit that refuses some units, and the wait until it does not; empty if it always will. Where units are in
     * flight, the wait is an upper bound.
     */
    record Refusal(AppliedLimit applied, long units, Optional<Duration> retryAfter) {

        boolean outlasts(Refusal other) {
            return other.retryAfter.isPresent()
                    && (retryAfter.isEmpty() || retryAfter.get().compareTo(other.retryAfter.get()) > 0);
        }

        /** Returns the part of the wait that no end of a call shortens. */
        Duration certainWait() {
            return applied.limit() instanceof ConcurrencyLimit ? Duration.ZERO : retryAfter.orElse(Duration.ZERO);
        }

        /** Returns the rejection, of a wait of which some part is certain. */
        Rejected rejected(String notice, Duration certain) {
            LimitReached cause = LimitReached.by(applied, units);
            return retryAfter
                    .map(wait -> Rejected.temporaryAtMost(cause, notice, wait.toNanos(), certain.toNanos()))
                    .orElseGet(() -> Rejected.permanent(cause, notice));
        }
    }

    /** Makes the meter of a limit, of which nothing is used. */
    static ReferenceMeter of(Limit limit) {
        if (limit instanceof RateLimit rate) {
            return new ReferenceWindow(rate.window());
        } else if (limit instanceof Quota quota) {
            return new ReferenceQuota(quota.period());
        } else if (limit instanceof TokenBucket) {
            return new ReferenceBucket();
        } else if (limit instanceof ConcurrencyLimit) {
            return new ReferenceInFlight();
        } else if (limit instanceof PerCallLimit) {
            return new ReferencePerCall();
        }
        throw new IllegalArgumentException("limit must be of a kind that the reference decides: limit=" + limit);
    }

    /** Adds a charge. */
    abstract Charge charge(Limit limit, long units, Moment now);

    /** Takes note that a reservation has made a charge after others. */
    void join(List<Charge> others, Charge added, Moment now) {}

    /** Charges units without asking. Returns how many it has charged. */
    abstract long chargeAnyway(Limit limit, long units, Moment now);

    /**
     * Leaves a number of units of what a reservation has charged. The newest of them stay, so the oldest are given back
     * first. If all of them are too few, the rest is charged without asking.
     */
    abstract void settle(Limit limit, List<Charge> charged, long units, Moment now);

    /** Returns how many units count. */
    abstract long used(Moment now);

    /** Returns why units are refused, and until when; empty if they are not. */
    abstract Optional<Refusal> refusal(AppliedLimit applied, long units, Moment now);

    /** Returns how the limit stands. */
    abstract LimitStatus status(AppliedLimit applied, Moment now);

    /** Takes note that a call was refused under a limit. */
    void refused(Limit limit, Moment now) {}

    /** Lets what a reservation holds in flight count for longer. Returns whether all of it still counts. */
    boolean renew(Limit limit, List<Charge> charged, Moment now) {
        return true;
    }
}
