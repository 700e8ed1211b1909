package dev.ratelimit.testkit;

import static dev.ratelimit.Overrun.UNTIL_REACHED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.ReservationEnded;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.Instant;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** What can be added to a reservation while the call goes on, and what becomes of it. Times in milliseconds. */
abstract class StreamScenarios extends Scenarios {

    private static final RateLimit CALL_PER_MINUTE = RateLimit.perMinute(1);
    private static final RateLimit TOKENS_PER_MINUTE = RateLimit.of(Unit.TOKENS, 100, Duration.ofMinutes(1));
    private static final Quota TOKENS_PER_MONTH = Quota.perMonth(Unit.TOKENS, 100);

    StreamScenarios(RateLimiterContract contract) {
        super(contract);
    }

    /** Charges 40 tokens at 0, 50 more, then 10 at 20 s, and 1 at 60 s, when the first have left the window. */
    private Scenarios streamsInPieces() {
        begin();
        limits(TOKENS_PER_MINUTE, CALL_PER_MINUTE);
        at(0).reserves(tokens(40)).adds(tokens(25), tokens(25)).used(90L, 1L);
        refusesToAdd(tokens(25), 60_000).by(TOKENS_PER_MINUTE).used(90L, 1L);
        at(20_000).adds(tokens(10)).refusesToAdd(tokens(1), 40_000);
        at(59_999).refusesToAdd(tokens(1), 1);
        return at(60_000).adds(tokens(1)).used(11L, 0L);
    }

    @Test
    void aStreamGoesOnWhenItHasWaitedAsTold() {
        streamsInPieces();
        at(79_999).used(11L, 0L);
        at(80_000).used(1L, 0L);
        at(120_000).used(0L, 0L);
    }

    @Test
    void settlingReplacesTheEstimateAndAllThatWasAdded() {
        streamsInPieces().settles(tokens(101)).isNotOpen().used(11L, 0L);
        streamsInPieces().settles(tokens(5)).isNotOpen().used(5L, 0L);
        streamsInPieces().settles(tokens(200)).isNotOpen().used(110L, 0L).overrun(10L, 0L);
        streamsInPieces().cancels().isNotOpen().used(0L, 0L);
    }

    @Test
    void theEstimateIsGivenBackBeforeWhatWasAddedAndOfThatTheOldestFirst() {
        limits(TOKENS_PER_MINUTE);
        at(0).reserves(tokens(40));
        at(20_000).adds(tokens(30));
        at(40_000).adds(tokens(30)).settles(tokens(50)).used(50L);
        at(60_000).used(50L);
        at(80_000).used(30L);
        at(100_000).used(0L);
    }

    @Test
    void whatHasLeftTheWindowIsGivenBackInVainBeforeWhatStillCounts() {
        for (long actual : new long[] {99, 60, 59, 30, 29, 0}) {
            begin();
            limits(TOKENS_PER_MINUTE);
            at(0).reserves(tokens(40));
            at(20_000).adds(tokens(30));
            at(40_000).adds(tokens(30));
            at(70_000).settles(tokens(actual)).used(Math.min(actual, 60));
            at(80_000).used(Math.min(actual, 30));
        }
    }

    @Test
    void whatIsSettledBeyondAllThatWasAddedEntersTheWindowNow() {
        limits(TOKENS_PER_MINUTE);
        at(0).reserves(tokens(10));
        at(20_000).adds(tokens(20));
        at(40_000).settles(tokens(60)).used(60L);
        at(60_000).used(50L);
        at(80_000).used(30L);
        at(99_999).used(30L);
        at(100_000).used(0L);
    }

    @Test
    void piecesUseUpTheEstimateBeforeTheyAskForMore() {
        limits(TOKENS_PER_MINUTE, CALL_PER_MINUTE);
        Reservation stream = limiter.reserve("acme", "chat", tokens(60));
        for (int piece = 0; piece < 6; piece++) {
            assertThat(stream.use(tokens(10))).isEqualTo(Decision.admitted());
        }
        used(60L, 1L);
        assertThat(stream.use(tokens(40))).isEqualTo(Decision.admitted());
        used(100L, 1L);
        assertThat(stream.use(tokens(1)).isAdmitted()).isFalse();
        assertThat(stream.settle()).isTrue();
        used(100L, 1L);
    }

    @Test
    void aPieceIsAskedForAsAWholeAndOneThatIsRefusedUsesNothingOfTheEstimate() {
        limits(TOKENS_PER_MINUTE).admits(tokens(30));
        Reservation stream = limiter.reserve("acme", "chat", tokens(60));
        assertThat(stream.use(tokens(50))).isEqualTo(Decision.admitted());
        assertThat(stream.use(tokens(21)).isAdmitted()).isFalse();
        used(90L);
        assertThat(stream.use(tokens(10))).isEqualTo(Decision.admitted());
        used(90L);
        assertThat(stream.use(tokens(10))).isEqualTo(Decision.admitted());
        assertThat(stream.use(tokens(1)).isAdmitted()).isFalse();
        used(100L);
        assertThat(stream.settle()).isTrue();
        used(100L);
    }

    @Test
    void settlingForThePiecesGivesBackWhatNoneHasUsed() {
        Quota money = Quota.lifetime(Unit.NANO_USD, 1_000);
        limits(TOKENS_PER_MINUTE, RateLimit.perMinute(10), money);
        Reservation some = limiter.reserve("acme", "chat", tokens(60).and(Unit.NANO_USD, 500));
        assertThat(some.use(tokens(20))).isEqualTo(Decision.admitted());
        assertThat(some.settle()).isTrue();
        assertThat(some.settle()).isFalse();
        used(20L, 1L, 0L);
        Reservation none = limiter.reserve("acme", "chat", tokens(60));
        assertThat(none.settle()).isTrue();
        used(20L, 2L, 0L);
        Reservation calls = limiter.reserve("acme", "chat", calls(4));
        assertThat(calls.use(calls(3))).isEqualTo(Decision.admitted());
        assertThat(calls.use(tokens(7))).isEqualTo(Decision.admitted());
        used(27L, 6L, 0L);
        assertThat(calls.settle()).isTrue();
        used(27L, 5L, 0L);
        assertThat(calls.use(calls(1)).isAdmitted()).isFalse();
        Reservation onlyCalls = limiter.reserve("acme", "chat", calls(2));
        assertThat(onlyCalls.settle()).isTrue();
        used(27L, 7L, 0L);
    }

    @Test
    void aRefusedEstimateHasNoPieces() {
        limits(TOKENS_PER_MINUTE);
        Reservation refused = limiter.reserve("acme", "chat", tokens(101));
        assertThat(refused.use(tokens(1))).isEqualTo(refused.decision());
        assertThat(refused.settle()).isFalse();
        used(0L);
    }

    @Test
    void aRefusedPieceLeavesStatedWhatOthersState() {
        limits(RateLimit.perMinute(2));
        Reservation stream = limiter.reserve("acme", "chat", Usage.call());
        assertThat(stream.use(calls(0)).isAdmitted()).isTrue();
        assertThat(stream.use(calls(9)).isAdmitted()).isFalse();
        assertThat(stream.settle()).isTrue();
        used(0L);
    }

    @Test
    void onlyTheLimitsOfTheUnitsThatAreAddedAreAsked() {
        Quota money = Quota.lifetime(Unit.NANO_USD, 10).withOverrun(UNTIL_REACHED);
        limits(TOKENS_PER_MINUTE, CALL_PER_MINUTE, money);
        reserves(tokens(10).and(Unit.NANO_USD, 10)).rejectsForGood(calls(0)).by(money);
        adds(tokens(20)).used(30L, 1L, 10L);
        refusesToAdd(Usage.call(), 60_000).by(CALL_PER_MINUTE);
        refusesToAdd(tokens(5).and(Unit.CALLS, 1), 60_000).by(CALL_PER_MINUTE);
        refusesToAddForGood(tokens(5).and(Unit.NANO_USD, 0)).by(money);
        adds(Usage.of(Unit.CHARACTERS, 1_000)).used(30L, 1L, 10L);
    }

    @Test
    void callsAreAddedWhenTheyAreStated() {
        limits(RateLimit.perMinute(10));
        reserves(tokens(1))
                .adds(calls(2))
                .adds(tokens(9))
                .used(3L)
                .settles(tokens(5))
                .used(3L);
        reserves(tokens(1)).adds(calls(2)).used(6L).settles(calls(1)).used(4L);
        reserves(tokens(1)).adds(calls(2)).used(7L).cancels().used(4L);
    }

    @Test
    void aUnitThatTheEstimateDidNotNameCanBeAdded() {
        limits(TOKENS_PER_MINUTE, TOKENS_PER_MONTH);
        at(0).reserves(Usage.call());
        at(30_000).adds(tokens(40)).used(40L, 40L).settles(tokens(25)).used(25L, 25L);
        at(89_999).used(25L, 25L);
        at(90_000).used(0L, 25L);
    }

    @Test
    void addingNothingAsksWithoutCharging() {
        Quota untilReached = Quota.lifetime(Unit.NANO_USD, 10).withOverrun(UNTIL_REACHED);
        limits(TOKENS_PER_MINUTE, untilReached);
        reserves(tokens(100).and(Unit.NANO_USD, 9)).adds(tokens(0).and(Unit.NANO_USD, 0));
        adds(Usage.of(Unit.NANO_USD, 5)).used(100L, 14L);
        refusesToAddForGood(tokens(0).and(Unit.NANO_USD, 0)).by(untilReached);
        adds(tokens(0)).used(100L, 14L);
    }

    @Test
    void moreThanTheAmountItselfIsNeverAdded() {
        limits(TOKENS_PER_MINUTE).reserves(tokens(10));
        refusesToAddForGood(tokens(101)).used(10L).adds(tokens(90));
    }

    @Test
    void aReservationThatHasEndedTakesNoMore() {
        Rejected expected = Rejected.permanent(new ReservationEnded(), "");
        limits(TOKENS_PER_MINUTE);
        assertThat(reserves(tokens(10)).settles(tokens(20)).reservation.use(tokens(1)))
                .isEqualTo(expected);
        assertThat(reserves(tokens(10)).cancels().reservation.use(tokens(1_000)))
                .isEqualTo(expected);
        used(20L);
        limits();
        assertThat(reserves(tokens(10)).cancels().reservation.use(Usage.call())).isEqualTo(expected);
    }

    @Test
    void whatIsAddedIsDecidedByTheTierOfTheReservation() {
        Tier trial = Tier.named("trial").message("Trial keys are throttled.").build();
        for (LimitTable table : tierOf(TOKENS_PER_MINUTE).tables()) {
            trial = trial.withTable(table);
        }
        under(trial).reserves(tokens(90));
        limits(RateLimit.of(Unit.TOKENS, 200, Duration.ofMinutes(1))).used(90L);
        refusesToAdd(tokens(20), 60_000).by(TOKENS_PER_MINUTE).admits(tokens(20));
        assertThat(reservation.use(tokens(1)))
                .asInstanceOf(InstanceOfAssertFactories.type(Rejected.class))
                .extracting(Rejected::message, InstanceOfAssertFactories.STRING)
                .startsWith("Trial keys are throttled. Exceeded the limit of 100 tokens per minute");
        settles(tokens(0)).used(20L);
    }

    /** Charges 60 tokens and 30 more in January, and 11 in February, of 100 a month. */
    private Scenarios streamsAcrossTheEndOfAMonth() {
        begin(new ManualTime(Instant.parse("2025-01-31T23:59:50Z"), 0));
        limits(TOKENS_PER_MONTH).reserves(tokens(60)).adds(tokens(30));
        refusesToAdd(tokens(11), 10_000).by(TOKENS_PER_MONTH);
        return after(Duration.ofSeconds(10)).adds(tokens(11)).used(11L);
    }

    @Test
    void whatIsAddedIsChargedToThePeriodOfItsTime() {
        streamsAcrossTheEndOfAMonth().settles(tokens(101)).used(11L);
        streamsAcrossTheEndOfAMonth().settles(tokens(90)).used(11L);
        streamsAcrossTheEndOfAMonth().settles(tokens(11)).used(11L);
        streamsAcrossTheEndOfAMonth().settles(tokens(5)).used(5L);
        streamsAcrossTheEndOfAMonth().cancels().used(0L);
    }

    @Test
    void whatIsSettledBeyondIsChargedToThePeriodThatWasLastCharged() {
        streamsAcrossTheEndOfAMonth().settles(tokens(150)).used(60L);
        streamsAcrossTheEndOfAMonth()
                .after(Duration.ofDays(28))
                .settles(tokens(150))
                .used(0L);
    }

    @Test
    void aRefusalToAddDoesNotMoveAReservationToItsPeriod() {
        begin(new ManualTime(Instant.parse("2025-01-31T23:59:50Z"), 0));
        limits(TOKENS_PER_MONTH).reserves(tokens(60));
        after(Duration.ofSeconds(10)).admits(tokens(90)).refusesToAdd(tokens(11), Duration.ofDays(28));
        settles(tokens(150)).used(90L);
    }

    @Test
    void aSpentLifetimeQuotaEndsAStreamUnlessSomethingIsGivenBack() {
        limits(Quota.lifetime(Unit.TOKENS, 100));
        Reservation other = reserves(tokens(50)).reservation;
        reserves(tokens(40)).adds(tokens(10)).refusesToAddForGood(tokens(1));
        assertThat(other.settle(tokens(45))).isTrue();
        adds(tokens(5)).refusesToAddForGood(tokens(1)).settles(tokens(30)).used(75L);
    }

    /**
     * What is charged in all, 1,025 times 2^53, is more than a long holds, though each window holds only 2^53 of it.
     */
    @Test
    void aStreamMayGoOnForAsLongAsItTakes() {
        long most = 1L << 53;
        limits(new RateLimit(Unit.TOKENS, most, tick, Precision.EXACT));
        reserves(tokens(most));
        for (int i = 0; i < 1_024; i++) {
            after(tick).adds(tokens(most));
        }
        used(most).settles(tokens(5)).used(5L);
    }
}
