package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How large a single call may be. */
abstract class PerCallScenarios extends Scenarios {

    private static final PerCallLimit THOUSAND = PerCallLimit.of(Unit.TOKENS, 1_000);

    PerCallScenarios(RateLimiterContract contract) {
        super(contract);
    }

    @Test
    void eachCallIsComparedAlone() {
        limits(THOUSAND).rejectsForGood(tokens(1_001));
        admits(tokens(1_000), tokens(1_000), tokens(1_000)).used(0L).remaining(1_000L);
        rejectsForGood(tokens(1_001));
    }

    @Test
    void thePiecesOfAReservationAreComparedInSum() {
        limits(THOUSAND);
        reservation = limiter.reserve("acme", "chat", tokens(900));
        adds(tokens(600), tokens(300)).refusesToAddForGood(tokens(200)).adds(tokens(100));
        refusesToAddForGood(tokens(1));
    }

    @Test
    void aPieceWithinTheEstimateIsNotCompared() {
        limits(THOUSAND);
        reservation = limiter.reserve("acme", "chat", tokens(1_000));
        adds(tokens(600), tokens(400)).refusesToAddForGood(tokens(1));
    }

    @Test
    void aRefusedPieceUsesNothingOfTheEstimate() {
        limits(THOUSAND, RateLimit.of(Unit.TOKENS, 10_000, Duration.ofMinutes(1)));
        reservation = limiter.reserve("acme", "chat", tokens(900));
        refusesToAddForGood(tokens(1_001)).used(0L, 900L).adds(tokens(900)).used(0L, 900L);
    }

    @Test
    void settlingIsNeverRefused() {
        limits(THOUSAND).reserves(tokens(900)).settles(tokens(5_000)).used(0L).admits(tokens(1_000));
    }

    @Test
    void aLargerCallIsToldSo() {
        limits(THOUSAND);
        assertThat(limiter.peek("acme", "chat", tokens(1_001)))
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected)
                                .returns(413, Rejected::suggestedStatus)
                                .returns(Optional.empty(), Rejected::retryAfter)
                                .returns(
                                        "Larger than the limit of 1,000 tokens per call for endpoint"
                                                + " \"chat\" (table 0)",
                                        Rejected::message));
        assertThat(limiter.status("acme", "chat").get(0))
                .returns(Optional.of(Duration.ZERO), LimitStatus::nextReleaseAfter)
                .returns(Optional.of(Duration.ZERO), LimitStatus::resetAfter);
    }

    @Test
    void aCallThatIsTooLargeChargesNothing() {
        limits(RateLimit.perMinute(5), THOUSAND);
        rejectsForGood(tokens(1_001)).by(THOUSAND).used(0L, 0L);
        admits(tokens(1_000)).used(1L, 0L);
    }

    @Test
    void whatHasHappenedIsChargedHoweverLarge() {
        limits(RateLimit.of(Unit.TOKENS, 10_000, Duration.ofMinutes(1)), THOUSAND);
        assertThat(limiter.record("acme", "chat", tokens(1_001)).answer())
                .isInstanceOfSatisfying(
                        Rejected.class, rejected -> assertThat(rejected.cause()).isInstanceOf(LimitReached.class));
        used(1_001L, 0L);
    }

    @Test
    void aShadowTellsOfALargerCall() {
        under(Tier.named("tier")
                .table(LimitTable.named("largest").eachOtherEndpoint(THOUSAND).asShadow())
                .build());
        Decision decision = limiter.tryAcquire("acme", "chat", tokens(1_001));
        assertThat(decision.isAdmitted()).isTrue();
        assertThat(decision).isNotEqualTo(Decision.admitted());
    }
}
