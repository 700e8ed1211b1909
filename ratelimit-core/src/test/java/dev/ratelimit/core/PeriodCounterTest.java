package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Unit;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("mutants")
class PeriodCounterTest {

    private static final QuotaPeriod DAYS = QuotaPeriod.day(ZoneOffset.UTC);
    private static final Quota TEN_A_DAY = Quota.of(Unit.TOKENS, 10, DAYS);

    private final ManualTime time = new ManualTime(Instant.parse("2025-01-31T23:00:00Z"), Long.MAX_VALUE - 5);
    private final PeriodCounter counter = new PeriodCounter(DAYS, new Clocks(time));

    @Test
    void aQuotaIsFreeAgainWhenThePeriodEnds() {
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        assertThat(charge(limit, 10)).isNotNegative();
        assertThat(~charge(limit, 1)).isEqualTo(Duration.ofHours(1).toNanos());
        time.advance(Duration.ofHours(1).minusNanos(1));
        assertThat(~charge(limit, 1)).isEqualTo(1);
        time.advance(Duration.ofNanos(1));
        assertThat(charge(limit, 10)).isNotNegative();
    }

    @Test
    void aChargeAtTheInstantThatAPeriodEndsIsOneOfTheNext() {
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        time.advance(Duration.ofHours(1).minusNanos(1));
        assertThat(charge(limit, 4)).isNotNegative();
        time.advanceNanos(1);
        assertThat(charge(limit, 3)).isNotNegative();
        assertThat(counter.status(limit, time.nanoTime()).used()).isEqualTo(3);
    }

    @Test
    void moreThanTheAmountIsNeverAdmittedWhileItMustFit() {
        assertThat(~charge(CompiledLimits.of(TEN_A_DAY), 11)).isEqualTo(CompiledLimit.NEVER);
        CompiledLimit untilReached = CompiledLimits.of(TEN_A_DAY.withOverrun(Overrun.UNTIL_REACHED));
        assertThat(charge(untilReached, 11)).isNotNegative();
        assertThat(~charge(untilReached, 0)).isEqualTo(Duration.ofHours(1).toNanos());
        CompiledLimit nothing = CompiledLimits.of(Quota.of(Unit.TOKENS, 0, DAYS).withOverrun(Overrun.UNTIL_REACHED));
        assertThat(~charge(nothing, 0)).isEqualTo(CompiledLimit.NEVER);
    }

    @Test
    void whatIsGivenBackGoesToThePeriodItWasChargedToOrNowhere() {
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        Meter.Booking january = counter.booking(charge(limit, 7));
        counter.refund(january, 3);
        assertThat(counter.status(limit, time.nanoTime()).used()).isEqualTo(4);
        time.advance(Duration.ofHours(2));
        assertThat(charge(limit, 5)).isNotNegative();
        counter.refund(january, 4);
        assertThat(counter.status(limit, time.nanoTime()).used()).isEqualTo(5);
    }

    @Test
    void moreIsChargedToThePeriodOfThePlaceWhetherItFitsOrNot() {
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        Meter.Booking january = counter.booking(charge(limit, 7));
        counter.chargeMore(limit, january, 8, time.nanoTime(), null);
        assertThat(counter.status(limit, time.nanoTime()).overrun()).isEqualTo(5);
        assertThat(~charge(limit, 0)).isEqualTo(Duration.ofHours(1).toNanos());
        time.advance(Duration.ofHours(2));
        assertThat(charge(limit, 3)).isNotNegative();
        counter.chargeMore(limit, january, 4, time.nanoTime(), null);
        assertThat(counter.status(limit, time.nanoTime()).used()).isEqualTo(3);
    }

    @Test
    void aPlaceInAPeriodThatIsOverTakesAndGivesNothing() {
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        long january = charge(limit, 7);
        time.advance(Duration.ofHours(2));
        assertThat(charge(limit, 3)).isNotNegative();
        Meter.Booking gone = counter.booking(january);
        counter.refund(gone, 7);
        counter.chargeMore(limit, gone, 7, time.nanoTime(), null);
        assertThat(counter.status(limit, time.nanoTime()).used()).isEqualTo(3);
    }

    @Test
    void whatNeedNotFitAddsUpTo2ToThe61() {
        long greatest = 1L << 53;
        CompiledLimit limit = CompiledLimits.of(Quota.of(Unit.TOKENS, greatest, DAYS));
        Meter.Booking booking = counter.booking(charge(limit, 5));
        for (int i = 0; i < 300; i++) {
            counter.chargeMore(limit, booking, greatest, time.nanoTime(), null);
        }
        assertThat(counter.status(limit, time.nanoTime()).used()).isEqualTo(1L << 61);
        assertThat(~charge(limit, 1)).isEqualTo(Duration.ofHours(1).toNanos());
    }

    @Test
    void whatNeedNotFitAddsUpToNoMoreWhereSomethingIsGranted() {
        long greatest = 1L << 53;
        CompiledLimit limit = CompiledLimits.of(Quota.of(Unit.TOKENS, greatest, DAYS));
        Meter.Booking booking = counter.booking(charge(limit, 5));
        counter.grant(limit, greatest, time.nanoTime());
        for (int i = 0; i < 300; i++) {
            counter.chargeMore(limit, booking, greatest, time.nanoTime(), null);
        }
        assertThat(counter.status(limit, time.nanoTime()).used()).isEqualTo(1L << 61);
    }

    @Test
    void aWallClockAtTheEndOfTimeIsInAPeriodWithoutEnd() {
        time.setWall(Instant.MAX);
        PeriodCounter last = new PeriodCounter(DAYS, new Clocks(time));
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        assertThat(last.charge(limit, 10, time.nanoTime())).isNotNegative();
        assertThat(~last.charge(limit, 1, time.nanoTime())).isEqualTo(CompiledLimit.NEVER);
    }

    @Test
    void aLifetimeIsSpentForGood() {
        PeriodCounter lifetime = new PeriodCounter(QuotaPeriod.lifetime(), new Clocks(time));
        CompiledLimit limit = CompiledLimits.of(Quota.lifetime(Unit.TOKENS, 10));
        assertThat(lifetime.charge(limit, 10, time.nanoTime())).isNotNegative();
        assertThat(~lifetime.charge(limit, 1, time.nanoTime())).isEqualTo(CompiledLimit.NEVER);
        assertThat(lifetime.status(limit, time.nanoTime()).resetAfter()).isEmpty();
    }

    @Test
    void aLifetimeNeedsNoWallClock() {
        InterruptedTime time = new InterruptedTime();
        time.beforeInstant(() -> {
            throw new IllegalStateException("there is no wall clock");
        });
        PeriodCounter lifetime = new PeriodCounter(QuotaPeriod.lifetime(), new Clocks(time));
        CompiledLimit limit = CompiledLimits.of(Quota.lifetime(Unit.TOKENS, 10));
        assertThat(lifetime.charge(limit, 10, time.nanoTime())).isNotNegative();
        assertThat(~lifetime.charge(limit, 1, time.nanoTime())).isEqualTo(CompiledLimit.NEVER);
        assertThat(lifetime.status(limit, time.nanoTime()).used()).isEqualTo(10);
    }

    @Test
    void toAskWhetherItIsIdleReadsTheWallClockOnceASecond() {
        InterruptedTime time = new InterruptedTime();
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        PeriodCounter counter = new PeriodCounter(DAYS, new Clocks(time));
        assertThat(counter.charge(limit, 1, time.nanoTime())).isNotNegative();
        assertThat(counter.isIdle(time.nanoTime())).isFalse();
        int[] readings = {0};
        time.beforeInstant(() -> readings[0]++);
        time.advance(Duration.ofNanos(999_999_999));
        assertThat(counter.isIdle(time.nanoTime())).isFalse();
        assertThat(readings[0]).isZero();
        time.advance(Duration.ofNanos(1));
        assertThat(counter.isIdle(time.nanoTime())).isFalse();
        assertThat(readings[0]).isEqualTo(1);
        time.advance(Duration.ofDays(1));
        assertThat(counter.isIdle(time.nanoTime())).isTrue();
    }

    /** Sets the wall clock, and lets the counter believe it. */
    private void jump(Duration step) {
        time.stepWall(step);
        counter.status(CompiledLimits.of(TEN_A_DAY), time.nanoTime());
        time.advance(Duration.ofMinutes(1));
        counter.status(CompiledLimits.of(TEN_A_DAY), time.nanoTime());
    }

    private LimitStatus status() {
        return counter.status(CompiledLimits.of(TEN_A_DAY), time.nanoTime());
    }

    private void startsAtMidnight() {
        time.advance(Duration.ofHours(1));
        assertThat(status().used()).isZero();
    }

    @Test
    void aReceiptIsThatOfOnePeriodOnly() {
        startsAtMidnight();
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        long first = charge(limit, 1);
        jump(Duration.ofDays(10));
        long second = charge(limit, 2);
        assertThat(second).isNotEqualTo(first);
        jump(Duration.ofDays(-10));
        assertThat(charge(limit, 1)).isEqualTo(first);
        assertThat(counter.booking(second)).isNotNull().isNotEqualTo(counter.booking(first));
        time.advance(Duration.ofDays(1));
        assertThat(charge(limit, 1)).isNotIn(first, second);
        assertThat(counter.booking(first)).isNull();
    }

    @Test
    void whatIsGivenBackGoesToThePeriodThatWasLeft() {
        startsAtMidnight();
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        long position = charge(limit, 7);
        jump(Duration.ofDays(10));
        assertThat(charge(limit, 2)).isNotNegative();
        counter.refund(counter.booking(position), 4);
        assertThat(status().used()).isEqualTo(2);
        jump(Duration.ofDays(-10));
        assertThat(status().used()).isEqualTo(5);
    }

    @Test
    void whatIsGrantedStaysWithItsPeriod() {
        startsAtMidnight();
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        counter.grant(CompiledLimits.of(TEN_A_DAY), 5, time.nanoTime());
        jump(Duration.ofDays(10));
        assertThat(status().granted()).isZero();
        counter.grant(CompiledLimits.of(TEN_A_DAY), 2, time.nanoTime());
        assertThat(charge(limit, 12)).isNotNegative();
        jump(Duration.ofDays(-10));
        assertThat(status()).returns(5L, LimitStatus::granted).returns(12L, LimitStatus::used);
        assertThat(charge(limit, 3)).isNotNegative();
        assertThat(charge(limit, 1)).isNegative();
    }

    @Test
    void aCounterOfWhichNothingIsUsedHasWhatWasGrantedInPeriodsThatWereLeft() {
        startsAtMidnight();
        counter.grant(CompiledLimits.of(TEN_A_DAY), 5, time.nanoTime());
        assertThat(charge(CompiledLimits.of(TEN_A_DAY), 3)).isNotNegative();
        jump(Duration.ofDays(10));
        assertThat(charge(CompiledLimits.of(TEN_A_DAY), 2)).isNotNegative();
        PeriodCounter unused = requireNonNull(counter.unused());
        assertThat(unused.isIdle(time.nanoTime())).isFalse();
        assertThat(unused.status(CompiledLimits.of(TEN_A_DAY), time.nanoTime()))
                .returns(0L, LimitStatus::granted)
                .returns(0L, LimitStatus::used);
        time.stepWall(Duration.ofDays(-10));
        unused.status(CompiledLimits.of(TEN_A_DAY), time.nanoTime());
        time.advance(Duration.ofMinutes(1));
        assertThat(unused.status(CompiledLimits.of(TEN_A_DAY), time.nanoTime()))
                .returns(5L, LimitStatus::granted)
                .returns(0L, LimitStatus::used);
        time.advance(Duration.ofDays(1));
        assertThat(unused.isIdle(time.nanoTime())).isTrue();
    }

    @Test
    void aThirdPeriodThatIsLeftIsAddedToTheSecondAndGoesOnWithIt() {
        startsAtMidnight();
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        assertThat(charge(limit, 1)).isNotNegative();
        jump(Duration.ofDays(10));
        assertThat(charge(limit, 2)).isNotNegative();
        long third = 0;
        for (long units = 3; units <= 4; units++) {
            jump(Duration.ofDays(10));
            third = units == 3 ? charge(limit, units) : third;
        }
        counter.refund(counter.booking(third), 1); // is too late for what was added
        assertThat(status().used()).isZero();
        jump(Duration.ofDays(-10));
        assertThat(status().used()).isEqualTo(5);
        counter.chargeMore(limit, counter.booking(charge(limit, 0)), 1, time.nanoTime(), null);
        jump(Duration.ofDays(-10));
        assertThat(status().used()).isEqualTo(6);
        jump(Duration.ofDays(-10));
        assertThat(status().used()).isEqualTo(7);
        time.advance(Duration.ofDays(1));
        assertThat(status().used()).isZero();
        time.advance(Duration.ofDays(1));
        assertThat(status().used()).isZero();
        assertThat(counter.isIdle(time.nanoTime())).isTrue();
    }

    @Test
    void manyPeriodsThatAreLeftTakeLittleAndForgetNothing() {
        startsAtMidnight();
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        assertThat(charge(limit, 1)).isNotNegative();
        for (int i = 0; i < 100; i++) {
            jump(Duration.ofDays(1_000));
            assertThat(charge(limit, 1)).isNotNegative();
        }
        SavedMeter.Period saved = requireNonNull(counter.save(Snapshots.key("chat", DAYS), time.nanoTime()));
        assertThat(saved.kept()).hasSize(2);
        assertThat(saved.kept().get(1).spans()).hasSize(8);
        assertThat(saved.kept().get(1).used()).isEqualTo(99);
        jump(Duration.ofDays(-50_000));
        assertThat(status().used()).isGreaterThanOrEqualTo(99);
        jump(Duration.ofDays(-50_000));
        assertThat(status().used()).isEqualTo(101);
    }

    @Test
    void aPeriodThatAFailedThreadHasClosedIsOpenedAgain() {
        CompiledLimit limit = CompiledLimits.of(TEN_A_DAY);
        Period period = requireNonNull(counter.booking(charge(limit, 4)));
        period.close();
        assertThat(status().used()).isEqualTo(4);
        assertThat(charge(limit, 6)).isNotNegative();
        assertThat(~charge(limit, 1)).isEqualTo(Duration.ofHours(1).toNanos());
        period.close();
        counter.chargeAnyway(limit, 3, time.nanoTime());
        assertThat(status().overrun()).isEqualTo(3);
    }

    @Test
    void noPeriodHoldsMoreThanTheAmountWhileThreadsRaceOverItsEnd() throws Exception {
        int threads = 4;
        int days = 200;
        CompiledLimit limit = CompiledLimits.of(Quota.of(Unit.TOKENS, 1_000, DAYS));
        Callable<Map<Long, Long>> work = () -> {
            Map<Long, Long> keptByPeriod = new HashMap<>();
            for (int i = 0; i < days * 3_000; i++) {
                if (i % 3_000 == 2_999) {
                    time.advance(Duration.ofHours(24 / threads));
                }
                long position = counter.charge(limit, 2, time.nanoTime());
                if (position >= 0) {
                    if (i % 3 == 0) {
                        counter.refund(counter.booking(position), 2);
                    } else {
                        keptByPeriod.merge(position, 2L, Long::sum);
                    }
                }
            }
            return keptByPeriod;
        };
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            Map<Long, Long> total = new HashMap<>();
            for (Future<Map<Long, Long>> done : pool.invokeAll(Collections.nCopies(threads, work))) {
                done.get().forEach((period, units) -> total.merge(period, units, Long::sum));
            }
            assertThat(total.values()).allMatch(units -> units <= 1_000);
            assertThat(total).hasSizeBetween(days / 2, days + 1);
            long last = Collections.max(total.keySet());
            assertThat(counter.charge(limit, 0, time.nanoTime())).isIn(last, last + 1);
            if (counter.charge(limit, 0, time.nanoTime()) == last) {
                assertThat(counter.status(limit, time.nanoTime()).used()).isEqualTo(total.get(last));
            }
        } finally {
            pool.shutdown();
        }
    }

    /** What is charged in a wrong year counts in the right month when the wall clock is put right. */
    @Test
    void noChargeIsLostWhileThreadsRaceOverAWallClockThatJumps() throws Exception {
        Quota month = Quota.of(Unit.TOKENS, 1L << 50, QuotaPeriod.month(ZoneOffset.UTC));
        CompiledLimit limit = CompiledLimits.of(month);
        ManualTime time = new ManualTime();
        PeriodCounter counter = new PeriodCounter(month.period(), new Clocks(time));
        Instant end = Instant.parse("2025-02-01T00:00:00Z");
        AtomicBoolean done = new AtomicBoolean();
        AtomicLong made = new AtomicLong();
        Callable<Long> charges = () -> {
            long charged = 0;
            while (!done.get()) {
                long position = counter.charge(limit, 2, time.nanoTime());
                charged += position >= 0 ? 2 : 0;
                made.getAndIncrement();
            }
            return charged;
        };
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            List<Future<Long>> threads = List.of(pool.submit(charges), pool.submit(charges));
            for (int i = 0; i < 1_000; i++) {
                time.stepWall(Duration.ofDays(i % 2 == 0 ? 5_000 : -5_000));
                counter.status(limit, time.nanoTime());
                time.advance(Duration.ofMinutes(1));
                counter.status(limit, time.nanoTime());
                while (made.get() <= i) {
                    Thread.onSpinWait(); // a busy machine may let the others wait for long
                }
            }
            done.set(true);
            long charged = threads.get(0).get() + threads.get(1).get();
            counter.status(limit, time.nanoTime());
            time.advance(Duration.ofMinutes(1));
            LimitStatus last = counter.status(limit, time.nanoTime());
            assertThat(last.resetAfter()).contains(Duration.between(time.instant(), end));
            assertThat(last.used()).isEqualTo(charged).isGreaterThanOrEqualTo(2_000);
        } finally {
            done.set(true);
            pool.shutdown();
        }
    }

    private long charge(CompiledLimit limit, long units) {
        return counter.charge(limit, units, time.nanoTime());
    }
}
