package dev.ratelimit.testkit;

import static dev.ratelimit.Overrun.UNTIL_REACHED;

import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How several limits decide one call. Times in milliseconds. */
abstract class SeveralLimitsScenarios extends Scenarios {

    SeveralLimitsScenarios(RateLimiterContract contract) {
        super(contract);
    }

    @Test
    void everyLimitIsChargedOrNone() {
        RateLimit second = RateLimit.perSecond(10);
        RateLimit minute = RateLimit.of(Unit.CALLS, 12, Duration.ofMinutes(1));
        limits(second, minute);
        at(0).admits(10).rejects(1, 1_000).by(second).remaining(0L, 2L);
        at(1_000).admits(1, 1).rejects(1, 59_000).by(minute).remaining(8L, 0L);
        at(60_000).admits(1).remaining(9L, 9L);
    }

    @Test
    void aRefusalByTheFirstLimitChargesNoneAndSoDoesOneByTheLast() {
        limits(RateLimit.perSecond(1), RateLimit.perMinute(5), Quota.perMonth(9))
                .admits(1);
        rejects(1, 1_000).used(1L, 1L, 1L);
        limits(RateLimit.perSecond(5), RateLimit.perMinute(5), Quota.perMonth(1))
                .rejects(1, Duration.ofDays(31));
        limits(RateLimit.perSecond(5), RateLimit.perMinute(5), Quota.perMonth(9))
                .used(1L, 1L, 1L);
    }

    @Test
    void eachLimitIsChargedInItsOwnUnit() {
        limits(RateLimit.perMinute(10), Quota.perMonth(Unit.TOKENS, 100), Quota.perMonth(Unit.NANO_USD, 100));
        admits(tokens(30), Usage.call(), Usage.of(Unit.CALLS, 3).and(Unit.TOKENS, 5));
        used(5L, 35L, 0L);
    }

    @Test
    void theLimitThatRefusesLongestIsNamed() {
        RateLimit second = RateLimit.perSecond(1);
        RateLimit minute = RateLimit.perMinute(1);
        RateLimit hour = RateLimit.perHour(5);
        limits(minute, second, hour).admits(1).rejects(1, 60_000).by(minute);
        limits(second, minute, hour)
                .from("umbrella")
                .admits(1)
                .rejects(1, 60_000)
                .by(minute);
    }

    @Test
    void refusingForGoodIsLongerThanAnyWait() {
        Quota lifetime = Quota.lifetime(Unit.CALLS, 1);
        limits(RateLimit.perDay(1), lifetime, Quota.perMonth(1));
        admits(1).rejectsForGood(1).by(lifetime);
    }

    @Test
    void ofLimitsThatRefuseEquallyLongTheFirstIsNamed() {
        RateLimit calls = RateLimit.perMinute(1);
        RateLimit tokens = RateLimit.of(Unit.TOKENS, 1, Duration.ofMinutes(1));
        Usage one = Usage.call().and(Unit.TOKENS, 1);
        Usage two = Usage.of(Unit.CALLS, 2).and(Unit.TOKENS, 2);
        limits(calls, tokens).rejectsForGood(two).by(calls);
        limits(tokens, calls).rejectsForGood(two).by(tokens);
        limits(calls, tokens).admits(one).rejects(one, Duration.ofMinutes(1)).by(calls);
        limits(tokens, calls)
                .from("umbrella")
                .admits(one)
                .rejects(one, Duration.ofMinutes(1))
                .by(tokens);
    }

    @Test
    void aLimitWhoseUnitIsNotNamedRefusesOnlyWhenItsRuleSaysSo() {
        Quota whileFits = Quota.perMonth(Unit.TOKENS, 10);
        Quota untilReached = Quota.perMonth(Unit.NANO_USD, 10).withOverrun(UNTIL_REACHED);
        limits(RateLimit.perSecond(100), whileFits, untilReached);
        admits(Usage.of(Unit.TOKENS, 10)).admits(Usage.call());
        admits(Usage.of(Unit.NANO_USD, 10))
                .rejects(Usage.call(), Duration.ofDays(31))
                .by(untilReached);
        used(3L, 10L, 10L);
    }

    @Test
    void threeSpansAfterALongIdleTimeGiveOneSecondsWorth() {
        RateLimit second = RateLimit.perSecond(300);
        limits(RateLimit.perHour(700_000), RateLimit.perMinute(14_500), second);
        after(Duration.ofHours(12))
                .admits(1, 299)
                .rejects(1, Duration.ofSeconds(1))
                .by(second);
        remaining(699_700L, 14_200L, 0L);
    }
}
