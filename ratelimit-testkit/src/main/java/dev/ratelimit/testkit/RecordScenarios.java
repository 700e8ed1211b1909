package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Usage that has happened is charged whether it fits or not, and soft quotas refuse nothing. */
abstract class RecordScenarios extends Scenarios {

    private static final RateLimit TOKENS = RateLimit.of(Unit.TOKENS, 100, Duration.ofMinutes(1));
    private static final Quota SOFT = Quota.perMonth(Unit.TOKENS, 100).withOverrun(Overrun.NEVER_REFUSES);

    RecordScenarios(RateLimiterContract contract) {
        super(contract);
    }

    /** Says that usage is charged and that the answer is what tryAcquire would have answered. */
    private void records(Usage usage) {
        Decision answer = limiter.peek("acme", "chat", usage);
        assertThat(limiter.record("acme", "chat", usage)).isEqualTo(Recorded.charged(answer));
    }

    @Test
    void whatHasHappenedIsChargedWhetherItFitsOrNot() {
        limits(TOKENS, Quota.perMonth(Unit.TOKENS, 100), RateLimit.perMinute(2));
        records(tokens(80));
        records(tokens(50));
        records(tokens(40));
        used(170L, 170L, 3L).overrun(70L, 70L, 1L);
        assertThat(limiter.tryAcquire("acme", "chat", tokens(0)).isAdmitted()).isFalse();
        after(Duration.ofMinutes(1)).used(0L, 170L, 0L);
    }

    @Test
    void aRefusedKeyRecordsNothing() {
        limits(TOKENS);
        Rejected refusal = Rejected.permanent(new KeyUnknown(), "");
        assertThat(limiter.record(refusal, "chat", tokens(5))).isEqualTo(Recorded.notCharged(refusal));
        assertThat(limiter.async().record(refusal, "chat", tokens(5)))
                .isCompletedWithValue(Recorded.notCharged(refusal));
        used(0L);
    }

    @Test
    void whatFallsUnderNoLimitIsRecordedNowhere() {
        under(Tier.named("trial")
                .table(LimitTable.named("calls").each(RateLimit.perMinute(5), "chat"))
                .build());
        assertThat(limiter.record("acme", "unlimited", tokens(5))).isEqualTo(Recorded.charged(Decision.admitted()));
        used(0L);
    }

    @Test
    void aShadowIsChargedOnlyWhatItWouldAdmit() {
        under(Tier.named("trial")
                .table(LimitTable.named("tokens").each(TOKENS, "chat"))
                .table(LimitTable.named("tried")
                        .each(RateLimit.of(Unit.TOKENS, 60, Duration.ofMinutes(1)), "chat")
                        .asShadow())
                .build());
        records(tokens(50));
        used(50L, 50L);
        records(tokens(20));
        used(70L, 50L);
        records(tokens(200));
        used(270L, 50L);
    }

    @Test
    void aReportingLimiterTellsHowItsLimitsStandByTheRecord() {
        limits(TOKENS, Quota.perMonth(Unit.TOKENS, 100));
        RateLimiter reporting = limiter.reporting();
        for (int i = 0; i < 3; i++) {
            Recorded recorded = reporting.record("acme", "chat", tokens(60));
            assertThat(recorded.isCharged()).isTrue();
            assertThat(recorded.answer().limits()).isEqualTo(limiter.status("acme", "chat"));
        }
        used(180L, 180L);
    }

    @Test
    void aReservationIsSettledBesideWhatIsRecorded() {
        limits(TOKENS).reserves(tokens(60));
        records(tokens(70));
        used(130L).settles(tokens(10)).used(80L);
        assertThat(limiter.async()
                        .record("acme", "chat", tokens(5))
                        .toCompletableFuture()
                        .join()
                        .isCharged())
                .isTrue();
        used(85L);
    }

    @Test
    void aSoftQuotaCountsOnAndRefusesNothing() {
        limits(SOFT, RateLimit.perMinute(100));
        admits(tokens(80), tokens(50), tokens(200));
        used(330L, 3L).overrun(230L, 0L).remaining(0L, 97L);
        assertThat(limiter.peek("acme", "chat", tokens(1_000)).isAdmitted()).isTrue();
        reserves(tokens(70)).used(400L, 4L).settles(tokens(20)).used(350L, 4L);
        reserves(tokens(50)).used(400L, 5L).cancels().used(350L, 4L);
        records(tokens(50));
        used(400L, 5L);
        assertThat(limiter.reporting().tryAcquire("acme", "chat", tokens(1)).limits())
                .isEqualTo(limiter.status("acme", "chat"));
        after(Duration.ofDays(31)).used(0L, 0L);
    }

    @Test
    void aSoftQuotaBesideAHardLimitIsChargedAllOrNothing() {
        limits(SOFT, TOKENS).admits(tokens(90));
        rejects(tokens(20), 60_000);
        used(90L, 90L);
    }

    @Test
    void aSoftQuotaTakesTheLargestUsageAgainAndAgain() {
        long most = 1L << 53;
        limits(Quota.lifetime(Unit.TOKENS, 0).withOverrun(Overrun.NEVER_REFUSES));
        for (int i = 1; i <= 300; i++) {
            admits(tokens(most));
            used(Math.min(i, 256) * most);
        }
    }

    /** Records, calls and reservations in any order, under limits of all kinds: every answer is the reference's. */
    @Tag("histories")
    @RepeatedTest(25)
    void everyRecordIsTheReferences(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        RandomTraffic traffic = new RandomTraffic(repetition.getCurrentRepetition(), tick);
        begin(traffic.time());
        RateLimiter reference = new ReferenceRateLimiter(organization -> tierOf(), time);
        for (int step = 0; step < 150; step++) {
            Caller caller = traffic.caller();
            Tier soft = caller.tier()
                    .withLimits(limit -> limit instanceof Quota quota && random.nextBoolean()
                            ? quota.withOverrun(Overrun.NEVER_REFUSES)
                            : limit);
            Caller who = random.nextBoolean() ? caller : Caller.of(caller.organization(), soft);
            String endpoint = traffic.endpoint();
            Usage usage = traffic.usage();
            String call = "step %d: %s, %s, %s at %s".formatted(step, who, endpoint, usage, time);
            boolean reports = random.nextBoolean();
            RateLimiter asked = reports ? limiter.reporting() : limiter;
            RateLimiter judge = reports ? reference.reporting() : reference;
            Decision decision;
            if (random.nextInt(3) == 0) {
                Recorded recorded = asked.record(who, endpoint, usage);
                assertThat(recorded).as(call).isEqualTo(judge.record(who, endpoint, usage));
                decision = recorded.answer();
            } else {
                decision = asked.tryAcquire(who, endpoint, usage);
                assertThat(decision).as(call).isEqualTo(judge.tryAcquire(who, endpoint, usage));
            }
            assertThat(limiter.status(who, endpoint)).as(call).isEqualTo(reference.status(who, endpoint));
            assertThat(limiter.status(who).stream().map(LimitStatus::used))
                    .as(call)
                    .containsExactlyElementsOf(reference.status(who).stream()
                            .map(LimitStatus::used)
                            .toList());
            traffic.pass(time, decision);
        }
    }
}
