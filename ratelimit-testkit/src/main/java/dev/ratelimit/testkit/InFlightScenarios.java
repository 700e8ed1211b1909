package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is in flight, and when it is no more. */
abstract class InFlightScenarios extends Scenarios {

    private static final Duration TEN_MINUTES = Duration.ofMinutes(10);
    private static final Duration FIVE_MINUTES = Duration.ofMinutes(5);
    private static final ConcurrencyLimit TWO = ConcurrencyLimit.of(2, TEN_MINUTES);

    InFlightScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private Rejected rejected(Usage usage) {
        return (Rejected) limiter.peek("acme", "chat", usage);
    }

    @Test
    void anEndFreesAPlace() {
        limits(TWO).reserves(Usage.call());
        Reservation first = reservation;
        reserves(Usage.call()).used(2L).refusesToReserve(Usage.call(), TEN_MINUTES);
        continuing(first).settles(Usage.call()).used(1L).reserves(Usage.call());
        refusesToReserve(Usage.call(), TEN_MINUTES);
    }

    @Test
    void theWaitIsAnUpperBound() {
        limits(TWO).reserves(calls(2));
        assertThat(rejected(Usage.call()))
                .returns(true, Rejected::mayBeSooner)
                .returns(Optional.of(TEN_MINUTES), Rejected::retryAfter)
                .returns(Optional.of(Duration.ZERO), Rejected::certainWait);
        assertThat(rejected(calls(3)))
                .returns(false, Rejected::mayBeSooner)
                .returns(Optional.empty(), Rejected::retryAfter);
    }

    @Test
    void theCertainPartOfAWaitIsThatOfTheOtherLimits() {
        limits(TWO, RateLimit.perMinute(2)).reserves(calls(2));
        assertThat(rejected(Usage.call()))
                .returns(true, Rejected::mayBeSooner)
                .returns(Optional.of(TEN_MINUTES), Rejected::retryAfter)
                .returns(Optional.of(Duration.ofMinutes(1)), Rejected::certainWait);
        limits(ConcurrencyLimit.of(2, Duration.ofSeconds(30)), RateLimit.perMinute(2));
        from("umbrella").reserves(calls(2));
        assertThat((Rejected) limiter.peek("umbrella", "chat", Usage.call()))
                .returns(false, Rejected::mayBeSooner)
                .returns(Optional.of(Duration.ofMinutes(1)), Rejected::retryAfter);
    }

    @Test
    void whatNeverEndsComesBackAfterTheLongestTime() {
        limits(TWO).admits(1, 1);
        after(TEN_MINUTES.minus(tick)).rejects(1, tick).rejects(2, tick).used(2L);
        after(tick).used(0L).admits(2);
    }

    @Test
    void anEndFreesEverythingWhateverWasUsed() {
        ConcurrencyLimit tokens = ConcurrencyLimit.of(Unit.TOKENS, 100, TEN_MINUTES);
        limits(tokens).reserves(tokens(60)).settles(tokens(90)).used(0L);
        reserves(tokens(60)).settles(tokens(60)).used(0L);
        reserves(tokens(60)).settles(tokens(0)).used(0L);
        reserves(tokens(60)).settles(calls(1)).used(0L);
        reserves(tokens(60)).cancels().used(0L);
        reserves(tokens(60));
        assertThat(reservation.settle()).isTrue();
        used(0L);
    }

    @Test
    void thePiecesOfAReservationEndWithIt() {
        limits(ConcurrencyLimit.of(Unit.TOKENS, 100, TEN_MINUTES));
        reserves(tokens(60));
        after(FIVE_MINUTES).adds(tokens(30)).used(90L).refusesToAdd(tokens(11), FIVE_MINUTES);
        settles(tokens(90)).used(0L);
    }

    @Test
    void aPieceJoinsItsReservation() {
        limits(ConcurrencyLimit.of(Unit.TOKENS, 100, TEN_MINUTES));
        reserves(tokens(60));
        after(FIVE_MINUTES).adds(tokens(30)).used(90L).rejects(tokens(11), FIVE_MINUTES);
        assertThat(limiter.status("acme", "chat").get(0))
                .returns(Optional.of(FIVE_MINUTES), LimitStatus::nextReleaseAfter)
                .returns(Optional.of(FIVE_MINUTES), LimitStatus::resetAfter);
        assertThat(reservation.renew()).isTrue();
        after(TEN_MINUTES.minus(tick)).used(90L);
        after(tick).used(0L).adds(tokens(10)).used(10L).rejects(tokens(91), TEN_MINUTES);
        assertThat(reservation.renew()).as("the first ones count no more").isFalse();
        after(FIVE_MINUTES).used(10L).adds(tokens(5)).used(15L);
        after(FIVE_MINUTES.minus(tick)).used(15L).adds(tokens(1)).used(16L);
        after(tick).used(0L);
    }

    @Test
    void theEndOfWhatHasExpiredFreesNothingOfAnothers() {
        limits(TWO).reserves(calls(2));
        Reservation late = reservation;
        after(TEN_MINUTES).reserves(calls(2)).used(2L);
        continuing(late).settles(calls(2)).used(2L).rejects(1, TEN_MINUTES);
    }

    @Test
    void whatIsInFlightKeepsTheEndThatItWasGiven() {
        limits(TWO).reserves(Usage.call());
        limits(ConcurrencyLimit.of(2, FIVE_MINUTES)).reserves(Usage.call()).rejects(1, FIVE_MINUTES);
        after(FIVE_MINUTES).used(1L).rejects(2, FIVE_MINUTES);
        after(FIVE_MINUTES.minus(tick)).used(1L);
        after(tick).used(0L);
    }

    @Test
    void aReservationIsRenewedWhileItCounts() {
        limits(TWO).reserves(calls(2));
        after(FIVE_MINUTES);
        assertThat(reservation.renew()).isTrue();
        rejects(1, TEN_MINUTES);
        after(TEN_MINUTES.minus(tick)).used(2L);
        after(tick).used(0L);
        assertThat(reservation.renew()).as("it counts no more").isFalse();
        used(0L).admits(2);
    }

    @Test
    void aReservationThatHasEndedIsNotRenewed() {
        limits(TWO).reserves(calls(2)).settles(calls(2));
        assertThat(reservation.renew()).isFalse();
        used(0L).admits(2).refusesToReserve(Usage.call(), TEN_MINUTES);
        assertThat(reservation.renew()).isFalse();
    }

    @Test
    void aReservationThatHoldsNothingInFlightIsRenewedWhileItIsOpen() {
        limits(RateLimit.perMinute(5)).reserves(calls(2));
        assertThat(reservation.renew()).isTrue();
        after(Duration.ofMinutes(2));
        assertThat(reservation.renew()).isTrue();
        settles(calls(2));
        assertThat(reservation.renew()).isFalse();
    }

    @Test
    void whatHasHappenedIsNotInFlight() {
        limits(TWO);
        assertThat(limiter.record("acme", "chat", calls(7)).isCharged()).isTrue();
        used(0L).reserves(calls(2));
        assertThat(limiter.record("acme", "chat", calls(1)).answer().isAdmitted())
                .isFalse();
        used(2L);
    }

    @Test
    void aRefusedCallTakesNothing() {
        limits(TWO, RateLimit.perMinute(1)).reserves(Usage.call());
        Reservation first = reservation;
        refusesToReserve(Usage.call(), 60_000).used(1L, 1L);
        continuing(first).settles(Usage.call()).used(0L, 1L);
    }

    @Test
    void aStatusTellsTheFirstEndAndTheLast() {
        limits(ConcurrencyLimit.of(5, TEN_MINUTES)).reserves(Usage.call());
        after(FIVE_MINUTES).reserves(Usage.call()).used(2L).remaining(3L);
        assertThat(limiter.status("acme", "chat").get(0))
                .returns(Optional.of(FIVE_MINUTES), LimitStatus::nextReleaseAfter)
                .returns(Optional.of(TEN_MINUTES), LimitStatus::resetAfter);
        assertThat(limiter.peek("acme", "chat", calls(3))).isEqualTo(Decision.admitted());
    }
}
