package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a reservation charges, and what settling and cancelling change. Times in milliseconds. */
abstract class ReservationScenarios extends Scenarios {

    private static final RateLimit TOKENS_PER_MINUTE = RateLimit.of(Unit.TOKENS, 100, Duration.ofMinutes(1));
    private static final Quota TOKENS_PER_MONTH = Quota.perMonth(Unit.TOKENS, 100);

    ReservationScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private static Usage microUsd(long n) {
        return Usage.of(Unit.NANO_USD, n);
    }

    private void beginTenSecondsBeforeTheMonthEnds() {
        begin(new ManualTime(Instant.parse("2025-01-31T23:59:50Z"), 0));
    }

    @Test
    void theEstimateIsChargedAtOnce() {
        limits(TOKENS_PER_MINUTE, RateLimit.perMinute(10));
        reserves(tokens(60)).used(60L, 1L);
        refusesToReserve(tokens(41), 60_000).by(TOKENS_PER_MINUTE);
        reserves(tokens(40)).used(100L, 2L);
        rejects(tokens(1), 60_000).by(TOKENS_PER_MINUTE);
    }

    @Test
    void aReservationThatIsNeverSettledStaysAsEstimated() {
        limits(TOKENS_PER_MINUTE, Quota.lifetime(Unit.TOKENS, 1_000));
        at(0).reserves(tokens(60));
        at(59_999).used(60L, 60L);
        at(60_000).used(0L, 60L);
    }

    @Test
    void settlingReplacesTheEstimate() {
        limits(Quota.perMonth(Unit.CHARACTERS, 1_000));
        reserves(Usage.of(Unit.CHARACTERS, 500)).settles(Usage.of(Unit.CHARACTERS, 750));
        used(750L);
        reserves(Usage.of(Unit.CHARACTERS, 250)).remaining(0L).settles(Usage.of(Unit.CHARACTERS, 600));
        used(1_350L).overrun(350L).rejects(Usage.of(Unit.CHARACTERS, 1), Duration.ofDays(31));
        isNotOpen().used(1_350L);
        after(Duration.ofDays(31)).used(0L).admits(Usage.of(Unit.CHARACTERS, 1_000));
    }

    @Test
    void settlingTheEstimateItselfChangesNothing() {
        limits(TOKENS_PER_MINUTE, TOKENS_PER_MONTH);
        at(0).reserves(tokens(60));
        at(30_000).settles(tokens(60)).used(60L, 60L);
        at(60_000).used(0L, 60L);
    }

    @Test
    void settlingAfterThePeriodsEndChangesNeitherThatPeriodNorTheNext() {
        for (long actual : new long[] {0, 10, 60, 90}) {
            beginTenSecondsBeforeTheMonthEnds();
            limits(TOKENS_PER_MONTH).reserves(tokens(60));
            after(Duration.ofSeconds(15)).settles(tokens(actual)).used(0L).admits(tokens(100));
        }
    }

    @Test
    void settlingAfterTheNextPeriodWasChargedChangesNothingInIt() {
        for (long actual : new long[] {0, 10, 60, 90}) {
            beginTenSecondsBeforeTheMonthEnds();
            limits(TOKENS_PER_MONTH).reserves(tokens(60));
            after(Duration.ofSeconds(15))
                    .admits(tokens(70))
                    .settles(tokens(actual))
                    .used(70L);
        }
    }

    @Test
    void settlingBeforeThePeriodsEndChargesItToThatPeriod() {
        beginTenSecondsBeforeTheMonthEnds();
        limits(TOKENS_PER_MONTH).reserves(tokens(60));
        after(Duration.ofSeconds(5)).settles(tokens(90)).used(90L).rejects(tokens(11), 5_000);
        after(Duration.ofSeconds(5)).used(0L);
    }

    @Test
    void whatHasLeftTheWindowIsNotGivenBack() {
        limits(TOKENS_PER_MINUTE);
        at(0).reserves(tokens(60));
        at(30_000).admits(tokens(20));
        at(60_000).settles(tokens(10)).used(20L).remaining(80L);
        at(90_000).remaining(100L);
    }

    @Test
    void whatIsSettledBeyondTheEstimateEntersTheWindowNow() {
        limits(TOKENS_PER_MINUTE);
        at(0).reserves(tokens(10));
        at(30_000).settles(tokens(40)).used(40L);
        at(59_999).used(40L);
        at(60_000).used(30L);
        at(89_999).used(30L);
        at(90_000).used(0L);
    }

    @Test
    void whatIsSettledBeyondAnEstimateThatHasLeftTheWindowEntersItNow() {
        limits(TOKENS_PER_MINUTE);
        at(0).reserves(tokens(10));
        at(70_000).settles(tokens(40)).used(30L);
        at(129_999).used(30L);
        at(130_000).used(0L);
    }

    @Test
    void whatIsGivenBackCanBeHadAtOnce() {
        limits(TOKENS_PER_MINUTE, Quota.lifetime(Unit.TOKENS, 100));
        at(0).reserves(tokens(100)).rejectsForGood(tokens(1));
        at(10_000).settles(tokens(30)).admits(tokens(70)).used(100L, 100L);
    }

    @Test
    void whatIsGivenBackIsTakenFromTheMomentItWasCharged() {
        limits(TOKENS_PER_MINUTE);
        at(0).reserves(tokens(60));
        at(30_000).admits(tokens(40));
        at(40_000).settles(tokens(20)).used(60L);
        rejects(tokens(60), 20_000).rejects(tokens(61), 50_000);
        at(60_000).used(40L);
        at(90_000).used(0L);
    }

    @Test
    void aChargeThatWasGivenBackDelaysNothing() {
        limits(TOKENS_PER_MINUTE);
        at(0).admits(tokens(50));
        at(30_000).reserves(tokens(50)).cancels().rejects(tokens(51), 30_000);
        assertThat(limiter.status("acme", "chat").get(0).resetAfter()).hasValue(Duration.ofSeconds(30));
        at(60_000).used(0L);
        assertThat(limiter.status("acme", "chat").get(0).resetAfter()).hasValue(Duration.ZERO);
    }

    @Test
    void everyLimitOfTheReservationIsChargedAndSettledInItsOwnUnit() {
        Quota money = Quota.lifetime(Unit.NANO_USD, 500);
        limits(RateLimit.perMinute(10), TOKENS_PER_MINUTE, TOKENS_PER_MONTH, money);
        reserves(tokens(60).and(Unit.NANO_USD, 200)).used(1L, 60L, 60L, 200L);
        refusesToReserveForGood(tokens(10).and(Unit.NANO_USD, 301)).by(money).used(1L, 60L, 60L, 200L);
    }

    @Test
    void everyUnitThatIsStatedIsSettledAndNoOther() {
        limits(RateLimit.perMinute(10), TOKENS_PER_MINUTE, TOKENS_PER_MONTH, Quota.lifetime(Unit.NANO_USD, 500));
        Usage estimate = tokens(10).and(Unit.NANO_USD, 20);
        reserves(estimate).settles(tokens(4).and(Unit.NANO_USD, 30)).used(1L, 4L, 4L, 30L);
        reserves(estimate).settles(tokens(5)).used(2L, 9L, 9L, 50L);
        reserves(estimate).settles(microUsd(0)).used(3L, 19L, 19L, 50L);
        reserves(estimate).settles(Usage.of(Unit.CHARACTERS, 9)).used(4L, 29L, 29L, 70L);
    }

    @Test
    void aUnitThatTheEstimateDidNotNameCanBeSettled() {
        limits(TOKENS_PER_MINUTE, Quota.perMonth(Unit.NANO_USD, 500));
        at(0).reserves(Usage.call()).used(0L, 0L);
        at(30_000).settles(tokens(40).and(Unit.NANO_USD, 200)).used(40L, 200L);
        at(89_999).used(40L, 200L);
        at(90_000).used(0L, 200L);
    }

    @Test
    void aUnitThatTheEstimateDidNotNameBelongsToThePeriodOfTheReservation() {
        beginTenSecondsBeforeTheMonthEnds();
        limits(TOKENS_PER_MONTH).reserves(Usage.call());
        after(Duration.ofSeconds(15)).used(0L).settles(tokens(40)).used(0L);
    }

    @Test
    void callsStayChargedUnlessTheSettlementStatesThem() {
        limits(Quota.perMonth(100));
        reserves(tokens(800)).used(1L).settles(tokens(0)).used(1L);
        reserves(tokens(800)).used(2L).settles(calls(0)).used(1L);
        reserves(calls(5)).used(6L).settles(calls(2)).used(3L);
        reserves(tokens(800)).used(4L).settles(tokens(900).and(Unit.CALLS, 4)).used(7L);
        reserves(tokens(800)).used(8L).cancels().used(7L);
        reserves(tokens(800).and(Unit.CALLS, 5)).used(12L).settles(tokens(900)).used(12L);
    }

    @Test
    void cancellingGivesBackAllThatWasCharged() {
        limits(RateLimit.perMinute(10), TOKENS_PER_MINUTE, TOKENS_PER_MONTH, Quota.lifetime(Unit.NANO_USD, 500));
        admits(tokens(10).and(Unit.NANO_USD, 20)).reserves(tokens(60).and(Unit.NANO_USD, 200));
        cancels().used(1L, 10L, 10L, 20L);
    }

    @Test
    void theFirstToEndAReservationWinsAndLaterOnesChangeNothing() {
        limits(RateLimit.perMinute(100), TOKENS_PER_MINUTE, TOKENS_PER_MONTH);
        reserves(tokens(60)).settles(tokens(30)).isNotOpen().used(1L, 30L, 30L);
        reserves(tokens(60)).cancels().isNotOpen().used(1L, 30L, 30L);
        reserves(tokens(60)).settles(calls(2)).isNotOpen().used(3L, 90L, 90L);
    }

    @Test
    void aRejectedReservationChargesNothingAndCannotBeSettled() {
        limits(TOKENS_PER_MINUTE, TOKENS_PER_MONTH).admits(tokens(50));
        refusesToReserve(tokens(51), Duration.ofDays(31)).isNotOpen().used(50L, 50L);
        assertThat(reservation.use(tokens(1))).isEqualTo(reservation.decision());
        at(60_000).isNotOpen().used(0L, 50L);
        refusesToReserveForGood(tokens(101)).isNotOpen().used(0L, 50L);
    }

    @Test
    void openReservationsAreSettledInAnyOrder() {
        limits(TOKENS_PER_MINUTE);
        Reservation first = at(0).reserves(tokens(40)).reservation;
        Reservation second = at(10_000).reserves(tokens(40)).reservation;
        Reservation third = at(20_000).reserves(tokens(20)).reservation;
        at(30_000).continuing(second).settles(tokens(10)).used(70L);
        continuing(third).settles(tokens(30)).used(80L);
        continuing(first).cancels().used(40L);
        at(70_000).used(30L);
        at(80_000).used(10L);
        at(90_000).used(0L);
    }

    @Test
    void aReservationIsSettledInTheMetersItCharged() {
        RateLimit lower = RateLimit.of(Unit.TOKENS, 50, Duration.ofMinutes(1));
        limits(TOKENS_PER_MINUTE).reserves(tokens(80));
        limits(lower).used(80L).overrun(30L).settles(tokens(30)).used(30L).remaining(20L);
        Reservation unsettled = reserves(tokens(20)).reservation;
        limits(RateLimit.of(Unit.TOKENS, 50, Duration.ofHours(1))).reserves(tokens(5));
        from("umbrella").reserves(tokens(3)).from("acme");
        continuing(unsettled).settles(tokens(60)).used(5L);
        limits(lower).used(90L).from("umbrella").used(0L);
    }

    @Test
    void aGroupIsSettledWhicheverOfItsEndpointsWasCalled() {
        under(Tier.named("tier")
                .table(LimitTable.named("tokens").together("both", TOKENS_PER_MINUTE, "chat", "embed"))
                .build());
        calling("chat")
                .reserves(tokens(60))
                .calling("embed")
                .used(60L)
                .settles(tokens(10))
                .used(10L);
    }

    @Test
    void theCallerAndNotTheOrganizationDecidesTheTier() {
        limits(RateLimit.perMinute(0));
        Caller caller = Caller.of("acme", tierOf(TOKENS_PER_MINUTE));
        Reservation ofCaller = limiter.reserve(caller, "chat", tokens(60));
        assertThat(ofCaller.decision()).isEqualTo(Decision.admitted());
        limits(TOKENS_PER_MINUTE)
                .used(60L)
                .continuing(ofCaller)
                .settles(tokens(10))
                .used(10L);
    }

    @Test
    void whatIsUnlimitedCanBeReservedAndEndedOnce() {
        limits().reserves(tokens(60)).adds(tokens(60)).settles(tokens(90)).isNotOpen();
        reserves(tokens(60)).cancels().isNotOpen();
    }

    @Test
    void theLargestEstimateAndTheLargestSettlementAreCounted() {
        long most = 1L << 53;
        limits(RateLimit.of(Unit.TOKENS, most, Duration.ofMinutes(1)), Quota.lifetime(Unit.TOKENS, most));
        reserves(tokens(most)).used(most, most).settles(tokens(1)).used(1L, 1L);
        reserves(tokens(most - 1))
                .settles(tokens(most))
                .used(most + 1, most + 1)
                .overrun(1L, 1L);
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedByName() {
        limiter = contract.create(Map.of("acme", tierOf())::get, time); // the resolver must not be asked about null
        Caller caller = Caller.of("acme", tierOf());
        refusesNull("organization", () -> limiter.reserve((String) null, "chat", tokens(1)));
        refusesNull("who", () -> limiter.reserve((Caller) null, "chat", tokens(1)));
        refusesNull("endpoint", () -> limiter.reserve("acme", null, tokens(1)));
        refusesNull("endpoint", () -> limiter.reserve(caller, null, tokens(1)));
        refusesNull("estimate", () -> limiter.reserve("acme", "chat", null));
        refusesNull("estimate", () -> limiter.reserve(caller, "chat", null));
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedWhateverTheStateOfTheReservation() {
        limits(Quota.lifetime(Unit.TOKENS, 10));
        Reservation ended = reserves(tokens(1)).cancels().reservation;
        Reservation rejected = refusesToReserveForGood(tokens(11)).reservation;
        Reservation open = reserves(tokens(1)).reservation;
        for (Reservation each : new Reservation[] {ended, rejected, open}) {
            refusesNull("piece", () -> each.use(null));
            refusesNull("actual", () -> each.settle(null));
        }
        continuing(open).used(1L).settles(tokens(2)).used(2L);
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void anOrganizationWithoutATierIsAnIllegalState() {
        RateLimiter tierless = contract.create(organization -> null, time);
        assertThatIllegalStateException()
                .isThrownBy(() -> tierless.reserve("acme", "chat", Usage.call()))
                .withMessageContaining("acme");
    }

    @Test
    void theTimeSourceIsTheOneThatTheLimiterGoesBy() {
        assertThat(limiter.timeSource()).isSameAs(time);
    }
}
