package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class PeriodCounterTest {

    private static final QuotaPeriod DAYS = QuotaPeriod.day(ZoneOffset.UTC);
    private static final Quota TEN_A_DAY = Quota.of(Unit.TOKENS, 10, DAYS);

    private final ManualTime time = new ManualTime(Instant.parse("2025-01-31T23:00:00Z"), Long.MAX_VALUE - 5);
    private final PeriodCounter counter = new PeriodCounter(DAYS, new Clocks(time));

    @Test
    void aQuotaIsFreeAgainWhenThePeriodEnds() {
        Rule rule = Rules.of(TEN_A_DAY);
        assertThat(charge(rule, 10)).isNotNegative();
        assertThat(~charge(rule, 1)).isEqualTo(Duration.ofHours(1).toNanos());
        time.advance(Duration.ofHours(1).minusNanos(1));
        assertThat(~charge(rule, 1)).isEqualTo(1);
        time.advance(Duration.ofNanos(1));
        assertThat(charge(rule, 10)).isNotNegative();
    }

    @Test
    void aChargeAtTheInstantThatAPeriodEndsIsOneOfTheNext() {
        Rule rule = Rules.of(TEN_A_DAY);
        time.advance(Duration.ofHours(1).minusNanos(1));
        assertThat(charge(rule, 4)).isNotNegative();
        time.advanceNanos(1);
        assertThat(charge(rule, 3)).isNotNegative();
        assertThat(counter.status(rule, time.nanoTime()).used()).isEqualTo(3);
    }

    @Test
    void moreThanTheAmountIsNeverAdmittedWhileItMustFit() {
        assertThat(~charge(Rules.of(TEN_A_DAY), 11)).isEqualTo(Meter.NEVER);
        Rule untilReached = Rules.of(TEN_A_DAY.withOverrun(Overrun.UNTIL_REACHED));
        assertThat(charge(untilReached, 11)).isNotNegative();
        assertThat(~charge(untilReached, 0)).isEqualTo(Duration.ofHours(1).toNanos());
        Rule nothing = Rules.of(Quota.of(Unit.TOKENS, 0, DAYS).withOverrun(Overrun.UNTIL_REACHED));
        assertThat(~charge(nothing, 0)).isEqualTo(Meter.NEVER);
    }

    @Test
    void whatIsGivenBackGoesToThePeriodItWasChargedToOrNowhere() {
        Rule rule = Rules.of(TEN_A_DAY);
        Meter.Place january = counter.place(charge(rule, 7));
        counter.refund(january, 3);
        assertThat(counter.status(rule, time.nanoTime()).used()).isEqualTo(4);
        time.advance(Duration.ofHours(2));
        assertThat(charge(rule, 5)).isNotNegative();
        counter.refund(january, 4);
        assertThat(counter.status(rule, time.nanoTime()).used()).isEqualTo(5);
    }

    @Test
    void moreIsChargedToThePeriodOfThePlaceWhetherItFitsOrNot() {
        Rule rule = Rules.of(TEN_A_DAY);
        Meter.Place january = counter.place(charge(rule, 7));
        counter.chargeMore(rule, january, 8, time.nanoTime());
        assertThat(counter.status(rule, time.nanoTime()).overrun()).isEqualTo(5);
        assertThat(~charge(rule, 0)).isEqualTo(Duration.ofHours(1).toNanos());
        time.advance(Duration.ofHours(2));
        assertThat(charge(rule, 3)).isNotNegative();
        counter.chargeMore(rule, january, 4, time.nanoTime());
        assertThat(counter.status(rule, time.nanoTime()).used()).isEqualTo(3);
    }

    @Test
    void aPlaceInAPeriodThatIsOverTakesAndGivesNothing() {
        Rule rule = Rules.of(TEN_A_DAY);
        long january = charge(rule, 7);
        time.advance(Duration.ofHours(2));
        assertThat(charge(rule, 3)).isNotNegative();
        Meter.Place gone = counter.place(january);
        counter.refund(gone, 7);
        counter.chargeMore(rule, gone, 7, time.nanoTime());
        assertThat(counter.status(rule, time.nanoTime()).used()).isEqualTo(3);
    }

    @Test
    void whatNeedNotFitAddsUpTo2ToThe61() {
        long greatest = 1L << 53;
        Rule rule = Rules.of(Quota.of(Unit.TOKENS, greatest, DAYS));
        Meter.Place place = counter.place(charge(rule, 5));
        for (int i = 0; i < 300; i++) {
            counter.chargeMore(rule, place, greatest, time.nanoTime());
        }
        assertThat(counter.status(rule, time.nanoTime()).used()).isEqualTo(1L << 61);
        assertThat(~charge(rule, 1)).isEqualTo(Duration.ofHours(1).toNanos());
    }

    @Test
    void whatNeedNotFitAddsUpToNoMoreWhereSomethingIsGranted() {
        long greatest = 1L << 53;
        Rule rule = Rules.of(Quota.of(Unit.TOKENS, greatest, DAYS));
        Meter.Place place = counter.place(charge(rule, 5));
        counter.grant(greatest, time.nanoTime());
        for (int i = 0; i < 300; i++) {
            counter.chargeMore(rule, place, greatest, time.nanoTime());
        }
        assertThat(counter.status(rule, time.nanoTime()).used()).isEqualTo(1L << 61);
    }

    @Test
    void aWallClockAtTheEndOfTimeIsInAPeriodWithoutEnd() {
        time.setWall(Instant.MAX);
        PeriodCounter last = new PeriodCounter(DAYS, new Clocks(time));
        Rule rule = Rules.of(TEN_A_DAY);
        assertThat(last.charge(rule, 10, time.nanoTime())).isNotNegative();
        assertThat(~last.charge(rule, 1, time.nanoTime())).isEqualTo(Meter.NEVER);
    }

    @Test
    void aLifetimeIsSpentForGood() {
        PeriodCounter lifetime = new PeriodCounter(QuotaPeriod.lifetime(), new Clocks(time));
        Rule rule = Rules.of(Quota.lifetime(Unit.TOKENS, 10));
        assertThat(lifetime.charge(rule, 10, time.nanoTime())).isNotNegative();
        assertThat(~lifetime.charge(rule, 1, time.nanoTime())).isEqualTo(Meter.NEVER);
        assertThat(lifetime.status(rule, time.nanoTime()).resetAfter()).isEmpty();
    }

    @Test
    void aLifetimeNeedsNoWallClock() {
        InterruptedTime time = new InterruptedTime();
        time.beforeInstant(() -> {
            throw new IllegalStateException("there is no wall clock");
        });
        PeriodCounter lifetime = new PeriodCounter(QuotaPeriod.lifetime(), new Clocks(time));
        Rule rule = Rules.of(Quota.lifetime(Unit.TOKENS, 10));
        assertThat(lifetime.charge(rule, 10, time.nanoTime())).isNotNegative();
        assertThat(~lifetime.charge(rule, 1, time.nanoTime())).isEqualTo(Meter.NEVER);
        assertThat(lifetime.status(rule, time.nanoTime()).used()).isEqualTo(10);
    }

    @Test
    void toAskWhetherItIsIdleReadsTheWallClockOnceASecond() {
        InterruptedTime time = new InterruptedTime();
        Rule rule = Rules.of(TEN_A_DAY);
        PeriodCounter counter = new PeriodCounter(DAYS, new Clocks(time));
        assertThat(counter.charge(rule, 1, time.nanoTime())).isNotNegative();
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

    @Test
    void noPeriodHoldsMoreThanTheAmountWhileThreadsRaceOverItsEnd() throws Exception {
        int threads = 4;
        int days = 200;
        Rule rule = Rules.of(Quota.of(Unit.TOKENS, 1_000, DAYS));
        Callable<Map<Long, Long>> work = () -> {
            Map<Long, Long> keptByPeriod = new HashMap<>();
            for (int i = 0; i < days * 3_000; i++) {
                if (i % 3_000 == 2_999) {
                    time.advance(Duration.ofHours(24 / threads));
                }
                long receipt = counter.charge(rule, 2, time.nanoTime());
                if (receipt >= 0) {
                    if (i % 3 == 0) {
                        counter.refund(counter.place(receipt), 2);
                    } else {
                        keptByPeriod.merge(receipt, 2L, Long::sum);
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
            assertThat(counter.charge(rule, 0, time.nanoTime())).isIn(last, last + 1);
            if (counter.charge(rule, 0, time.nanoTime()) == last) {
                assertThat(counter.status(rule, time.nanoTime()).used()).isEqualTo(total.get(last));
            }
        } finally {
            pool.shutdown();
        }
    }

    private long charge(Rule rule, long units) {
        return counter.charge(rule, units, time.nanoTime());
    }
}
