package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.Rejected;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** What flows back into a token bucket, and when. Times in milliseconds. */
abstract class TokenBucketScenarios extends Scenarios {

    private static final TokenBucket FIVE = TokenBucket.perSecond(1).withCapacity(5);

    TokenBucketScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private static Duration seconds(long n) {
        return Duration.ofSeconds(n);
    }

    @Test
    void aFullBucketIsTakenAtOnceAndFlowsBackUnitByUnit() {
        limits(FIVE);
        at(0).admits(1, 1, 1, 1, 1).rejects(1, 1_000);
        at(1_000).admits(1).rejects(1, 1_000);
        at(11_000).admits(1, 1, 1, 1, 1).rejects(1, 1_000);
    }

    @Test
    void aUnitIsBackAtTheTickAtWhichItIsDue() {
        limits(FIVE);
        at(0).admits(5).rejects(2, 2_000);
        after(Duration.ofSeconds(2).minus(tick)).rejects(2, tick);
        after(tick).admits(2).rejects(1, 1_000);
    }

    @Test
    void aBucketThatWasFullIsFullAgainWhenItWasTakenFrom() {
        limits(FIVE);
        at(0).admits(1);
        // A unit that is due at 3,000 ms was taken at 2,900 ms, when the bucket was full: else six would fit in 0.1 s.
        at(2_900).admits(5).rejects(1, 1_000);
        at(3_000).rejects(1, 900);
    }

    @Test
    void aUsageAboveTheCapacityNeverFits() {
        limits(FIVE).rejectsForGood(6).admits(5).rejectsForGood(6).rejects(5, 5_000);
        assertThat(limiter.peek("acme", "chat", calls(6)))
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected.cause())
                                .isInstanceOfSatisfying(
                                        LimitReached.class,
                                        cause -> assertThat(cause.tooLarge()).isTrue()));
    }

    @Test
    void aBucketWithoutAFlowIsTakenOnce() {
        limits(TokenBucket.perSecond(0).withCapacity(3));
        admits(2).rejectsForGood(2).admits(1).rejectsForGood(1).admits(0);
        after(Duration.ofDays(1_000)).rejectsForGood(1).used(3L);
        assertThat(statusNow())
                .returns(Optional.empty(), LimitStatus::nextReleaseAfter)
                .returns(Optional.empty(), LimitStatus::resetAfter);
    }

    @Test
    void aStatusTellsTheNextUnitAndTheLast() {
        limits(FIVE);
        assertThat(statusNow())
                .returns(Optional.of(Duration.ZERO), LimitStatus::nextReleaseAfter)
                .returns(Optional.of(Duration.ZERO), LimitStatus::resetAfter);
        at(0).admits(3).remaining(2L);
        at(400).used(3L);
        assertThat(statusNow())
                .returns(Optional.of(Duration.ofMillis(600)), LimitStatus::nextReleaseAfter)
                .returns(Optional.of(Duration.ofMillis(2_600)), LimitStatus::resetAfter);
        at(1_000).used(2L).remaining(3L);
    }

    private LimitStatus statusNow() {
        return limiter.status("acme", "chat").get(0);
    }

    @Test
    void whatHasFlowedBackIsNotGivenBackAgain() {
        limits(FIVE);
        Usage five = calls(5);
        reserves(five);
        at(1_000).settles(calls(2)).remaining(4L); // 1 has flowed back, 3 are given back
        begin(new ManualTime());
        reserves(five);
        at(3_000).settles(calls(2)).remaining(5L); // of 5 three have flowed back, so that 2 are given back
        begin(new ManualTime());
        reserves(five);
        at(5_000).settles(calls(2)).remaining(5L);
    }

    @Test
    void aCancelledCallFreesNoMoreThanItTook() {
        limits(FIVE);
        at(0).reserves(calls(3));
        at(4_000).admits(5).cancels().rejects(1, 1_000);
    }

    @Test
    void aUnitOfWhichAPartHasFlowedBackIsGivenBackWhole() {
        limits(FIVE);
        at(0).admits(2).reserves(calls(3));
        after(tick).cancels().used(2L).admits(3).rejects(1, 1_000);
        begin(new ManualTime());
        limits(TokenBucket.perDay(1)).reserves(calls(1));
        after(tick).cancels().used(0L).admits(1);
    }

    @Test
    void thePartThatHasFlowedBackIsTakenFromTheNextUnit() {
        limits(FIVE);
        at(0).admits(3);
        at(250).reserves(calls(1));
        at(750).cancels().used(3L);
        at(1_499).used(3L);
        at(1_500).used(2L).admits(3).rejects(1, 1_000);
    }

    @Test
    void noMoreIsTakenFromTheNextUnitThanHasFlowedBackOfIt() {
        limits(FIVE);
        at(0).admits(3);
        at(250).reserves(calls(1));
        at(1_100).cancels().used(2L);
        at(2_099).used(2L);
        at(2_100).used(1L);
    }

    @Test
    void whatHasFlowedBackAtAFasterRateIsNotGivenBackAgain() {
        TokenBucket slow = TokenBucket.perSecond(5);
        TokenBucket fast = TokenBucket.perSecond(500).withCapacity(5);
        limits(slow).reserves(calls(5));
        limits(fast).at(2).rejects(1, 2);
        limits(slow).at(12).admits(5).cancels().used(5L).rejects(1, 200);
        begin(new ManualTime());
        limits(slow).reserves(calls(5));
        limits(fast).at(2).rejects(1, 2);
        limits(slow).at(10).admits(4).cancels().used(5L).rejects(1, 200);
    }

    @Test
    void whatIsChargedAfterAChangeOfRateIsGivenBackByTheNewOne() {
        limits(TokenBucket.perSecond(500).withCapacity(1_000)).admits(1_000);
        limits(TokenBucket.perSecond(1).withCapacity(1_000)).at(2).admits(1).used(1_000L);
        at(1_002).reserves(calls(1)).used(1_000L);
        at(1_502).cancels().used(999L);
        at(2_501).used(999L);
        at(2_502).used(998L);
    }

    @Test
    void settlingForMoreGoesBelowEmpty() {
        limits(FIVE);
        at(0).reserves(calls(5)).settles(calls(8)).overrun(3L).remaining(0L);
        rejects(0, 3_000).rejects(1, 4_000);
        after(seconds(3).minus(tick)).rejects(0, tick);
        after(tick).admits(0);
        after(seconds(1).minus(tick)).rejects(1, tick);
        after(tick).admits(1);
    }

    @Test
    void aGreedyCallerGetsWhatFlowsBackToTheUnit() {
        limits(TokenBucket.of(Unit.CALLS, 3, tick.multipliedBy(10)).withCapacity(5));
        int admitted = 0;
        for (int i = 0; i <= 10_000; i++) {
            while (limiter.tryAcquire("acme", "chat").isAdmitted()) {
                admitted++;
            }
            after(tick);
        }
        assertThat(admitted).isBetween(3_004, 3_005);
    }

    @Test
    void rateAndCapacityComeWithTheLimit() {
        TokenBucket twenty = TokenBucket.perSecond(20).withCapacity(100);
        limits(twenty).admits(60).remaining(40L);
        limits(TokenBucket.perSecond(40).withCapacity(200)).remaining(140L);
        limits(TokenBucket.perSecond(10).withCapacity(50)).remaining(0L).used(60L);
        limits(twenty).remaining(40L);
        // Nothing was charged under another rate, so it still flows back at that which was charged last.
        at(500).used(50L);
        limits(TokenBucket.perSecond(10).withCapacity(50)).rejects(1, 50);
        at(550).admits(1).used(50L);
        at(1_050).used(45L);
    }

    @Test
    void aFasterPlanHelpsWhoHasUsedUpASlowOne() {
        limits(TokenBucket.perHour(1).withCapacity(100)).admits(100);
        limits(TokenBucket.perSecond(10).withCapacity(100)).rejects(5, 500);
        at(500).admits(5).rejects(1, 100);
        begin(new ManualTime());
        limits(TokenBucket.perSecond(0).withCapacity(100)).admits(100).rejectsForGood(1);
        limits(TokenBucket.perSecond(10)).rejects(1, 9_100);
        at(9_100).admits(1);
    }

    @Test
    void aSlowerPlanIsNotFasterForWhatTheOtherHasUsed() {
        limits(TokenBucket.perSecond(20).withCapacity(100)).admits(100);
        limits(TokenBucket.perSecond(1).withCapacity(100));
        at(50).admits(1).used(100L);
        // As a time, 100 used of 20 a second were 5 s, and 5 of one a second.
        at(4_050).used(96L);
    }

    @Test
    void amountsNearTheLargestDoNotWrap() {
        long most = 1L << 53;
        limits(TokenBucket.perSecond(most));
        at(0).admits(most).rejects(most, 1_000);
        at(500).used(most / 2).admits(most / 2).rejects(most, 1_000);
    }

    @Test
    void aBucketIsPartOfAllOrNothing() {
        limits(
                TokenBucket.perSecond(1).withCapacity(2),
                TokenBucket.perMinute(1).withCapacity(3));
        admits(2).rejects(1, 1_000).used(2L, 2L);
        at(1_000).admits(1).rejects(1, 60_000 - 1_000).used(2L, 3L);
    }

    /** In no span is more admitted than the capacity and what flows back in it. */
    @RepeatedTest(20)
    void inNoSpanIsMoreAdmittedThanPromised(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        int amount = random.nextInt(1, 8);
        int ticks = random.nextInt(1, 200);
        long capacity = random.nextInt(1, 20);
        limits(TokenBucket.of(Unit.CALLS, amount, tick.multipliedBy(ticks)).withCapacity(capacity));
        List<long[]> admitted = new ArrayList<>();
        long now = 0;
        for (int i = 0; i < 400; i++) {
            long units = random.nextInt(4);
            if (limiter.tryAcquire("acme", "chat", calls(units)).isAdmitted()) {
                admitted.add(new long[] {now, units});
            }
            long pause = random.nextInt(30) == 0 ? random.nextInt(2_000) : random.nextInt(5);
            after(tick.multipliedBy(pause));
            now += pause;
        }
        for (int from = 0; from < admitted.size(); from++) {
            long sum = 0;
            for (int to = from; to < admitted.size(); to++) {
                sum += admitted.get(to)[1];
                long span = admitted.get(to)[0] - admitted.get(from)[0];
                assertThat((sum - capacity) * ticks)
                        .as("from call %d to call %d", from, to)
                        .isLessThanOrEqualTo(amount * span);
            }
        }
    }

    @Test
    void twoTiersByTurnsSeeTheSameUsedAndKeepNobodyOut() {
        Caller slow = Caller.of("acme", tierOf(TokenBucket.perSecond(1).withCapacity(10)));
        Caller fast = Caller.of("acme", tierOf(TokenBucket.perSecond(2).withCapacity(20)));
        Random random = new Random(1);
        int admitted = 0;
        for (int i = 0; i < 2_000; i++) {
            Caller caller = random.nextBoolean() ? slow : fast;
            admitted += limiter.tryAcquire(caller, "chat").isAdmitted() ? 1 : 0;
            assertThat(limiter.status(slow, "chat").get(0).used())
                    .isEqualTo(limiter.status(fast, "chat").get(0).used());
            after(Duration.ofMillis(10));
        }
        // What the larger bucket holds, and what flows back in 20 s, at one a second at least and at two at most.
        assertThat(admitted).isBetween(20 + 20, 20 + 40);
    }
}
