package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Precision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a window remembers, and for how long. Times in milliseconds. */
abstract class WindowScenarios extends Scenarios {

    WindowScenarios(RateLimiterContract contract, long nanoOrigin) {
        super(contract, nanoOrigin);
    }

    private static RateLimit perMillis(long amount, long millis) {
        return RateLimit.of(Unit.CALLS, amount, Duration.ofMillis(millis));
    }

    @Test
    void aChargeIsGoneExactlyOneWindowLater() {
        limits(perMillis(5, 10_000));
        at(1_000).admits(1);
        at(2_000).admits(1);
        at(3_000).admits(1);
        at(4_000).admits(1);
        at(5_000).admits(1).rejects(1, 6_000);
        at(10_000).rejects(1, 1_000);
        at(10_999).rejects(1, 1);
        at(11_000).admits(1).rejects(1, 1_000);
    }

    @Test
    void theWholeAmountAtOnceComesBackAtOnce() {
        limits(perMillis(10, 10_000));
        at(9_999).admits(10);
        at(10_000).rejects(10, 9_999);
        at(19_998).rejects(1, 1);
        at(19_999).admits(10);
    }

    @Test
    void theFirstCallsOfAWindowAreNotSpreadOverIt() {
        limits(perMillis(2, 100));
        at(0).admits(1, 1).rejects(1, 100);
        at(50).rejects(1, 50);
        at(100).admits(1, 1).rejects(1, 100);
    }

    @Test
    void aRejectedCallCostsNothing() {
        limits(perMillis(2, 100));
        at(0).admits(1, 1).rejects(1, 100);
        at(50).rejects(1, 50).rejects(1, 50);
        at(120).admits(1);
        at(190).admits(1).rejects(1, 30);
    }

    @Test
    void steadyTrafficGetsExactlyTheAmountInEachWindow() {
        limits(perMillis(2, 100));
        int admitted = 0;
        for (int millis = 0; millis < 10_000; millis += 10) {
            at(millis);
            admitted += limiter.tryAcquire("acme", "chat").isAdmitted() ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(200);
    }

    @Test
    void chargesLeaveOneByOne() {
        limits(perMillis(2, 5_000));
        at(0).admits(1);
        at(4_000).admits(1);
        at(4_999).rejects(1, 1);
        at(5_050).admits(1).rejects(1, 3_950);
    }

    @Test
    void aUsageAboveTheAmountItselfIsRejectedForGood() {
        limits(perMillis(10, 2_000));
        at(0).rejectsForGood(11).admits(5);
        at(1_800).admits(1, 1, 1, 1, 1).rejects(2, 200).rejectsForGood(11);
    }

    @Test
    void aLargeUsageWaitsForAsManyOldChargesAsItNeeds() {
        limits(perMillis(10, 10_000));
        at(0).admits(4);
        at(2_000).admits(3);
        at(5_000).admits(3);
        at(6_000).rejects(5, 6_000);
        at(11_999).rejects(5, 1);
        at(12_000).admits(5);
    }

    @Test
    void weightsAddUpToTheUnit() {
        limits(RateLimit.perSecond(2_000).withPrecision(Precision.EXACT));
        at(0).admits(1_000).rejects(1_500, 1_000).admits(500, 400, 100).rejects(1, 1_000);
    }

    @Test
    void aChargeCountsToTheLastTickOfItsWindow() {
        limits(RateLimit.of(Unit.CALLS, 1, tick.multipliedBy(7)));
        admits(1).rejects(1, tick.multipliedBy(7));
        after(tick.multipliedBy(6)).rejects(1, tick);
        after(tick).admits(1).rejects(1, tick.multipliedBy(7));
    }

    @Test
    void aWindowOfOneTickForgetsAtTheNext() {
        limits(RateLimit.of(Unit.CALLS, 1, tick));
        admits(1).rejects(1, tick);
        after(tick).admits(1).rejects(1, tick);
    }

    @Test
    void aThousandAndTwentyFourChargesLeaveEachOnTime() {
        chargesLeaveEachOnTime(1_024, Precision.BOUNDED);
    }

    @Test
    void atExactPrecisionAnyNumberOfChargesLeaveEachOnTime() {
        chargesLeaveEachOnTime(3_000, Precision.EXACT);
    }

    /** Charges one unit per tick, and again as soon as one is gone. */
    private void chargesLeaveEachOnTime(int amount, Precision precision) {
        Duration window = tick.multipliedBy(2L * amount);
        limits(new RateLimit(Unit.CALLS, amount, window, precision));
        for (int i = 0; i < amount; i++) {
            admits(1).after(tick);
        }
        after(tick.multipliedBy(amount - 1)).rejects(1, tick);
        for (int i = 0; i < amount; i++) {
            after(tick).admits(1).rejects(1, i < amount - 1 ? tick : tick.multipliedBy(amount + 1L));
        }
    }

    @Test
    void theLongestWindowEndsOnTime() {
        Duration longest = Duration.ofNanos((1L << 60) / tick.toNanos() * tick.toNanos());
        limits(RateLimit.of(Unit.CALLS, 1, longest));
        admits(1).rejects(1, longest);
        after(longest.minus(tick)).rejects(1, tick);
        after(tick).admits(1);
    }

    @Test
    void theLargestAmountDoesNotWrap() {
        long most = 1L << 53;
        limits(RateLimit.perSecond(most).withPrecision(Precision.EXACT));
        at(0).admits(most).rejects(most, 1_000).rejects(1, 1_000).used(most).remaining(0L);
        at(1_000).admits(most - 1, 1).rejects(most, 1_000);
        limits(RateLimit.perSecond(most - 1)).rejectsForGood(most);
    }

    @Test
    void anAmountOfZeroAdmitsNothing() {
        limits(perMillis(0, 100));
        at(0).rejectsForGood(1).admits(0);
    }

    @Test
    void aUsageOfZeroAsksWithoutCharging() {
        limits(perMillis(1, 100));
        at(0).admits(0, 0).used(0L).admits(1, 0).rejects(1, 100).used(1L);
    }
}
