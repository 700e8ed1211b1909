package dev.ratelimit.testkit;

import dev.ratelimit.Limit;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What happens when more is settled than a limit had left, until that is paid off. Times in milliseconds. */
abstract class OverrunScenarios extends Scenarios {

    private static final RateLimit PER_MINUTE = RateLimit.of(Unit.TOKENS, 100, Duration.ofMinutes(1));
    private static final Quota PER_MONTH = Quota.perMonth(Unit.TOKENS, 100);
    private static final Quota IN_ALL = Quota.lifetime(Unit.TOKENS, 100);
    private static final Duration MONTH = Duration.ofDays(31);
    private static final long MOST_USED = 1L << 61;

    OverrunScenarios(RateLimiterContract contract) {
        super(contract);
    }

    @Test
    void aWindowThatIsOverAdmitsNothingUntilEnoughHasLeftIt() {
        limits(PER_MINUTE);
        at(0).reserves(tokens(10));
        at(30_000).settles(tokens(140)).used(140L).remaining(0L).overrun(40L);
        rejects(tokens(0), 60_000).rejects(tokens(1), 60_000).rejects(tokens(100), 60_000);
        rejectsForGood(tokens(101)).rejects(Usage.call(), 60_000);
        at(60_000).used(130L).overrun(30L).rejects(tokens(0), 30_000);
        at(89_999).rejects(tokens(0), 1).rejects(tokens(100), 1);
        at(90_000).used(0L).overrun(0L).admits(tokens(100));
    }

    @Test
    void anOverrunIsPaidOffByTheOldestChargesFirst() {
        limits(PER_MINUTE);
        at(0).admits(tokens(60));
        at(10_000).reserves(tokens(40)).settles(tokens(70)).overrun(30L);
        rejects(tokens(0), 50_000).rejects(tokens(30), 50_000).rejects(tokens(31), 60_000);
        at(59_999).rejects(tokens(0), 1).rejects(tokens(30), 1);
        at(60_000).overrun(0L).remaining(30L).rejects(tokens(31), 10_000).admits(tokens(30));
        rejects(tokens(1), 10_000);
    }

    @Test
    void whatIsGivenBackPaysOffAnOverrunAtOnce() {
        for (Limit limit : List.of(PER_MINUTE, PER_MONTH, IN_ALL)) {
            begin();
            limits(limit);
            Reservation first = reserves(tokens(60)).reservation;
            Reservation second = reserves(tokens(30)).reservation;
            reserves(tokens(10)).settles(tokens(60)).overrun(50L);
            continuing(first).settles(tokens(11)).used(101L).overrun(1L);
            continuing(second)
                    .cancels()
                    .used(71L)
                    .overrun(0L)
                    .admits(tokens(29))
                    .remaining(0L);
        }
    }

    @Test
    void onlyTheLimitThatIsOverRefuses() {
        RateLimit calls = RateLimit.perMinute(10);
        limits(calls, PER_MINUTE);
        reserves(tokens(10)).settles(tokens(101));
        rejects(Usage.call(), 60_000).by(PER_MINUTE).used(1L, 101L);
        refusesToReserve(tokens(0), 60_000).by(PER_MINUTE).isNotOpen();
        limits(calls).admits(1).used(2L);
    }

    @Test
    void aQuotaThatIsOverAdmitsNothingUntilThePeriodEnds() {
        for (Overrun overrun : List.of(Overrun.WHILE_FITS, Overrun.UNTIL_REACHED)) {
            begin();
            limits(PER_MONTH.withOverrun(overrun));
            reserves(tokens(10)).settles(tokens(101)).used(101L).remaining(0L).overrun(1L);
            rejects(tokens(0), MONTH).rejects(tokens(1), MONTH).rejects(Usage.call(), MONTH);
            after(MONTH.minus(tick)).rejects(tokens(0), tick);
            after(tick).used(0L).overrun(0L).admits(tokens(100));
        }
    }

    @Test
    void aLifetimeQuotaThatIsOverAdmitsNothingForGood() {
        for (Overrun overrun : List.of(Overrun.WHILE_FITS, Overrun.UNTIL_REACHED)) {
            begin();
            limits(IN_ALL.withOverrun(overrun));
            reserves(tokens(10)).settles(tokens(101)).used(101L).remaining(0L).overrun(1L);
            rejectsForGood(tokens(0)).rejectsForGood(tokens(1)).rejectsForGood(Usage.call());
            after(Duration.ofDays(10_000)).rejectsForGood(tokens(0)).used(101L);
        }
    }

    @Test
    void aLimitThatIsSettledToItsAmountIsNotOver() {
        limits(PER_MINUTE, PER_MONTH, IN_ALL);
        reserves(tokens(10)).settles(tokens(100)).overrun(0L, 0L, 0L).remaining(0L, 0L, 0L);
        admits(tokens(0)).rejectsForGood(tokens(1)).by(IN_ALL);
    }

    @Test
    void theLastCallOfAnUntilReachedQuotaOverrunsByItsEstimateAndItsSettlement() {
        limits(PER_MONTH.withOverrun(Overrun.UNTIL_REACHED));
        admits(tokens(99)).reserves(tokens(50)).overrun(49L).rejects(tokens(0), MONTH);
        settles(tokens(70)).overrun(69L).rejects(tokens(0), MONTH);
    }

    @Test
    void anOverrunThatIsPaidOffLateDelaysAStreamToo() {
        limits(PER_MINUTE);
        at(0).admits(tokens(20)).reserves(tokens(10));
        Reservation stream = reservation;
        at(10_000).reserves(tokens(10)).settles(tokens(90)).overrun(20L);
        continuing(stream).refusesToAdd(tokens(0), 50_000);
        refusesToAdd(tokens(21), 60_000).refusesToAdd(tokens(5), 50_000);
        at(60_000).adds(tokens(5));
    }

    @Test
    void whatIsUsedStopsAtTwoToThePowerOf61() {
        for (Limit limit : List.of(PER_MINUTE, PER_MONTH, IN_ALL)) {
            begin();
            limits(limit);
            Reservation small = reserves(tokens(5)).reservation;
            overrunsByTheMost();
            used(MOST_USED).remaining(0L).overrun(MOST_USED - 100);
            continuing(small).cancels().used(MOST_USED - 5).overrun(MOST_USED - 105);
        }
    }

    @Test
    void theLargestOverrunIsPaidOffLikeAnyOther() {
        limits(PER_MINUTE);
        at(0);
        overrunsByTheMost();
        rejects(tokens(0), 60_000).rejectsForGood(tokens(101));
        at(60_000).used(0L).admits(tokens(100)).rejects(tokens(1), 60_000);
        begin();
        limits(PER_MONTH);
        overrunsByTheMost();
        rejects(tokens(0), MONTH).rejectsForGood(tokens(101));
        after(MONTH).used(0L).admits(tokens(100)).rejects(tokens(1), Duration.ofDays(28));
    }

    /** Settles 300 times the largest usage, 2^53; all together that is more than 2^61. */
    private void overrunsByTheMost() {
        List<Reservation> open = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            open.add(reserves(Usage.call()).reservation);
        }
        open.forEach(each -> continuing(each).settles(tokens(1L << 53)));
    }
}
