package dev.ratelimit.testkit;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The charges of one meter of the reference that count, oldest first. Each question comes with the limit as the caller's tier has it. */
final class ReferenceMeter {

    private static final long MOST_USED = 1L << 61;
    private static final Duration LONGEST_WAIT = Duration.ofNanos(Long.MAX_VALUE);

    /** One reading of the clocks: the monotonic one, the wall clock, and the highest that the wall clock has ever read. */
    record Moment(long nanoTime, Instant wall, Instant highestWall) {}

    /** Units that a meter counts from some moment on; how many may be lowered later, which takes effect at once. */
    static final class Charge {

        private final Moment at;
        private long units;

        Charge(Moment at, long units) {
            this.at = at;
            this.units = units;
        }

        /** Gives back what goes beyond so many units, and returns what is left. */
        long keep(long most) {
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
                    .map(wait -> Rejected.forNanos(cause, notice, wait.toNanos()))
                    .orElseGet(() -> Rejected.forGood(cause, notice));
        }
    }

    private final List<Charge> charges = new ArrayList<>();

    Charge charge(long units, Moment at) {
        Charge charge = new Charge(at, units);
        charges.add(charge);
        return charge;
    }

    /**
     * Makes of what a reservation has charged so many units: the newest of them stay, so that the oldest are given back first. If
     * all of them are too few, the rest is charged without asking: in a window now, in a quota when this reservation last
     * charged it, so that it counts as long as that period does.
     */
    void settle(Limit limit, List<Charge> charged, long units, Moment now) {
        long rest = units;
        for (int i = charged.size() - 1; i >= 0; i--) {
            rest -= charged.get(i).keep(rest);
        }
        Moment at = limit instanceof RateLimit ? now : charged.get(charged.size() - 1).at;
        charge(Math.min(rest, MOST_USED - used(limit, now)), at);
    }

    LimitStatus status(AppliedLimit applied, Moment now) {
        long used = used(applied.limit(), now);
        return LimitStatus.of(applied, used, 0, waitUntilGone(used, applied.limit(), now));
    }

    Optional<Refusal> refusal(AppliedLimit applied, Usage usage, Moment now) {
        Limit limit = applied.limit();
        long excess = excess(limit, used(limit, now), usage.amountOf(limit.unit()));
        return excess <= 0 ? Optional.empty() : Optional.of(new Refusal(applied, waitUntilGone(excess, limit, now)));
    }

    /** Returns how many of the used units must go before the limit admits; it does if none must. */
    private static long excess(Limit limit, long used, long units) {
        boolean untilReached = limit instanceof Quota quota && quota.overrun() == Overrun.UNTIL_REACHED;
        return used - limit.amount() + (untilReached ? 1 : units);
    }

    private long used(Limit limit, Moment now) {
        forget(limit, now);
        return charges.stream().mapToLong(charge -> charge.units).sum();
    }

    /** Drops what does not count now, and so never will: units do not come back, and no clock that is asked goes back. */
    private void forget(Limit limit, Moment now) {
        charges.removeIf(charge -> charge.units == 0);
        if (limit instanceof RateLimit rate) {
            charges.removeIf(charge -> untilGone(charge, rate, now) <= 0);
        } else {
            Instant start = periodOf((Quota) limit, now).start();
            charges.removeIf(charge -> charge.at.highestWall().isBefore(start));
        }
    }

    /** Returns the wait until at least so many units have gone; empty if more are asked for than are used, or none will. */
    private Optional<Duration> waitUntilGone(long units, Limit limit, Moment now) {
        if (units == 0) {
            return Optional.of(Duration.ZERO);
        }
        long gone = 0;
        for (Charge charge : charges) {
            gone += charge.units;
            if (gone >= units) {
                return limit instanceof RateLimit rate
                        ? Optional.of(Duration.ofNanos(untilGone(charge, rate, now)))
                        : untilEnd((Quota) limit, now);
            }
        }
        return Optional.empty();
    }

    private static long untilGone(Charge charge, RateLimit rate, Moment now) {
        return rate.window().toNanos() - (now.nanoTime() - charge.at.nanoTime());
    }

    private static Optional<Duration> untilEnd(Quota quota, Moment now) {
        Instant end = periodOf(quota, now).end();
        if (end.equals(Instant.MAX)) {
            return Optional.empty();
        }
        Duration untilEnd = Duration.between(now.wall(), end);
        return Optional.of(untilEnd.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : untilEnd);
    }

    private static QuotaPeriod.Interval periodOf(Quota quota, Moment now) {
        return quota.period().at(now.highestWall());
    }
}
