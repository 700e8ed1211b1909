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
 * A token bucket of the reference: what was charged and has not flowed back yet, exact to a part of a unit.
 *
 * <p>An epoch begins with a charge while nothing is used, or with a charge under a limit of another rate. A call that
 * is refused under a limit of a faster rate begins one too: else an organization that has used up a slow plan would
 * wait on after its upgrade. What is used then, in whole units, is what was charged in the new epoch so far.
 *
 * <p>Of what was charged at one moment, at most that is given back which would not have flowed back since, by the
 * fastest rate since. A unit of which a part would have flowed back is given back whole. The part is taken from what
 * has flowed back of the next unit that is used, at most all of that.
 */
final class ReferenceBucket extends ReferenceMeter {

    /** Units that flow back in some nanoseconds. A unit has as many parts as there are nanoseconds. */
    private record Rate(BigInteger units, BigInteger nanos) {

        static Rate of(Limit limit) {
            TokenBucket bucket = (TokenBucket) limit;
            return new Rate(
                    BigInteger.valueOf(bucket.amount()),
                    BigInteger.valueOf(bucket.per().toNanos()));
        }

        boolean isFasterThan(Rate other) {
            return units.multiply(other.nanos).compareTo(other.units.multiply(nanos)) > 0;
        }

        boolean isSame(Rate other) {
            return !isFasterThan(other) && !other.isFasterThan(this);
        }

        BigInteger partsOf(long units) {
            return nanos.multiply(BigInteger.valueOf(units));
        }

        BigInteger partsIn(long time) {
            return units.multiply(BigInteger.valueOf(time));
        }
    }

    /**
     * What is owed at a moment, in parts of units by the rate.
     *
     * @param rate the rate from {@code begun} on
     * @param fastest the fastest rate from {@code fullAt} on
     * @param fullAt a moment at which nothing was owed
     */
    private record Epoch(Rate rate, long begun, Rate fastest, long fullAt, long at, BigInteger owed) {

        private BigInteger owed(Moment now) {
            return owed.subtract(rate.partsIn(now.nanoTime() - at)).max(ZERO);
        }

        /** Returns the whole units that have not flowed back. */
        long used(Moment now) {
            return divideUp(owed(now), rate.nanos).longValueExact();
        }

        /** Returns the wait until at most some units are used; empty if that is never. */
        Optional<Duration> untilUsed(long most, Moment now) {
            BigInteger excess = owed(now).subtract(rate.partsOf(most));
            if (excess.signum() <= 0) {
                return Optional.of(Duration.ZERO);
            } else if (rate.units.signum() == 0) {
                return Optional.empty();
            }
            return Optional.of(Duration.ofNanos(divideUp(excess, rate.units).longValueExact()));
        }

        /** Returns the epoch that a rate begins. */
        Epoch next(Rate next, Moment now) {
            long used = used(now);
            boolean isFull = used == 0;
            Rate faster = isFull || next.isFasterThan(fastest) ? next : fastest;
            return new Epoch(
                    next, now.nanoTime(), faster, isFull ? now.nanoTime() : fullAt, now.nanoTime(), next.partsOf(used));
        }

        Epoch charged(long units, Moment now) {
            return owing(owed(now).add(rate.partsOf(units)), now);
        }

        /** Returns this epoch without some of the units that were charged at once. */
        Epoch givenBack(long units, long charged, long moment, Moment now) {
            Rate since = moment - begun >= 0 || fastest.isSame(rate) ? rate : fastest;
            BigInteger[] flowed = since.partsIn(now.nanoTime() - moment).divideAndRemainder(since.nanos);
            BigInteger rest = BigInteger.valueOf(charged).subtract(flowed[0]);
            BigInteger back = BigInteger.valueOf(units).min(rest);
            if (moment - fullAt < 0 || back.signum() <= 0) {
                return this;
            }
            BigInteger part = rate.partsOf(used(now)).subtract(owed(now));
            BigInteger left = part.subtract(flowed[1]).max(ZERO);
            boolean areWhole = back.compareTo(rest) < 0 || flowed[1].signum() == 0;
            BigInteger then = areWhole ? part : since.equals(rate) ? left : ZERO;
            BigInteger used = rate.partsOf(used(now) - back.longValueExact());
            return owing(used.subtract(then).max(ZERO), now);
        }

        private Epoch owing(BigInteger parts, Moment now) {
            return new Epoch(rate, begun, fastest, fullAt, now.nanoTime(), parts);
        }
    }

    private static final class Taken extends Charge {

        private final long at;

        Taken(long units, long at) {
            super(units);
            this.at = at;
        }
    }

    private static final Rate NONE = new Rate(ZERO, ONE);

    private Epoch epoch = new Epoch(NONE, 0, NONE, 0, 0, ZERO);

    private static BigInteger divideUp(BigInteger number, BigInteger by) {
        BigInteger[] parts = number.divideAndRemainder(by);
        return parts[1].signum() == 0 ? parts[0] : parts[0].add(ONE);
    }

    /** Returns the epoch that a call goes by which is refused. */
    private Epoch asRefused(Limit limit, Moment now) {
        Rate rate = Rate.of(limit);
        return rate.isFasterThan(epoch.rate) ? epoch.next(rate, now) : epoch;
    }

    @Override
    void refused(Limit limit, Moment now) {
        epoch = asRefused(limit, now);
    }

    @Override
    Charge charge(Limit limit, long units, Moment now) {
        Rate rate = Rate.of(limit);
        if (units > 0) {
            Epoch open = used(now) == 0 || !rate.isSame(epoch.rate) ? epoch.next(rate, now) : epoch;
            epoch = open.charged(units, now);
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
            epoch = epoch.givenBack(atOnce - kept, atOnce, at, now);
            rest -= kept;
            to = from;
        }
        chargeMore(limit, rest, now);
    }

    /** Charges what is settled beyond an estimate, which does not change the rate. */
    private void chargeMore(Limit limit, long units, Moment now) {
        long more = Math.min(units, MOST_USED - used(now));
        if (more > 0) {
            Epoch open = used(now) == 0 ? epoch.next(Rate.of(limit), now) : epoch;
            epoch = open.charged(more, now);
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
