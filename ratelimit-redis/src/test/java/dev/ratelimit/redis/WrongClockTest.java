package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** What a server's clock that was wrong by more than an hour leaves behind when it is put right. */
class WrongClockTest extends ServedTest {

    private static final Instant TODAY = Instant.parse("2025-03-10T09:00:00Z");
    private static final Instant IN_2038 = Instant.parse("2038-01-19T03:14:07Z");
    private static final QuotaPeriod DAYS = QuotaPeriod.day(ZoneOffset.UTC);

    /** What lies further ahead is put right: an hour, and 50 seconds by which the clocks of replicas may differ. */
    private static final long AHEAD = Duration.ofSeconds(3_650).toMillis() * 1_000;

    private final SettableTime clock = new SettableTime(Micros.of(TODAY));

    private RedisRateLimiter limiterOf(RateLimit limit) {
        return limiter(builder().tier(tierOf(limit)).time(ServerTime.supplied(clock)));
    }

    private RedisRateLimiter limiterOf(Quota limit) {
        return limiter(builder().tier(tierOf(limit)).time(ServerTime.supplied(clock)));
    }

    private static boolean admits(RedisRateLimiter limiter, long calls) {
        return limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, calls)).isAdmitted();
    }

    private static Optional<Duration> refused(RedisRateLimiter limiter, long calls) {
        return ((Rejected) limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, calls))).retryAfter();
    }

    private static LimitStatus status(RedisRateLimiter limiter) {
        return limiter.status("acme", "chat").get(0);
    }

    private void setTo(Instant instant) {
        clock.micros = Micros.of(instant);
    }

    private void pass(Duration time) {
        clock.micros += time.toNanos() / 1_000;
    }

    @Test
    void whatAWindowChargedAheadCountsFromWhenTheClockIsFoundToBeRight() {
        RedisRateLimiter limiter = limiterOf(RateLimit.of(Unit.CALLS, 2, Duration.ofSeconds(10)));
        setTo(IN_2038);
        assertThat(admits(limiter, 2)).isTrue();
        setTo(TODAY);
        assertThat(refused(limiter, 1)).as("a refused call finds out").hasValue(Duration.ofSeconds(10));
        pass(Duration.ofSeconds(3));
        assertThat(refused(limiter, 1)).hasValue(Duration.ofSeconds(7));
        pass(Duration.ofSeconds(7));
        assertThat(admits(limiter, 2)).isTrue();
        assertThat(redis.keys("*:m:*"))
                .allSatisfy(key -> assertThat(redis.pttl(key)).isBetween(1L, 70_000L));
    }

    @Test
    void aLookIsEnoughToFindOut() {
        RedisRateLimiter limiter = limiterOf(RateLimit.of(Unit.CALLS, 2, Duration.ofSeconds(10)));
        setTo(IN_2038);
        admits(limiter, 2);
        setTo(TODAY);
        assertThat(status(limiter).resetAfter()).hasValue(Duration.ofSeconds(10));
        pass(Duration.ofSeconds(4));
        assertThat(limiter.status("acme").get(0).resetAfter()).hasValue(Duration.ofSeconds(6));
        pass(Duration.ofSeconds(5));
        assertThat(limiter.peek("acme", "chat", Usage.call()).isAdmitted()).isFalse();
        pass(Duration.ofSeconds(1));
        assertThat(limiter.peek("acme", "chat", Usage.call()).isAdmitted()).isTrue();
    }

    @Test
    void whatWasChargedBeforeTheClockWasWrongKeepsItsTime() {
        RedisRateLimiter limiter = limiterOf(RateLimit.of(Unit.CALLS, 100, Duration.ofDays(1)));
        for (int i = 0; i < 70; i++) {
            admits(limiter, 1);
            pass(Duration.ofSeconds(1));
        }
        pass(Duration.ofHours(3));
        for (int i = 0; i < 30; i++) {
            admits(limiter, 1);
            pass(Duration.ofSeconds(1));
        }
        setTo(TODAY.plusSeconds(100));
        assertThat(refused(limiter, 70)).hasValue(Duration.ofDays(1).minusSeconds(31));
        assertThat(refused(limiter, 71)).hasValue(Duration.ofDays(1));
        assertThat(status(limiter).used()).isEqualTo(100);
        pass(Duration.ofDays(1).minusSeconds(31));
        assertThat(admits(limiter, 70)).isTrue();
        assertThat(refused(limiter, 30)).hasValue(Duration.ofSeconds(31));
    }

    @Test
    void aStampThatIsAheadByLessStaysAsItIs() {
        RedisRateLimiter limiter = limiterOf(RateLimit.of(Unit.CALLS, 2, Duration.ofSeconds(10)));
        admits(limiter, 2);
        clock.micros -= AHEAD;
        assertThat(refused(limiter, 1)).hasValue(Duration.ofMinutes(61));
        clock.micros -= 10_000; // by window/1,024 a stamp may have been rounded up
        assertThat(refused(limiter, 1)).hasValue(Duration.ofSeconds(10));
    }

    /** 50 units are charged as of the end of the lease, an hour ahead. */
    @Test
    void whatALeaseChargesAheadStaysAsItIs() {
        RedisRateLimiter limiter = limiter(builder()
                .tier(tierOf(RateLimit.of(Unit.CALLS, 100, Duration.ofSeconds(10))))
                .leases(50, Duration.ofHours(1))
                .time(ServerTime.supplied(clock)));
        assertThat(admits(limiter, 1)).isTrue();
        assertThat(refused(limiter, 51)).hasValue(Duration.ofSeconds(3_610));
    }

    @Test
    void whatAQuotaChargedAheadCountsInThePeriodInWhichTheClockIsFoundToBeRight() {
        RedisRateLimiter limiter = limiterOf(Quota.of(Unit.CALLS, 10, DAYS));
        setTo(IN_2038);
        assertThat(admits(limiter, 10)).isTrue();
        setTo(TODAY);
        assertThat(refused(limiter, 1)).hasValue(Duration.ofHours(15));
        pass(Duration.ofHours(15));
        assertThat(admits(limiter, 10)).isTrue();
    }

    /** Redis keeps one period of a quota: the one that a clock which was ahead began took the place of today's. */
    @Test
    void aQuotaForgetsWhatWasUsedBeforeTheClockWasAhead() {
        RedisRateLimiter limiter = limiterOf(Quota.of(Unit.CALLS, 10, DAYS));
        admits(limiter, 4);
        setTo(IN_2038);
        admits(limiter, 1);
        setTo(TODAY.plusSeconds(120));
        assertThat(status(limiter)).returns(1L, LimitStatus::used).returns(9L, LimitStatus::remaining);
        setTo(TODAY.plus(Duration.ofDays(1)));
        assertThat(status(limiter).used()).isZero();
    }

    @Test
    void aReadingThatChargesNothingChangesNothing() {
        RedisRateLimiter limiter = limiterOf(Quota.of(Unit.CALLS, 10, DAYS));
        admits(limiter, 4);
        setTo(IN_2038);
        assertThat(status(limiter).used()).isZero();
        setTo(TODAY.plusSeconds(1));
        assertThat(status(limiter).used()).isEqualTo(4);
        assertThat(status(limiter).resetAfter()).hasValue(Duration.ofHours(15).minusSeconds(1));
    }

    @Test
    void namesThatAClockListedAheadTakeNoPlaceForYears() {
        RateLimit minute = RateLimit.perMinute(5);
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("minutes").eachOtherEndpoint(minute))
                .build();
        RedisRateLimiter limiter =
                limiter(builder().tier(tier).maxUnlistedEndpoints(2).time(ServerTime.supplied(clock)));
        setTo(IN_2038);
        for (String endpoint : List.of("a", "b", "c")) {
            limiter.tryAcquire("acme", endpoint);
        }
        setTo(TODAY);
        limiter.tryAcquire("acme", "d");
        assertThat(limiter.status("acme", "d").get(0))
                .returns(Scope.Endpoint.OVERFLOW, status -> status.applied().scope())
                .returns(2L, LimitStatus::used);
        pass(Duration.ofMinutes(4)); // two windows and a margin
        limiter.tryAcquire("acme", "e");
        assertThat(limiter.status("acme", "e").get(0).applied().scope()).isEqualTo(new Scope.Endpoint("e"));
        assertThat(limiter.status("acme")).hasSize(1);
    }

    /** A quota is what its meter and its limiter remember: so each answer is known. */
    @RepeatedTest(5)
    void eachAnswerOfAQuotaIsKnownHoweverTheClockLeaps(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        RedisRateLimiter limiter = limiterOf(Quota.of(Unit.CALLS, 10, DAYS));
        long latest = Long.MIN_VALUE / 2;
        long from = 0;
        long to = 0;
        long used = 0;
        for (int step = 0; step < 500; step++) {
            leap(random);
            boolean believed = latest - clock.micros <= AHEAD;
            long now = believed ? Math.max(latest, clock.micros) : clock.micros;
            latest = latest - now > Duration.ofHours(1).toMillis() * 1_000 ? now : Math.max(latest, now);
            QuotaPeriod.Interval current = DAYS.at(Micros.instant(now));
            boolean over = now >= to;
            long counts = over ? 0 : used;
            long end = over || from - now > AHEAD ? Micros.of(current.end()) : to;
            String call = "step %d at %s".formatted(step, clock.instant());
            assertThat(status(limiter).used()).as(call).isEqualTo(counts);
            long units = random.nextLong(1, 5);
            boolean fits = counts + units <= 10;
            assertThat(limiter.peek("acme", "chat", Usage.of(Unit.CALLS, units)).isAdmitted())
                    .as(call)
                    .isEqualTo(fits);
            if (fits) {
                assertThat(admits(limiter, units)).as(call).isTrue();
            } else {
                assertThat(refused(limiter, units)).as(call).hasValue(Duration.ofNanos(1_000 * (end - clock.micros)));
            }
            boolean righted = !over && from - now > AHEAD;
            if (fits || righted) {
                from = over || righted ? Micros.of(current.start()) : from;
                to = end;
                used = counts + (fits ? units : 0);
            }
        }
    }

    private void leap(Random random) {
        switch (random.nextInt(12)) {
            case 0 -> clock.micros += Duration.ofDays(random.nextInt(5_000)).toMillis() * 1_000;
            case 1, 2 ->
                clock.micros = Micros.of(TODAY)
                        + Duration.ofMinutes(random.nextInt(5_000)).toMillis() * 1_000;
            case 3 -> clock.micros -= Duration.ofMinutes(random.nextInt(200)).toMillis() * 1_000;
            case 4 -> clock.micros += Duration.ofMinutes(random.nextInt(200)).toMillis() * 1_000;
            default -> clock.micros += random.nextInt(5_000_000);
        }
    }

    private record Charge(long micros, long units) {}

    /**
     * What a window drops depends on who asked when, and what it has not dropped counts again when the clock steps
     * back. So this is the least that it must count: each charge from when it was made, or from the earliest time that
     * the clock showed after it.
     */
    @RepeatedTest(5)
    void noWindowAdmitsTooMuchOrRefusesForLongHoweverTheClockLeaps(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        long span = 1_000L * List.of(800, 40_000, 9_000_000, 90_000_000).get(random.nextInt(4));
        int amount = 40 + random.nextInt(200);
        RedisRateLimiter limiter = limiterOf(RateLimit.of(Unit.CALLS, amount, Duration.ofNanos(1_000 * span)));
        List<Charge> counted = new ArrayList<>();
        for (int step = 0; step < 1_500; step++) {
            if (random.nextInt(40) == 0) {
                leap(random);
            } else {
                clock.micros += random.nextInt((int) (span / amount));
            }
            long now = clock.micros;
            counted.replaceAll(charge -> new Charge(Math.min(charge.micros, now), charge.units));
            counted.removeIf(charge -> charge.micros + span <= now);
            long units = random.nextLong(1, 4);
            String call = "step %d at %s, window %d, amount %d".formatted(step, clock.instant(), span, amount);
            if (admits(limiter, units)) {
                counted.add(new Charge(now, units));
                assertThat(counted.stream().mapToLong(Charge::units).sum())
                        .as(call)
                        .isLessThanOrEqualTo(amount);
            } else {
                long wait = refused(limiter, units).orElseThrow().toNanos() / 1_000;
                assertThat(wait).as(call).isBetween(1L, span + AHEAD + span / 1_024);
                clock.micros += wait - 1;
                assertThat(limiter.peek("acme", "chat", Usage.of(Unit.CALLS, units))
                                .isAdmitted())
                        .as(call)
                        .isFalse();
                clock.micros += 1;
                assertThat(limiter.peek("acme", "chat", Usage.of(Unit.CALLS, units))
                                .isAdmitted())
                        .as(call)
                        .isTrue();
            }
        }
    }
}
