package dev.ratelimit.testkit;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A meter that is the list of its charges that count. */
abstract class ReferenceLog extends ReferenceMeter {

    /** Adds a charge. */
    abstract Charge charge(long units, Moment now);

    /** Returns the charges that count now, oldest first. */
    abstract List<Charge> charges(Moment now);

    /** Returns the wait until a charge that counts now counts no more; empty if it always will. */
    abstract Optional<Duration> untilGone(Charge charge, Moment now);

    /** Charges units without asking, as belongs to an earlier charge. */
    abstract void chargeMore(Charge earlier, long units, Moment now);

    @Override
    final Charge charge(Limit limit, long units, Moment now) {
        return charge(neverRefuses(limit) ? atMost(units, charges(now)) : units, now);
    }

    @Override
    final long chargeAnyway(Limit limit, long units, Moment now) {
        return charge(atMost(units, charges(now)), now).units();
    }

    @Override
    final void settle(Limit limit, List<Charge> charged, long units, Moment now) {
        long rest = units;
        for (int i = charged.size() - 1; i >= 0; i--) {
            rest -= charged.get(i).keep(rest);
        }
        chargeMore(charged.get(charged.size() - 1), rest, now);
    }

    /** Returns how many of some units may be charged without asking, beside those that are used. */
    static long atMost(long units, List<Charge> used) {
        return Math.min(units, MOST_USED - sum(used));
    }

    static long sum(List<Charge> charges) {
        return charges.stream().mapToLong(Charge::units).sum();
    }

    @Override
    final long used(Moment now) {
        return sum(charges(now));
    }

    @Override
    final LimitStatus status(AppliedLimit applied, Moment now) {
        long used = used(now);
        return LimitStatus.of(applied, used, 0, waitUntilGone(Math.min(used, 1), now), waitUntilGone(used, now));
    }

    @Override
    final Optional<Refusal> refusal(AppliedLimit applied, long units, Moment now) {
        long excess = excess(applied.limit(), used(now), units);
        return excess <= 0 ? Optional.empty() : Optional.of(new Refusal(applied, units, waitUntilGone(excess, now)));
    }

    private static boolean neverRefuses(Limit limit) {
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
