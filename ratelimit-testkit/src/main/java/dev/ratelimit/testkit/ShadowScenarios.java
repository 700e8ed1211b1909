package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Admitted;
import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Tables that refuse nothing, and say what they would have refused. */
abstract class ShadowScenarios extends Scenarios {

    private static final RateLimit TWO = RateLimit.perMinute(2);
    private static final RateLimit TEN = RateLimit.perHour(10);
    private static final RateLimit TOKENS = RateLimit.of(Unit.TOKENS, 10, Duration.ofMinutes(1));

    ShadowScenarios(RateLimiterContract contract) {
        super(contract);
    }

    /** A tier with one limit in force, and shadows after it. */
    private static Tier tier(Limit inForce, Limit... shadows) {
        Tier tier = Tier.named("tier")
                .message("Slow down.")
                .table(LimitTable.named("table").eachOtherEndpoint(inForce))
                .build();
        for (int i = 0; i < shadows.length; i++) {
            tier = tier.withTable(shadowTable(i, shadows[i]));
        }
        return tier;
    }

    private static LimitTable shadowTable(int i, Limit limit) {
        return LimitTable.named("shadow " + i).eachOtherEndpoint(limit).asShadow();
    }

    private static Rejected rejection(int i, Limit limit, long retryAfterMillis) {
        AppliedLimit applied = AppliedLimit.of("shadow " + i, new Scope.Endpoint("chat"), limit, true);
        long nanos = Duration.ofMillis(retryAfterMillis).toNanos();
        return Rejected.temporary(new LimitReached(applied), "Slow down.", nanos);
    }

    private void assertAdmitted(Decision decision, Rejected... shadowRejections) {
        assertThat(decision).isEqualTo(new Admitted(List.of(shadowRejections)));
    }

    private Decision decisionOn(Usage usage) {
        return limiter.tryAcquire("acme", "chat", usage);
    }

    @Test
    void aShadowAdmitsAndSaysWhatItWouldHaveAnswered() {
        under(tier(TEN, TWO));
        at(0).admits(1);
        at(10_000).admits(1);
        at(20_000);
        assertAdmitted(decisionOn(Usage.call()), rejection(0, TWO, 40_000));
        at(60_000).admits(1);
        assertAdmitted(decisionOn(Usage.call()), rejection(0, TWO, 10_000));
    }

    @Test
    void aShadowIsChargedForWhatItWouldAdmitOnly() {
        under(tier(TEN, TWO)).admits(1);
        assertAdmitted(decisionOn(calls(2)), rejection(0, TWO, 60_000));
        used(3L, 1L).remaining(7L, 1L).admits(1).used(4L, 2L).overrun(0L, 0L);
    }

    @Test
    void aShadowIsNotAskedAboutACallThatIsRejected() {
        under(tier(TWO, TEN)).admits(2).rejects(1, 60_000).by(TWO).used(2L, 2L);
        under(tier(TWO, TWO)).rejects(1, 60_000).by(TWO).used(2L, 0L);
    }

    @Test
    void aTableThatComesAfterAShadowIsInForce() {
        under(Tier.named("tier")
                .table(shadowTable(0, TEN))
                .table(LimitTable.named("table").eachOtherEndpoint(TWO))
                .build());
        admits(2).rejects(1, 60_000).by(TWO).used(2L, 2L);
    }

    @Test
    void aShadowThatWouldRefuseForGoodSaysSo() {
        under(tier(TEN, TWO));
        Rejected rejected = ((Admitted) decisionOn(calls(3))).shadowRejections().get(0);
        assertThat(rejected.retryAfter()).isEmpty();
        used(3L, 0L);
    }

    @Test
    void eachShadowDecidesByItself() {
        RateLimit one = RateLimit.perHour(1);
        under(tier(TEN, one, TWO)).admits(1);
        assertAdmitted(decisionOn(Usage.call()), rejection(0, one, 3_600_000));
        used(2L, 1L, 2L);
        assertAdmitted(decisionOn(Usage.call()), rejection(0, one, 3_600_000), rejection(1, TWO, 60_000));
        used(3L, 1L, 2L);
    }

    @Test
    void aPeekSaysWhatShadowsWouldAnswer() {
        under(tier(TEN, TWO)).admits(2);
        assertAdmitted(limiter.peek("acme", "chat", Usage.call()), rejection(0, TWO, 60_000));
        assertAdmitted(limiter.peek("acme", "embed", Usage.call()));
        used(2L, 2L);
    }

    @Test
    void aStatusTellsShadowsApart() {
        under(tier(TEN, TWO));
        assertThat(limiter.status("acme", "chat"))
                .extracting(LimitStatus::applied)
                .extracting(AppliedLimit::shadow)
                .containsExactly(false, true);
    }

    @Test
    void whatAShadowHasCountedStaysWhenItIsPutInForce() {
        Tier shadow = tier(TEN, TWO);
        under(shadow).admits(1);
        Tier inForce = shadow.withTable(LimitTable.named("shadow 0").eachOtherEndpoint(TWO));
        under(inForce).used(1L, 1L).admits(1).rejects(1, 60_000).by(TWO);
        under(shadow);
        assertAdmitted(decisionOn(Usage.call()), rejection(0, TWO, 60_000));
    }

    @Test
    void aShadowOfAQuotaAdmitsTheLastCallAsTheQuotaWould() {
        Quota quota =
                Quota.of(Unit.TOKENS, 10, QuotaPeriod.month(ZoneOffset.UTC)).withOverrun(Overrun.UNTIL_REACHED);
        under(tier(TEN, quota)).admits(tokens(9), tokens(5)).used(2L, 14L).overrun(0L, 4L);
        assertAdmitted(
                decisionOn(Usage.call()),
                rejection(0, quota, Duration.ofDays(31).toMillis()));
    }

    @Test
    void aReservationReplacesWhatAShadowWasChargedAndOnlyThat() {
        under(tier(TEN, TOKENS)).reserves(tokens(6)).settles(tokens(4)).used(1L, 4L);
        reservation = limiter.reserve("acme", "chat", tokens(7));
        assertAdmitted(reservation.decision(), rejection(0, TOKENS, 60_000));
        used(2L, 4L).adds(tokens(3)).settles(tokens(20)).used(2L, 4L);
        reserves(tokens(1)).settles(tokens(20)).used(3L, 24L).overrun(0L, 14L);
    }

    @Test
    void aPieceThatAShadowWouldRefuseIsAddedToTheOthers() {
        RateLimit more = RateLimit.of(Unit.TOKENS, 100, Duration.ofMinutes(1));
        under(tier(more, TOKENS)).reserves(tokens(6));
        assertAdmitted(reservation.add(tokens(5)), rejection(0, TOKENS, 60_000));
        used(11L, 6L).adds(tokens(4)).used(15L, 10L);
        assertAdmitted(reservation.add(tokens(1)), rejection(0, TOKENS, 60_000));
        used(16L, 10L).cancels().used(0L, 0L);
    }

    /** A shadow that no call is lost by has the same history as the same table in force. */
    @RepeatedTest(20)
    void aShadowWouldRefuseWhatTheTableInForceRefuses(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        Limit unlimited = RateLimit.of(Unit.CALLS, 1L << 53, Duration.ofMinutes(1));
        Tier shadow = tier(unlimited, TWO);
        Tier inForce = Tier.named("tier")
                .message("Slow down.")
                .table(LimitTable.named("shadow 0").eachOtherEndpoint(TWO))
                .build();
        for (int call = 0; call < 100; call++) {
            Usage usage = calls(random.nextInt(4));
            Decision inShadow = limiter.tryAcquire(Caller.of("acme", shadow), "chat", usage);
            Decision real = limiter.tryAcquire(Caller.of("umbrella", inForce), "chat", usage);
            List<Rejected> shadowRejections = ((Admitted) inShadow).shadowRejections();
            assertThat(shadowRejections).hasSize(real.isAdmitted() ? 0 : 1);
            if (real instanceof Rejected rejected) {
                assertThat(shadowRejections.get(0).retryAfter()).isEqualTo(rejected.retryAfter());
            }
            after(Duration.ofMillis(random.nextInt(40_000)));
        }
    }
}
