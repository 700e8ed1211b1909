package dev.ratelimit.testkit;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A meter of the reference: the list of its charges that count. Each question comes with the limit as the caller's
 * tier has it.
 */
abstract class ReferenceMeter {

    private static final long MOST_USED = 1L << 61;

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

    /** A limit that refuses, and the wait until it does not; empty if it always will. */
    record Refusal(AppliedLimit applied, Optional<Duration> retryAfter) {

        boolean outlasts(Refusal other) {
            return other.retryAfter.isPresent()
                    && (retryAfter.isEmpty() || retryAfter.get().compareTo(other.retryAfter.get()) > 0);
        }

        Rejected rejected(String notice) {
            LimitReached cause = new LimitReached(applied);
            return retryAfter
                    .map(wait -> Rejected.temporary(cause, notice, wait.toNanos()))
                    .orElseGet(() -> Rejected.permanent(cause, notice));
        }
    }

    /** Adds a charge. */
    abstract Charge charge(long units, Moment now);

    /** Returns the charges that count now, oldest first. */
    abstract List<Charge> charges(Moment now);

    /** Returns the wait until a charge that counts now counts no more; empty if it always will. */
    abstract Optional<Duration> untilGone(Charge charge, Moment now);

    /** Charges units without asking, as belongs to an earlier charge. */
    abstract void chargeMore(Charge earlier, long units, Moment now);

    /**
     * Leaves a number of units of what a reservation has charged. The newest of them stay, so the oldest are given back
     * first. If all of them are too few, the rest is charged without asking.
     */
    final void settle(List<? extends Charge> charged, long units, Moment now) {
        long rest = units;
        for (int i = charged.size() - 1; i >= 0; i--) {
            rest -= charged.get(i).keep(rest);
        }
        chargeMore(charged.get(charged.size() - 1), rest, now);
    }

    /** Charges units without asking. */
    final void chargeAnyway(long units, Moment now) {
        charge(atMost(units, charges(now)), now);
    }

    /** Returns how many of some units may be charged without asking, beside those that are used. */
    static long atMost(long units, List<Charge> used) {
        return Math.min(units, MOST_USED - sum(used));
    }

    static long sum(List<Charge> charges) {
        return charges.stream().mapToLong(Charge::units).sum();
    }

    final long used(Moment now) {
        return sum(charges(now));
    }

    final LimitStatus status(AppliedLimit applied, Moment now) {
        long used = used(now);
        return LimitStatus.of(applied, used, 0, waitUntilGone(Math.min(used, 1), now), waitUntilGone(used, now));
    }

    final Optional<Refusal> refusal(AppliedLimit applied, Usage usage, Moment now) {
        Limit limit = applied.limit();
        long excess = excess(limit, used(now), usage.amountOf(limit.unit()));
        return excess <= 0 ? Optional.empty() : Optional.of(new Refusal(applied, waitUntilGone(excess, now)));
    }

    static boolean neverRefuses(Limit limit) {
        return limit instanceof Quota quota && quota.overrun() == Overrun.NEVER_REFUSES;
    }

    /** Returns how many of the used units must go before the limit admits; it does if none must. */
    private static long excess(Limit limit, long used, long units) {
        if (neverRefuses(limit)) {
            return 0;
        }
        boolean untilReached = limit instanceof Quota quota && quota.overrun() == Overrun.UNTIL_REACHED;
        return used - limit.amount() + (untilReached ? 1 : units);
    }

    /**
     * Returns the wait until at least a number of units have gone; empty if fewer are used, or none will go.
     */
    private Optional<Duration> waitUntilGone(long units, Moment now) {
        if (units == 0) {
            return Optional.of(Duration.ZERO);
        }
        long gone = 0;
        for (Charge charge : charges(now)) {
            gone += charge.units();
            if (gone >= units) {
                return untilGone(charge, now);
            }
        }
        return Optional.empty();
    }
}
