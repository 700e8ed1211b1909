package dev.ratelimit.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.kernel.MeterKey;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One token bucket, by examples. */
@Tag("mutants")
class BucketCounterTest {

    private static final long SECOND = 1_000_000_000L;
    private static final long MOST = 1L << 53;

    /** Five calls, of which one flows back in a second. */
    private static final CompiledLimit FIVE = bucket(1, Duration.ofSeconds(1), 5);

    private final ManualTime time = new ManualTime(ManualTime.DEFAULT_START, Long.MAX_VALUE - 2 * SECOND);
    private final long begin = time.nanoTime();
    private final BucketCounter bucket = new BucketCounter(new Clocks(time));

    private static CompiledLimit bucket(long amount, Duration per, long capacity) {
        return CompiledLimits.of(TokenBucket.of(Unit.CALLS, amount, per).withCapacity(capacity));
    }

    /** Moves on to some nanoseconds after the beginning. */
    private BucketCounterTest at(long nanos) {
        time.advanceNanos(nanos - (time.nanoTime() - begin));
        return this;
    }

    private long admits(CompiledLimit limit, long... units) {
        long position = -1;
        for (long each : units) {
            assertThat(bucket.nanosUntilFits(limit, each, time.nanoTime())).isZero();
            position = bucket.charge(limit, each, time.nanoTime());
            assertThat(position).isNotNegative();
        }
        return position;
    }

    private void refuses(CompiledLimit limit, long units, long wait) {
        assertThat(bucket.nanosUntilFits(limit, units, time.nanoTime())).isEqualTo(wait);
        assertThat(~bucket.charge(limit, units, time.nanoTime())).isEqualTo(wait);
    }

    private long used(CompiledLimit limit) {
        return bucket.status(limit, time.nanoTime()).used();
    }

    private void giveBack(CompiledLimit limit, Meter.Booking booking, long charged, long units) {
        bucket.refund(limit, booking, charged, units, time.nanoTime());
    }

    @Test
    void unitsFlowBackOneByOne() {
        admits(FIVE, 1, 1, 1, 1, 1);
        refuses(FIVE, 1, SECOND);
        at(SECOND - 1).refuses(FIVE, 1, 1);
        at(SECOND).admits(FIVE, 1);
        refuses(FIVE, 2, 2 * SECOND);
        at(11 * SECOND).admits(FIVE, 5);
        refuses(FIVE, 1, SECOND);
        refuses(FIVE, 6, CompiledLimit.NEVER);
    }

    /** Had it been full since the beginning, by whole units, another call would go through at 1.5 s. */
    @Test
    void aFullBucketIsLikeANewOneWhateverWasChargedBefore() {
        admits(FIVE, 1);
        at(SECOND + SECOND / 2).admits(FIVE, 5);
        refuses(FIVE, 1, SECOND);
        at(2 * SECOND).refuses(FIVE, 1, SECOND / 2);
        at(2 * SECOND + SECOND / 2).admits(FIVE, 1);
    }

    @Test
    void aPartOfAUnitIsNeverLostWhileTheBucketIsNotFull() {
        CompiledLimit limit = bucket(3, Duration.ofNanos(10), 5);
        long admitted = 0;
        for (int i = 0; i <= 10_000; i++) {
            at(i);
            while (bucket.charge(limit, 1, time.nanoTime()) >= 0) {
                admitted++;
            }
        }
        assertThat(admitted).isEqualTo(3_005);
    }

    @Test
    void theStatusTellsWhenUnitsComeBack() {
        assertThat(bucket.status(FIVE, begin)).isEqualTo(FIVE.status(0, 0, 0, 0));
        admits(FIVE, 3);
        assertThat(bucket.status(FIVE, begin)).isEqualTo(FIVE.status(3, 0, SECOND, 3 * SECOND));
        at(SECOND / 4);
        assertThat(bucket.status(FIVE, time.nanoTime()))
                .isEqualTo(FIVE.status(3, 0, 3 * SECOND / 4, 2 * SECOND + 3 * SECOND / 4));
        at(SECOND);
        assertThat(bucket.status(FIVE, time.nanoTime())).isEqualTo(FIVE.status(2, 0, SECOND, 2 * SECOND));
        at(3 * SECOND - 1);
        assertThat(bucket.status(FIVE, time.nanoTime())).isEqualTo(FIVE.status(1, 0, 1, 1));
        assertThat(bucket.isFull(time.nanoTime())).isFalse();
        at(3 * SECOND);
        assertThat(bucket.status(FIVE, time.nanoTime())).isEqualTo(FIVE.status(0, 0, 0, 0));
        assertThat(bucket.isFull(time.nanoTime())).isTrue();
    }

    @Test
    void aBucketIsIdleASecondAfterItIsFull() {
        assertThat(bucket.isIdle(begin)).isTrue();
        admits(FIVE, 3);
        assertThat(bucket.isIdle(begin + 4 * SECOND - 1)).isFalse();
        assertThat(bucket.isIdle(begin + 4 * SECOND)).isTrue();
    }

    @Test
    void ofAChargeOnlyWhatHasNotFlowedBackIsGivenBack() {
        BucketCharge five = bucket.booking(admits(FIVE, 5));
        assertThat(five.at()).isEqualTo(begin);
        at(SECOND);
        giveBack(FIVE, five, 5, 3);
        assertThat(used(FIVE)).isEqualTo(1);
    }

    @Test
    void whatHasFlowedBackIsNotGivenBackAgain() {
        BucketCharge five = bucket.booking(admits(FIVE, 5));
        at(3 * SECOND);
        giveBack(FIVE, five, 5, 3);
        assertThat(used(FIVE)).isZero();
    }

    @Test
    void aCancelledCallFreesNothingThatOthersWereGivenSince() {
        BucketCharge three = bucket.booking(admits(FIVE, 3));
        at(4 * SECOND).admits(FIVE, 1, 1, 1, 1, 1);
        giveBack(FIVE, three, 3, 3);
        refuses(FIVE, 1, SECOND);
    }

    /** Given back in whole units that have not begun to flow back, a call that fails at once would lose one. */
    @Test
    void aUnitOfWhichAPartHasFlowedBackIsGivenBackWhole() {
        BucketCharge two = bucket.booking(admits(FIVE, 2));
        at(1);
        giveBack(FIVE, two, 2, 2);
        assertThat(used(FIVE)).isZero();
        admits(FIVE, 5);
        refuses(FIVE, 1, SECOND);
    }

    @Test
    void thePartThatHasFlowedBackIsTakenFromTheNextUnit() {
        admits(FIVE, 3);
        BucketCharge one = bucket.booking(at(SECOND / 4).admits(FIVE, 1));
        at(3 * SECOND / 4);
        giveBack(FIVE, one, 1, 1);
        assertThat(bucket.status(FIVE, time.nanoTime()))
                .isEqualTo(FIVE.status(3, 0, 3 * SECOND / 4, 2 * SECOND + 3 * SECOND / 4));
    }

    @Test
    void noMoreIsTakenFromTheNextUnitThanHasFlowedBackOfIt() {
        admits(FIVE, 3);
        BucketCharge one = bucket.booking(at(SECOND / 4).admits(FIVE, 1));
        at(SECOND + SECOND / 10);
        giveBack(FIVE, one, 1, 1);
        assertThat(bucket.status(FIVE, time.nanoTime())).isEqualTo(FIVE.status(2, 0, SECOND, 2 * SECOND));
    }

    /** Each of them has taken a part of the next unit; together they take no more than there is. */
    @Test
    void manyCancelledCallsLeaveWhatOthersUse() {
        admits(FIVE, 1);
        for (int i = 1; i <= 100; i++) {
            BucketCharge three = bucket.booking(at(i * SECOND / 200).admits(FIVE, 3));
            BucketCharge one = bucket.booking(admits(FIVE, 1));
            at(i * SECOND / 200 + SECOND / 400);
            giveBack(FIVE, three, 3, 3);
            giveBack(FIVE, one, 1, 1);
            assertThat(used(FIVE)).isEqualTo(1);
        }
        at(3 * SECOND / 2 + SECOND / 400);
        assertThat(used(FIVE)).isZero();
    }

    @Test
    void whatIsTakenFromTheNextUnitIsExact() {
        CompiledLimit days = bucket(1, Duration.ofDays(1), 1_000);
        long tenth = 8_640 * SECOND;
        admits(days, 3);
        BucketCharge two = bucket.booking(at(2 * tenth).admits(days, 2));
        BucketCharge one = bucket.booking(at(3 * tenth).admits(days, 1));
        at(11 * tenth);
        giveBack(days, one, 1, 1); // 8 tenths of it have flowed back, and one of the next unit
        assertThat(bucket.status(days, time.nanoTime())).isEqualTo(days.status(4, 0, 10 * tenth, 40 * tenth));
        at(14 * tenth);
        giveBack(days, two, 2, 2); // 12 tenths of it have flowed back, and three of the next unit
        assertThat(bucket.status(days, time.nanoTime())).isEqualTo(days.status(3, 0, 9 * tenth, 29 * tenth));
    }

    @Test
    void whatHasFlowedBackAtAFasterRateInBetweenIsNotGivenBack() {
        CompiledLimit slow = bucket(5, Duration.ofSeconds(1), 5);
        CompiledLimit fast = bucket(500, Duration.ofSeconds(1), 5);
        BucketCharge five = bucket.booking(admits(slow, 5));
        at(SECOND / 500).refuses(fast, 1, SECOND / 500);
        at(SECOND / 100);
        assertThat(used(slow)).isEqualTo(1);
        BucketCharge four = bucket.booking(admits(slow, 4));
        at(11 * SECOND / 1_000);
        giveBack(slow, five, 5, 5);
        assertThat(used(slow)).isEqualTo(5);
        giveBack(slow, four, 4, 4);
        assertThat(used(slow)).isEqualTo(1);
    }

    @Test
    void whatWasChargedBeforeTheBucketWasFullIsNotGivenBack() {
        CompiledLimit slow = bucket(5, Duration.ofSeconds(1), 5);
        BucketCharge five = bucket.booking(admits(slow, 5));
        at(SECOND / 500).refuses(bucket(500, Duration.ofSeconds(1), 5), 1, SECOND / 500);
        BucketCharge again = bucket.booking(at(3 * SECOND / 250).admits(slow, 5));
        assertThat(bucket.isGone(five, 5, time.nanoTime())).isTrue();
        assertThat(bucket.isGone(again, 5, time.nanoTime())).isFalse();
        giveBack(slow, five, 5, 5);
        assertThat(used(slow)).isEqualTo(5);
        giveBack(slow, again, 5, 3);
        assertThat(used(slow)).isEqualTo(2);
    }

    /** A thread may charge by an older reading than that of the thread which has found the bucket full. */
    @Test
    void aChargeByAnOlderReadingIsGivenBackWhole() {
        bucket.charge(FIVE, 1, begin + 100);
        long position = bucket.charge(FIVE, 1, begin + 50);
        giveBack(FIVE, bucket.booking(position), 1, 1);
        assertThat(used(FIVE)).isEqualTo(1);
    }

    @Test
    void whatIsSettledBeyondAnEstimateIsOwed() {
        BucketCharge five = bucket.booking(admits(FIVE, 5));
        assertThat(bucket.chargeMore(FIVE, five, 3, begin, null).units()).isEqualTo(3);
        assertThat(used(FIVE)).isEqualTo(8);
        refuses(FIVE, 0, 3 * SECOND);
        refuses(FIVE, 1, 4 * SECOND);
        at(3 * SECOND).admits(FIVE, 0);
        at(4 * SECOND - 1).refuses(FIVE, 1, 1);
        at(4 * SECOND).admits(FIVE, 1);
    }

    @Test
    void anEmptyUsageIsRefusedOnlyBelowEmpty() {
        admits(FIVE, 5);
        admits(FIVE, 0, 0);
        assertThat(used(FIVE)).isEqualTo(5);
    }

    @Test
    void anotherCapacityChangesNothingThatIsKept() {
        CompiledLimit ten = bucket(1, Duration.ofSeconds(1), 10);
        admits(FIVE, 5);
        admits(ten, 5);
        assertThat(used(FIVE)).isEqualTo(10);
        at(SECOND / 2).refuses(FIVE, 1, 5 * SECOND + SECOND / 2);
        at(SECOND).admits(ten, 1);
    }

    @Test
    void atAnotherRateTheUsedUnitsAreTheSame() {
        CompiledLimit twenty = bucket(20, Duration.ofSeconds(1), 100);
        CompiledLimit forty = bucket(40, Duration.ofSeconds(1), 200);
        CompiledLimit ten = bucket(10, Duration.ofSeconds(1), 50);
        admits(twenty, 60);
        assertThat(bucket.status(forty, begin).remaining()).isEqualTo(140);
        assertThat(bucket.status(ten, begin).remaining()).isZero();
        refuses(ten, 1, 11 * SECOND / 20);
        assertThat(bucket.status(twenty, begin).remaining()).isEqualTo(40);
        admits(forty, 140);
        assertThat(used(ten)).isEqualTo(200);
        at(SECOND);
        assertThat(used(twenty)).isEqualTo(160);
    }

    @Test
    void whoHasUsedUpASlowPlanDoesNotWaitForItAfterAnUpgrade() {
        admits(bucket(1, Duration.ofHours(1), 100), 100);
        CompiledLimit ten = bucket(10, Duration.ofSeconds(1), 100);
        assertThat(bucket.nanosUntilFits(ten, 5, begin)).isEqualTo(SECOND / 2);
        refuses(ten, 5, SECOND / 2);
        at(SECOND / 2).admits(ten, 5);
        bucket.refused(bucket(20, Duration.ofSeconds(1), 100), 1, time.nanoTime());
        at(SECOND).admits(ten, 10);
    }

    /** Kept as time, the debt of five seconds would be five units, and 95 more would pass. */
    @Test
    void aLowerRateDoesNotForgetWhatIsOwed() {
        admits(bucket(20, Duration.ofSeconds(1), 100), 100);
        CompiledLimit one = bucket(1, Duration.ofSeconds(1), 100);
        refuses(one, 1, SECOND / 20);
        at(SECOND / 20).admits(one, 1);
        at(4 * SECOND + SECOND / 20);
        assertThat(used(one)).isEqualTo(96);
    }

    @Test
    void aPartOfAUnitIsOwedAsAWholeOneAtAnotherRate() {
        admits(FIVE, 5);
        at(SECOND / 2);
        CompiledLimit faster = bucket(10, Duration.ofSeconds(1), 5);
        refuses(faster, 1, SECOND / 10);
        at(SECOND / 2 + SECOND / 10).admits(faster, 1);
    }

    @Test
    void atAnotherRateNoMoreIsGivenBackThanAtTheHigherOfTheTwo() {
        BucketCharge five = bucket.booking(admits(FIVE, 5));
        CompiledLimit faster = bucket(2, Duration.ofSeconds(1), 5);
        at(SECOND).admits(faster, 1);
        assertThat(used(faster)).isEqualTo(5);
        giveBack(FIVE, five, 5, 5);
        assertThat(used(faster)).isEqualTo(2);
    }

    @Test
    void whereNothingFlowsBackAllIsUsedForGood() {
        CompiledLimit none = bucket(0, Duration.ofSeconds(1), 5);
        admits(none, 5);
        at(1_000 * SECOND).refuses(none, 1, CompiledLimit.NEVER);
        assertThat(bucket.status(none, time.nanoTime()))
                .returns(5L, LimitStatus::used)
                .returns(Optional.empty(), LimitStatus::nextReleaseAfter)
                .returns(Optional.empty(), LimitStatus::resetAfter);
        assertThat(bucket.isIdle(time.nanoTime())).isFalse();
    }

    @Test
    void anEmptyCapacityAdmitsNothing() {
        CompiledLimit nothing = bucket(1, Duration.ofSeconds(1), 0);
        refuses(nothing, 1, CompiledLimit.NEVER);
        admits(nothing, 0);
    }

    @ParameterizedTest
    @ValueSource(longs = {500_000_003, MOST - 1, MOST})
    void theGreatestNumbersAreExact(long amount) {
        CompiledLimit limit = bucket(amount, Duration.ofMinutes(1), MOST);
        long minute = 60 * SECOND;
        admits(limit, MOST);
        Flow flow = new Flow(amount, minute);
        refuses(limit, 1, flow.nanosUntilFlowed(1));
        for (long nanos : new long[] {1, 17, SECOND, 59 * SECOND, minute, 1_000 * minute}) {
            at(nanos);
            assertThat(used(limit)).isEqualTo(Math.max(0, MOST - flow.flowed(nanos)));
        }
    }

    @Test
    void whatIsChargedAnywayEndsAtTheMostThatCounts() {
        for (int i = 1; i <= 300; i++) {
            Meter.Charged charged = bucket.chargeAnyway(FIVE, MOST, begin);
            assertThat(charged.units()).isEqualTo(i <= 256 ? MOST : 0);
            assertThat(used(FIVE)).isEqualTo(Math.min(i, 256) * MOST);
        }
        refuses(FIVE, 1, CompiledLimit.NEVER);
    }

    @Test
    void manyChargesThatNeverFillTheBucketKeepTheirParts() {
        CompiledLimit limit = bucket(7, Duration.ofNanos(30), 3);
        long admitted = 0;
        for (int i = 0; i <= 3_000_000; i++) {
            at(i);
            while (bucket.charge(limit, 1, time.nanoTime()) >= 0) {
                admitted++;
            }
        }
        assertThat(admitted).isEqualTo(3 + 700_000);
    }

    @Test
    void anAdmittedCallAllocatesNothing() {
        CompiledLimit limit = bucket(1_000_003, Duration.ofMinutes(1), 1_000_003);
        long now = begin;
        long bytes = Long.MAX_VALUE;
        for (int round = 0; round < 40 && bytes > 1_000; round++) {
            Allocation allocation = new Allocation();
            for (int i = 0; i < 20_000; i++) {
                now += 1_001;
                bucket.charge(limit, 1, now);
            }
            bytes = allocation.bytes();
        }
        assertThat(bytes).as("of 20,000 calls").isLessThan(1_000);
    }

    @Test
    void aLateReadingIsDecidedAsOfTheTimeThatHasCome() {
        admits(FIVE, 5);
        at(6 * SECOND).admits(FIVE, 4);
        assertThat(bucket.charge(FIVE, 1, begin)).isNotNegative();
        assertThat(~bucket.charge(FIVE, 1, begin)).isEqualTo(7 * SECOND);
    }

    @Test
    void aBucketIsSavedAndRestored() {
        MeterKey key = new MeterKey("default", "table", FIVE.key.scope(), Unit.CALLS, new MeterKey.Bucket());
        assertThat(bucket.save(key, begin)).isNull();
        admits(FIVE, 4);
        at(SECOND / 4);
        SavedMeter.Bucket saved = requireNonNull(bucket.save(key, time.nanoTime()));
        assertThat(saved).isEqualTo(new SavedMeter.Bucket(key, new Flow(1, SECOND), SECOND / 4, 4));
        BucketCounter restored = new BucketCounter(saved, SECOND, new Clocks(time));
        assertThat(restored.status(FIVE, time.nanoTime()))
                .isEqualTo(FIVE.status(3, 0, 3 * SECOND / 4, 2 * SECOND + 3 * SECOND / 4));
        BucketCounter full = new BucketCounter(saved, Long.MAX_VALUE, new Clocks(time));
        assertThat(full.isIdle(time.nanoTime())).isTrue();
    }

    /** Threads may charge in another order than they have read the clock. */
    @Test
    void usageIsRecordedByAnOlderReadingThanThatOfTheLastCharge() {
        CompiledLimit limit = bucket(1L << 40, Duration.ofSeconds(1), MOST);
        for (int i = 0; i < 256; i++) {
            bucket.chargeAnyway(limit, MOST, begin);
        }
        bucket.chargeAnyway(limit, MOST, begin + 1_000);
        assertThat(bucket.status(limit, begin + 1_000).used()).isEqualTo(CompiledLimit.MOST_USED);
        assertThat(bucket.chargeAnyway(limit, 1, begin + 500).units()).isZero();
    }

    /** Makes a bucket whose clock may lag by a second. */
    private BucketCounter lagging() {
        return new BucketCounter(new Clocks(new LaggingTime(begin, Duration.ofSeconds(1))));
    }

    /** A reading may lag by a second: both are of the same true time. */
    @Test
    void aBucketHoldsNoMoreThanItsCapacityAtOneTrueTimeWhereReadingsLag() {
        CompiledLimit limit = bucket(10, Duration.ofSeconds(1), 10);
        BucketCounter lagging = lagging();
        assertThat(lagging.charge(limit, 10, begin)).isNotNegative();
        assertThat(lagging.charge(limit, 1, begin + SECOND)).isNegative();
        assertThat(lagging.charge(limit, 10, begin + 2 * SECOND)).isNotNegative();
    }

    /** The first unit is back at 11 s: after the last reading, and before the latest true time that it may be of. */
    @Test
    void aUnitOfWhichAPartIsBackIsNotCountedAsAWholeOneWhereReadingsLag() {
        CompiledLimit limit = bucket(1, Duration.ofSeconds(10), 5);
        BucketCounter lagging = lagging();
        assertThat(lagging.charge(limit, 1, begin)).isNotNegative();
        assertThat(lagging.charge(limit, 5, begin + 10 * SECOND)).isNegative();
        assertThat(lagging.charge(limit, 3, begin + 10 * SECOND + SECOND / 2)).isNotNegative();
        assertThat(lagging.status(limit, begin + 10 * SECOND + SECOND / 2).resetAfter())
                .contains(Duration.ofSeconds(31).plusNanos(1));
    }
}
