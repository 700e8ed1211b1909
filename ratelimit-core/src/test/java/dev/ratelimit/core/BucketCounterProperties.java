package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.testkit.ManualTime;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * A bucket beside two others, in numbers of any length. One is a list of charges: a charge fits if, from any earlier
 * charge on, no more is admitted than the capacity and rate times time. All pairs of charges are compared. The other
 * one is what is owed, exact to a part of a unit. A refund leaves in it what {@link BucketCounter} says.
 */
class BucketCounterProperties {

    private static final long[] SPANS = {1, 2, 3, 5, 30};

    private static final long[] ORIGINS = {0, -500, Long.MAX_VALUE - 2_000, Long.MIN_VALUE, 1L << 40};

    /** A charge, less what was given back of it. */
    private static final class Charge {

        final long time;
        final long charged;
        final Meter.Booking booking;
        long units;

        Charge(long time, long units, Meter.Booking booking) {
            this.time = time;
            this.charged = units;
            this.units = units;
            this.booking = booking;
        }
    }

    /** Returns by how many spans of the rate the units from some charge on exceed what has flowed back since. */
    private static BigInteger owed(List<Charge> charges, Flow flow, long now) {
        BigInteger most = BigInteger.ZERO;
        BigInteger sum = BigInteger.ZERO;
        for (int i = charges.size() - 1; i >= 0; i--) {
            sum = sum.add(big(charges.get(i).units));
            BigInteger flowed = big(flow.amount()).multiply(big(now - charges.get(i).time));
            most = most.max(sum.multiply(big(flow.span())).subtract(flowed));
        }
        return most;
    }

    private static long wait(BigInteger owed, Flow flow, long units, long capacity) {
        if (units > capacity) {
            return CompiledLimit.NEVER;
        }
        BigInteger lacking = owed.add(big(units - capacity).multiply(big(flow.span())));
        if (lacking.signum() <= 0) {
            return 0;
        }
        return flow.amount() == 0 ? CompiledLimit.NEVER : ceiling(lacking, flow.amount());
    }

    private static long ceiling(BigInteger dividend, long divisor) {
        BigInteger[] parts = dividend.divideAndRemainder(big(divisor));
        return parts[0].longValueExact() + parts[1].signum();
    }

    private static BigInteger big(long number) {
        return BigInteger.valueOf(number);
    }

    @Property(tries = 1_000)
    void aBucketAnswersAsAllPairsOfChargesDo(@ForAll Random random) {
        answersAsAllPairsDo(random, random.nextInt(8), 1 + random.nextInt(20), 12, 30);
    }

    @Property(tries = 200)
    void aBucketOfGreatNumbersDoesToo(@ForAll Random random) {
        long amount = random.nextLong((1L << (1 + random.nextInt(53))) + 1);
        long span = 1 + random.nextLong(1L << random.nextInt(58));
        answersAsAllPairsDo(random, amount, span, 1L << (1 + random.nextInt(53)), span / 8 + 2);
    }

    private static void answersAsAllPairsDo(Random random, long amount, long per, long most, long pause) {
        Flow flow = new Flow(amount, per);
        long fills = amount == 0
                ? most
                : big(amount).shiftLeft(60).divide(big(per)).min(big(most)).longValue();
        long origin = ORIGINS[random.nextInt(ORIGINS.length)];
        ManualTime time = new ManualTime(ManualTime.DEFAULT_START, origin);
        BucketCounter bucket = new BucketCounter(new Clocks(time));
        List<Charge> charges = new ArrayList<>();
        List<Charge> open = new ArrayList<>();
        BigInteger owed = BigInteger.ZERO;
        for (int i = 0; i < 60; i++) {
            if (random.nextInt(4) > 0) {
                long pass = random.nextLong(pause);
                time.advanceNanos(pass);
                owed = owed.subtract(big(flow.amount()).multiply(big(pass))).max(BigInteger.ZERO);
            }
            long now = time.nanoTime();
            long capacity = random.nextLong(fills + 1);
            CompiledLimit limit = CompiledLimits.of(
                    TokenBucket.of(Unit.CALLS, amount, Duration.ofNanos(per)).withCapacity(capacity));
            long units = Math.min(random.nextLong(fills + 2), capacity / (1 + random.nextInt(4)) + random.nextInt(2));
            units = Math.min(units, fills / 8 + 8);
            long wait = wait(owed, flow, units, capacity);
            assertThat(wait)
                    .as("the promise")
                    .isGreaterThanOrEqualTo(wait(owed(charges, flow, now), flow, units, capacity));
            assertThat(bucket.nanosUntilFits(limit, units, now)).isEqualTo(wait);
            assertThat(bucket.status(limit, now).used()).isEqualTo(ceiling(owed, flow.span()));
            boolean anyway = random.nextInt(8) == 0;
            long position =
                    anyway ? bucket.chargeAnyway(limit, units, now).position() : bucket.charge(limit, units, now);
            if (anyway || wait == 0) {
                assertThat(position).isNotNegative();
                Charge charge = new Charge(now, units, bucket.booking(position));
                charges.add(charge);
                open.add(charge);
                owed = owed.add(big(units).multiply(big(flow.span())));
            } else {
                assertThat(~position).isEqualTo(wait);
            }
            assertThat(bucket.isFull(now)).isEqualTo(owed.signum() == 0);
            if (random.nextInt(3) == 0 && !open.isEmpty()) {
                Charge given = open.remove(random.nextInt(open.size()));
                long back = random.nextBoolean() ? given.units : random.nextLong(given.units + 1);
                bucket.refund(limit, given.booking, given.charged, back, now);
                assertThat(bucket.isGone(given.booking, given.charged, now)).isEqualTo(left(given, flow, now) <= 0);
                owed = afterRefund(owed, given, back, flow, now);
                given.units -= back;
            }
        }
    }

    /** Returns the units of a charge that have not flowed back, a part of one as a whole one. */
    private static long left(Charge charge, Flow flow, long now) {
        BigInteger flowed = big(flow.amount()).multiply(big(now - charge.time));
        return big(charge.charged).subtract(flowed.divide(big(flow.span()))).longValueExact();
    }

    private static BigInteger afterRefund(BigInteger owed, Charge charge, long units, Flow flow, long now) {
        BigInteger span = big(flow.span());
        long left = left(charge, flow, now);
        long back = Math.max(0, Math.min(units, left));
        BigInteger flowed = big(flow.amount()).multiply(big(now - charge.time)).mod(span);
        BigInteger used = big(ceiling(owed, flow.span()));
        BigInteger part = used.multiply(span).subtract(owed);
        boolean areWhole = back == 0 || back < left || flowed.signum() == 0;
        BigInteger then = areWhole ? part : part.subtract(flowed).max(BigInteger.ZERO);
        return used.subtract(big(back)).multiply(span).subtract(then).max(BigInteger.ZERO);
    }

    /** A rate that came into force, in units for each 30 nanoseconds. */
    private record Change(long time, long rate) {}

    /** Returns what flows back from a time on, in parts of which a unit has 30. */
    private static long flowed(List<Change> changes, long from, long now) {
        long flowed = 0;
        long to = now;
        for (int i = changes.size() - 1; i >= 0; i--) {
            Change change = changes.get(i);
            flowed += change.rate * Math.max(0, to - Math.max(from, change.time));
            to = Math.min(to, change.time);
        }
        return flowed;
    }

    /** Rates change, and charges are given back after they did. The rates are few, so that all of that meets. */
    @Property(tries = 3_000)
    void noRefundLeadsToMoreThanTheCapacityAndWhatFlowsBack(@ForAll Random random) {
        ManualTime time = new ManualTime();
        long begin = time.nanoTime();
        BucketCounter bucket = new BucketCounter(new Clocks(time));
        long capacity = 1L + random.nextInt(8);
        List<CompiledLimit> limits = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            long span = SPANS[random.nextInt(SPANS.length)];
            limits.add(CompiledLimits.of(TokenBucket.of(Unit.CALLS, 1 + random.nextInt(3), Duration.ofNanos(span))
                    .withCapacity(capacity)));
        }
        List<Change> changes = new ArrayList<>();
        List<Charge> charges = new ArrayList<>();
        List<Charge> open = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            time.advanceNanos(random.nextInt(random.nextInt(4) == 0 ? 12 : 3));
            long now = time.nanoTime();
            CompiledLimit limit = limits.get(random.nextInt(limits.size()));
            long rate = 30 * limit.flow.amount() / limit.flow.span();
            long last = changes.isEmpty() ? 0 : changes.get(changes.size() - 1).rate;
            long units = 1 + random.nextLong(capacity);
            long position = bucket.charge(limit, units, now);
            if (position >= 0 ? rate != last : rate > last) {
                changes.add(new Change(now, rate));
            }
            if (position >= 0) {
                Charge charge = new Charge(now, units, bucket.booking(position));
                charges.add(charge);
                open.add(charge);
                long sum = 0;
                for (int j = charges.size() - 1; j >= 0; j--) {
                    sum += charges.get(j).units;
                    long flowed = flowed(changes, charges.get(j).time, now);
                    assertThat(30 * (sum - capacity))
                            .as("from %d to %d", charges.get(j).time - begin, now - begin)
                            .isLessThanOrEqualTo(flowed);
                }
            }
            if (random.nextInt(2) == 0 && !open.isEmpty()) {
                Charge given = open.remove(random.nextInt(open.size()));
                long back = random.nextBoolean() ? given.units : random.nextLong(given.units + 1);
                bucket.refund(limit, given.booking, given.charged, back, now);
                given.units -= back;
            }
        }
    }

    @Property(tries = 300)
    void atRatesThatChangeWhatIsOwedInUnitsGoesOn(@ForAll Random random) {
        ManualTime time = new ManualTime(ManualTime.DEFAULT_START, ORIGINS[random.nextInt(ORIGINS.length)]);
        BucketCounter bucket = new BucketCounter(new Clocks(time));
        List<Charge> charges = new ArrayList<>();
        Flow flow = Flow.NONE;
        for (int i = 0; i < 100; i++) {
            time.advanceNanos(random.nextInt(12));
            long now = time.nanoTime();
            TokenBucket limit = TokenBucket.of(Unit.CALLS, random.nextInt(4), Duration.ofNanos(1 + random.nextInt(3)))
                    .withCapacity(random.nextInt(9));
            CompiledLimit compiled = CompiledLimits.of(limit);
            Flow next = new Flow(limit.amount(), limit.per().toNanos());
            long used = ceiling(owed(charges, flow, now), flow.span());
            assertThat(bucket.status(compiled, now).used()).isEqualTo(used);
            List<Charge> then = new ArrayList<>(charges);
            if (!next.equals(flow)) {
                then.clear();
                then.add(new Charge(now, used, new BucketCharge(now)));
            }
            long units = random.nextInt(5);
            boolean faster = next.isFasterThan(flow);
            Flow rate = faster ? next : flow;
            long wait = wait(owed(faster ? then : charges, rate, now), rate, units, limit.capacity());
            assertThat(bucket.nanosUntilFits(compiled, units, now)).isEqualTo(wait);
            long position = bucket.charge(compiled, units, now);
            assertThat(position < 0 ? ~position : 0).isEqualTo(wait);
            if (position >= 0 && units > 0) {
                then.add(new Charge(now, units, new BucketCharge(now)));
            }
            if (position < 0 ? faster : units > 0) {
                charges = then;
                flow = next;
            }
        }
    }
}
