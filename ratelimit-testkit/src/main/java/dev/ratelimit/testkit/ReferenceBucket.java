package dev.ratelimit.testkit;

import static java.math.BigInteger.ONE;
import static java.math.BigInteger.ZERO;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.testkit.ReferenceClock.Moment;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A token bucket of the reference: what was charged since an epoch, and flows back at the rate of the epoch from its
 * start on.
 *
 * <p>An epoch begins with a charge while nothing is used, or with a charge under a limit of another rate. A call that
 * is refused under a limit of a faster rate begins one too: else an organization that has used up a slow plan would
 * wait on after its upgrade. What is used then, in whole units, is what was charged in the new epoch so far.
 *
 * <p>Of what was charged at one moment, at most that is given back which would not have flowed back since, by the rate
 * that it was charged under, or that of the current epoch if that is faster.
 */
final class ReferenceBucket extends ReferenceMeter {

    /** Units that flow back in some nanoseconds. */
    private record Rate(BigInteger units, BigInteger nanos) {

        static Rate of(Limit limit) {
            TokenBucket bucket = (TokenBucket) limit;
            return new Rate(
                    BigInteger.valueOf(bucket.amount()),
                    BigInteger.valueOf(bucket.per().toNanos()));
        }

        int compareTo(Rate other) {
            return units.multiply(other.nanos).compareTo(other.units.multiply(nanos));
        }

        Rate orFaster(Rate other) {
            return other.compareTo(this) > 0 ? other : this;
        }

        /** Returns how many whole units flow back in a time, rounded up. */
        BigInteger unitsIn(long time) {
            return divideUp(units.multiply(BigInteger.valueOf(time)), nanos);
        }
    }

    private record Epoch(long start, Rate rate, BigInteger charged) {

        private BigInteger elapsed(Moment now) {
            return BigInteger.valueOf(now.nanoTime() - start);
        }

        /** Returns the whole units that have not flowed back. */
        long used(Moment now) {
            BigInteger flowed = rate.units.multiply(elapsed(now)).divide(rate.nanos);
            return charged.subtract(flowed).max(ZERO).longValueExact();
        }

        /** Returns the wait until at most some units are used; empty if that is never. */
        Optional<Duration> untilUsed(long most, Moment now) {
            BigInteger excess = charged.subtract(BigInteger.valueOf(most));
            if (used(now) <= most) {
                return Optional.of(Duration.ZERO);
            } else if (rate.units.signum() == 0) {
                return Optional.empty();
            }
            BigInteger wait = divideUp(excess.multiply(rate.nanos), rate.units).subtract(elapsed(now));
            return Optional.of(Duration.ofNanos(wait.longValueExact()));
        }

        Epoch with(BigInteger more) {
            return new Epoch(start, rate, charged.add(more));
        }
    }

    private static final class Taken extends Charge {

        private final long at;

        Taken(long units, long at) {
            super(units);
            this.at = at;
        }
    }

    private Epoch epoch = new Epoch(0, new Rate(ZERO, ONE), ZERO);

    private static BigInteger divideUp(BigInteger number, BigInteger by) {
        BigInteger[] parts = number.divideAndRemainder(by);
        return parts[1].signum() == 0 ? parts[0] : parts[0].add(ONE);
    }

    private Epoch next(Limit limit, Moment now) {
        return new Epoch(now.nanoTime(), Rate.of(limit), BigInteger.valueOf(used(now)));
    }

    /** Returns the epoch that a call goes by which is refused. */
    private Epoch asRefused(Limit limit, Moment now) {
        return Rate.of(limit).compareTo(epoch.rate) > 0 ? next(limit, now) : epoch;
    }

    @Override
    void refused(Limit limit, Moment now) {
        epoch = asRefused(limit, now);
    }

    @Override
    Charge charge(Limit limit, long units, Moment now) {
        boolean isOfOtherRate = Rate.of(limit).compareTo(epoch.rate) != 0;
        if (units > 0) {
            Epoch open = isOfOtherRate || used(now) == 0 ? next(limit, now) : epoch;
            epoch = open.with(BigInteger.valueOf(units));
        }
        return new Taken(units, now.nanoTime());
    }

    @Override
    long chargeAnyway(Limit limit, long units, Moment now) {
        return charge(limit, Math.min(units, MOST_USED - used(now)), now).units();
    }

    @Override
    void settle(Limit limit, List<Charge> charged, long units, Moment now) {
        long rest = units;
        for (int to = charged.size(); to > 0; ) {
            int from = to - 1;
            long at = ((Taken) charged.get(from)).at;
            while (from > 0 && ((Taken) charged.get(from - 1)).at == at) {
                from--;
            }
            long atOnce = ReferenceLog.sum(charged.subList(from, to));
            long kept = Math.min(atOnce, rest);
            giveBack(limit, atOnce - kept, atOnce, now.nanoTime() - at);
            rest -= kept;
            to = from;
        }
        chargeMore(limit, rest, now);
    }

    /** Gives back some of the units that were charged a time ago. */
    private void giveBack(Limit limit, long units, long charged, long age) {
        BigInteger flowed = Rate.of(limit).orFaster(epoch.rate).unitsIn(age);
        BigInteger most = BigInteger.valueOf(charged).subtract(flowed).max(ZERO);
        epoch = epoch.with(BigInteger.valueOf(units).min(most).negate());
    }

    /** Charges what is settled beyond an estimate, which does not change the rate. */
    private void chargeMore(Limit limit, long units, Moment now) {
        long more = Math.min(units, MOST_USED - used(now));
        if (more > 0) {
            Epoch open = used(now) == 0 ? next(limit, now) : epoch;
            epoch = open.with(BigInteger.valueOf(more));
        }
    }

    @Override
    long used(Moment now) {
        return epoch.used(now);
    }

    @Override
    Optional<Refusal> refusal(AppliedLimit applied, long units, Moment now) {
        long headroom = applied.limit().most() - units;
        if (headroom >= 0 && used(now) <= headroom) {
            return Optional.empty();
        }
        Optional<Duration> wait = headroom < 0
                ? Optional.empty()
                : asRefused(applied.limit(), now).untilUsed(headroom, now);
        return Optional.of(new Refusal(applied, units, wait));
    }

    @Override
    LimitStatus status(AppliedLimit applied, Moment now) {
        long used = used(now);
        Epoch epoch = asRefused(applied.limit(), now);
        return LimitStatus.of(applied, used, 0, epoch.untilUsed(Math.max(0, used - 1), now), epoch.untilUsed(0, now));
    }
}
