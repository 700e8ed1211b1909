package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Buckets on a server, beside a bucket in whole numbers of any size. */
class TokenBucketsTest extends ServedTest {

    private static final long START = Duration.ofDays(20_000).toSeconds() * 1_000_000;

    /** What a bucket lacks, in fractions 1/micros of a unit. */
    private static final class Model {

        private final BigInteger units;
        private final BigInteger micros;
        private BigInteger lacking = BigInteger.ZERO;
        private long at = START;
        private long fullAt = START;

        Model(TokenBucket bucket) {
            this.units = BigInteger.valueOf(bucket.amount()).multiply(BigInteger.valueOf(1_000));
            this.micros = BigInteger.valueOf(bucket.per().toNanos());
        }

        void pass(long now) {
            lacking = lacking.subtract(units.multiply(BigInteger.valueOf(now - at)))
                    .max(BigInteger.ZERO);
            at = now;
        }

        /** Returns the units that are lacking, in whole. */
        BigInteger used() {
            return quotient(lacking, micros);
        }

        void add(long more) {
            fullAt = lacking.signum() == 0 && more > 0 ? at : fullAt;
            lacking = lacking.add(micros.multiply(BigInteger.valueOf(more)));
        }

        /** Gives back a whole charge, as far as it has not flowed back. */
        void cancel(long charged, long made) {
            if (made < fullAt) {
                return;
            }
            BigInteger[] flowed = units.multiply(BigInteger.valueOf(at - made)).divideAndRemainder(micros);
            BigInteger back = BigInteger.valueOf(charged).subtract(flowed[0]);
            if (back.signum() > 0) {
                BigInteger part = used().multiply(micros).subtract(lacking);
                lacking = used().subtract(back).multiply(micros);
                lacking = lacking.subtract(part.subtract(flowed[1]).max(BigInteger.ZERO))
                        .max(BigInteger.ZERO);
            }
        }

        /** Returns the microseconds until some units have flowed back that are lacking. */
        long until(BigInteger back) {
            BigInteger part = used().multiply(micros).subtract(lacking);
            return quotient(back.multiply(micros).subtract(part), units).longValueExact();
        }

        private static BigInteger quotient(BigInteger number, BigInteger divisor) {
            BigInteger[] both = number.divideAndRemainder(divisor);
            return both[0].add(BigInteger.valueOf(both[1].signum()));
        }
    }

    private record Made(Reservation reservation, long units, long at) {}

    private final SettableTime clock = new SettableTime(START);

    private RedisRateLimiter limiterOf(Limit limit) {
        return limiter(builder().tier(tierOf(limit)).time(ServerTime.supplied(clock)));
    }

    private static Usage calls(long n) {
        return Usage.of(Unit.CALLS, n);
    }

    private static Duration wait(Decision decision) {
        return ((Rejected) decision).retryAfter().orElseThrow();
    }

    private static LimitStatus status(RedisRateLimiter limiter) {
        return limiter.status("acme", "chat").get(0);
    }

    /** Amounts up to 2^53 and times up to 36 years, of which half are small. */
    private static long number(Random random, int bits) {
        int size = random.nextBoolean() ? random.nextInt(bits) : random.nextInt(8);
        return (1L << size) + (random.nextLong() & ((1L << size) - 1));
    }

    private static TokenBucket bucket(Random random) {
        while (true) {
            // Up to some size, the span need be no whole number of microseconds.
            boolean isSmall = random.nextBoolean();
            long amount = number(random, isSmall ? 43 : 53);
            Duration per = Duration.ofNanos(isSmall ? number(random, 50) : 1_000 * number(random, 50));
            long capacity = number(random, 53);
            try {
                return new TokenBucket(Unit.CALLS, amount, per, capacity);
            } catch (IllegalArgumentException e) {
                // Such a bucket takes too long to fill.
            }
        }
    }

    @RepeatedTest(6)
    void areExactForNumbersOfAllSizes(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        for (int i = 0; i < 20; i++) {
            TokenBucket bucket = bucket(random);
            redis.flushall();
            clock.micros = START;
            isExact(bucket, random);
        }
    }

    private void isExact(TokenBucket bucket, Random random) {
        RedisRateLimiter limiter = limiterOf(bucket);
        Model model = new Model(bucket);
        List<Made> made = new ArrayList<>();
        for (int step = 0; step < 25; step++) {
            model.pass(clock.micros);
            long units = Math.min(number(random, 53), bucket.capacity());
            Reservation reservation = limiter.reserve("acme", "chat", calls(units));
            BigInteger excess =
                    model.used().add(BigInteger.valueOf(units)).subtract(BigInteger.valueOf(bucket.capacity()));
            if (excess.signum() <= 0) {
                assertThat(reservation.decision().isAdmitted())
                        .as("%s: %s", bucket, excess)
                        .isTrue();
                model.add(units);
                made.add(new Made(reservation, units, clock.micros));
            } else {
                assertThat(wait(reservation.decision()))
                        .as("%s: %s", bucket, excess)
                        .isEqualTo(Micros.duration(model.until(excess)));
            }
            if (random.nextInt(3) == 0 && !made.isEmpty()) {
                settle(made.remove(random.nextInt(made.size())), model, random);
            }
            LimitStatus status = status(limiter);
            assertThat(status.used()).as("%s", bucket).isEqualTo(model.used().longValueExact());
            if (status.used() > 0) {
                assertThat(status.nextReleaseAfter()).hasValue(Micros.duration(model.until(BigInteger.ONE)));
                assertThat(status.resetAfter()).hasValue(Micros.duration(model.until(model.used())));
            }
            long whole = Math.max(1, model.used().signum() > 0 ? model.until(model.used()) : 1);
            clock.micros +=
                    random.nextInt(10) == 0 ? whole + 7 : random.nextLong(Math.min(whole, number(random, 40)) + 1);
        }
    }

    private static void settle(Made made, Model model, Random random) {
        if (random.nextBoolean()) {
            made.reservation.cancel();
            model.cancel(made.units, made.at);
        } else {
            long more = random.nextInt(100);
            made.reservation.settle(calls(made.units + more));
            model.add(more);
        }
    }

    @Test
    void growNoKeysAndAreForgottenWhenTheyAreFull() {
        RedisRateLimiter limiter = limiterOf(TokenBucket.perSecond(20).withCapacity(100));
        for (int i = 0; i < 300; i++) {
            limiter.tryAcquire("acme", "chat");
            clock.micros += 40_000;
        }
        assertThat(redis.keys("*:[mb]:*")).singleElement().satisfies(key -> {
            assertThat(redis.pttl(key)).isBetween(50_000L, 60_000L + 10_000);
            assertThat(redis.strlen(key)).isEqualTo(104);
        });
    }

    /** A usual call is left to the fast part of the script, which asks for no list. */
    @Test
    void areChargedByUsualCalls() {
        RedisRateLimiter limiter = limiterOf(TokenBucket.perSecond(20).withCapacity(100));
        limiter.tryAcquire("acme", "chat");
        forgetCounts();
        for (int i = 0; i < 300; i++) {
            limiter.tryAcquire("acme", "chat");
            clock.micros += 40_000;
        }
        assertThat(sent("get")).isEqualTo(300);
        assertThat(sent("mget")).isLessThan(3);
    }

    @Test
    void withoutAFlowStayAsTheyAre() {
        RedisRateLimiter limiter = limiterOf(TokenBucket.perSecond(0).withCapacity(3));
        Reservation three = limiter.reserve("acme", "chat", calls(3));
        clock.micros += Duration.ofDays(10_000).toSeconds() * 1_000_000;
        assertThat(((Rejected) limiter.tryAcquire("acme", "chat")).retryAfter()).isEmpty();
        assertThat(status(limiter).resetAfter()).isEmpty();
        assertThat(redis.keys("*:m:*"))
                .singleElement()
                .satisfies(key -> assertThat(redis.pttl(key)).isEqualTo(-1));
        three.cancel();
        assertThat(status(limiter).used()).isZero();
    }

    @Test
    void refuseLongerWhereTheClockStepsBackButNoMoreThanTheyLack() {
        RedisRateLimiter limiter = limiterOf(TokenBucket.perSecond(1).withCapacity(5));
        limiter.tryAcquire("acme", "chat", calls(2));
        clock.micros -= Duration.ofMinutes(20).toSeconds() * 1_000_000;
        assertThat(limiter.tryAcquire("acme", "chat", calls(3)).isAdmitted()).isTrue();
        assertThat(wait(limiter.tryAcquire("acme", "chat")))
                .isEqualTo(Duration.ofMinutes(20).plusSeconds(1));
        clock.micros += Duration.ofMinutes(20).plusSeconds(1).toSeconds() * 1_000_000;
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }

    @Test
    void lackNowWhatAWrongClockCharged() {
        RedisRateLimiter limiter = limiterOf(TokenBucket.perSecond(1).withCapacity(5));
        clock.micros += Duration.ofDays(4_000).toSeconds() * 1_000_000;
        limiter.tryAcquire("acme", "chat", calls(5));
        clock.micros = START;
        assertThat(wait(limiter.tryAcquire("acme", "chat"))).isEqualTo(Duration.ofSeconds(1));
        clock.micros += 1_000_000;
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(wait(limiter.tryAcquire("acme", "chat"))).isEqualTo(Duration.ofSeconds(1));
    }

    /** The units of a lease may be served at its end: with what flows back until then they would be 149 at once. */
    @Test
    void areLeasedAsOfTheEndOfTheLease() {
        RedisRateLimiter leasing = limiter(builder()
                .tier(tierOf(TokenBucket.perSecond(100)))
                .leases(50, Duration.ofMillis(500))
                .leaseTime(clock, (over, nanos) -> {})
                .time(ServerTime.supplied(clock)));
        RedisRateLimiter other = limiterOf(TokenBucket.perSecond(100));
        assertThat(leasing.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        clock.micros += 490_000;
        long admitted = 0;
        while (other.tryAcquire("acme", "chat").isAdmitted()) {
            admitted++;
        }
        assertThat(admitted).isEqualTo(49);
        clock.micros += 10_000;
        assertThat(other.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(other.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }

    @RepeatedTest(4)
    void serveNoMoreOfLeasesInAnySpanThanTheyHold(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        TokenBucket bucket = TokenBucket.perSecond(50).withCapacity(40);
        List<Machine> machines = List.of(new Machine(time, 0), new Machine(time, -9), new Machine(time, 9));
        List<RedisRateLimiter> limiters = machines.stream()
                .map(machine -> limiter(builder()
                        .tier(tierOf(bucket))
                        .leases(10, Duration.ofMillis(200))
                        .leaseTime(machine, machine)
                        .time(ServerTime.supplied(time))))
                .toList();
        long start = time.nanoTime();
        int served = 0;
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        for (int step = 0; step < 3_000; step++) {
            if (limiters.get(random.nextInt(3)).tryAcquire("acme", "chat").isAdmitted()) {
                double flowed = 50e-9 * (time.nanoTime() - start);
                least = Math.min(least, served - flowed);
                served++;
                most = Math.max(most, served - flowed - least);
            }
            // Bursts, first calls of leases, and pauses in which leases are left over or end.
            int pause = random.nextInt(3) == 0 ? 1_500 : 190;
            time.advance(Duration.ofMillis(random.nextInt(30) == 0 ? random.nextInt(pause) : 0));
            machines.forEach(Machine::ring);
        }
        assertThat(served).isGreaterThan(500);
        assertThat(most).isLessThan(40 + 1e-6);
    }

    @Test
    void keepWhatTheyLackWhereTheRateChanges() {
        TokenBucket bucket = TokenBucket.perSecond(20).withCapacity(100);
        RedisRateLimiter fast = limiterOf(bucket);
        RedisRateLimiter slow = limiterOf(TokenBucket.perSecond(1).withCapacity(100));
        assertThat(fast.tryAcquire("acme", "chat", calls(100)).isAdmitted()).isTrue();
        assertThat(slow.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        clock.micros += 75_000;
        assertThat(status(slow).used()).isEqualTo(99);
        assertThat(slow.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        clock.micros += 999_999;
        assertThat(status(slow).used()).isEqualTo(100);
        clock.micros += 1;
        assertThat(status(slow).used()).isEqualTo(99);
    }

    @Test
    void giveBackNothingThatHasFlowedBackAtAFasterRateInBetween() {
        RedisRateLimiter slow = limiterOf(TokenBucket.perSecond(5));
        RedisRateLimiter fast = limiterOf(TokenBucket.perSecond(500).withCapacity(5));
        Reservation five = slow.reserve("acme", "chat", calls(5));
        clock.micros += 2_000;
        assertThat(fast.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        clock.micros += 10_000;
        for (int i = 0; i < 5; i++) {
            assertThat(slow.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        }
        five.cancel();
        assertThat(slow.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }

    @Test
    void giveBackByTheFastestRateSinceTheyWereFull() {
        RedisRateLimiter slow = limiterOf(TokenBucket.perSecond(5));
        RedisRateLimiter fast = limiterOf(TokenBucket.perSecond(500).withCapacity(5));
        Reservation five = slow.reserve("acme", "chat", calls(5));
        clock.micros += 2_000;
        assertThat(fast.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        clock.micros += 8_000;
        assertThat(slow.tryAcquire("acme", "chat", calls(4)).isAdmitted()).isTrue();
        assertThat(status(slow).used()).isEqualTo(5);
        five.cancel();
        assertThat(status(slow).used()).isEqualTo(5);
        clock.micros += 200_000;
        assertThat(status(slow).used()).isEqualTo(4);
    }

    @Test
    void giveBackACallAMomentLater() {
        RedisRateLimiter limiter = limiterOf(TokenBucket.perDay(1));
        Reservation call = limiter.reserve("acme", "chat", calls(1));
        clock.micros++;
        call.cancel();
        assertThat(status(limiter).used()).isZero();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
    }

    @Test
    void takeFromTheNextUnitWhatHasFlowedBackOfACancelledOne() {
        RedisRateLimiter limiter = limiterOf(TokenBucket.perSecond(1).withCapacity(5));
        limiter.tryAcquire("acme", "chat", calls(3));
        clock.micros += 250_000;
        Reservation call = limiter.reserve("acme", "chat", calls(1));
        clock.micros += 500_000;
        call.cancel();
        assertThat(status(limiter).used()).isEqualTo(3);
        assertThat(status(limiter).nextReleaseAfter()).hasValue(Duration.ofMillis(750));
    }

    @Test
    void giveNothingBackOfWhatAWrongClockCharged() {
        RedisRateLimiter limiter = limiterOf(TokenBucket.perSecond(1).withCapacity(5));
        clock.micros += Duration.ofDays(4_000).toSeconds() * 1_000_000;
        Reservation ahead = limiter.reserve("acme", "chat", calls(5));
        clock.micros = START;
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        clock.micros += 3_000_000;
        assertThat(limiter.tryAcquire("acme", "chat", calls(3)).isAdmitted()).isTrue();
        ahead.cancel();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }

    @Test
    void keepFewBookingsOfALongStream() {
        RedisRateLimiter limiter =
                limiterOf(TokenBucket.perSecond(Unit.TOKENS, 1_000).withCapacity(1_000_000));
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 500_000));
        RedisReservation stream = (RedisReservation) limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 1));
        for (int i = 0; i < 3_000; i++) {
            clock.micros += 700;
            assertThat(stream.use(Usage.of(Unit.TOKENS, 1)).isAdmitted()).isTrue();
        }
        assertThat(stream.bookings()).isLessThan(200);
        long before = status(limiter).used();
        stream.cancel();
        assertThat(status(limiter).used()).isBetween(before - 100, before - 1);
    }

    @Test
    void isNoWindow() {
        RedisRateLimiter window = limiterOf(RateLimit.perMinute(20));
        RedisRateLimiter bucket = limiterOf(TokenBucket.perMinute(20));
        window.tryAcquire("acme", "chat", calls(20));
        assertThat(bucket.tryAcquire("acme", "chat", calls(20)).isAdmitted()).isTrue();
        assertThat(window.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }
}
