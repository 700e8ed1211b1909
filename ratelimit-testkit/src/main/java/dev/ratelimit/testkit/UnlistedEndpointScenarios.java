package dev.ratelimit.testkit;

import static dev.ratelimit.Scope.Endpoint.OVERFLOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Endpoints that no table names, where there are more than a limiter has meters for. */
abstract class UnlistedEndpointScenarios extends Scenarios {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("hours").each(RateLimit.perHour(9), "chat").eachOtherEndpoint(RateLimit.perHour(5)))
            .table(LimitTable.named("in all").otherEndpointsTogether("others", Quota.lifetime(Unit.CALLS, 1_000)))
            .build();

    private static final int STEPS = 300;

    UnlistedEndpointScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private void assertOverview(String... lines) {
        assertThat(limiter.status("acme"))
                .extracting(status -> status.applied().table() + ", "
                        + status.applied().scope().name() + ": " + status.used())
                .containsExactly(lines);
    }

    private void assertStatusIsOf(String endpoint, Scope scope) {
        assertThat(limiter.status("acme", endpoint).get(0))
                .extracting(status -> status.applied().scope())
                .isEqualTo(scope);
    }

    @Test
    void furtherOnesShareOneSetOfMetersThatIsNamedAsWhatItIs() {
        under(TIER).boundedBy(2);
        calling("b").admits(5).calling("a").admits(4).calling("c").admits(3);
        calling("d").rejects(3, Duration.ofHours(1)).of(OVERFLOW).admits(2);
        calling("c").rejects(1, Duration.ofHours(1)).of(OVERFLOW);
        calling("a").admits(1).rejects(1, Duration.ofHours(1)).of(new Scope.Endpoint("a"));
        calling("b").rejects(1, Duration.ofHours(1)).of(new Scope.Endpoint("b"));
        assertOverview(
                "hours, chat: 0", "in all, others: 15", "hours, (further endpoints): 5", "hours, a: 5", "hours, b: 5");
        assertStatusIsOf("a", new Scope.Endpoint("a"));
        assertStatusIsOf("e", OVERFLOW);
        calling("e").used(5L, 15L).remaining(0L, 985L);
    }

    @Test
    void whereNoneHasMetersOfItsOwnAllShare() {
        under(TIER).boundedBy(0);
        assertOverview("hours, chat: 0", "in all, others: 0");
        calling("a")
                .admits(3)
                .calling("b")
                .rejects(3, Duration.ofHours(1))
                .of(OVERFLOW)
                .admits(2);
        assertOverview("hours, chat: 0", "in all, others: 5", "hours, (further endpoints): 5");
        assertStatusIsOf("a", OVERFLOW);
        calling("chat").admits(9);
    }

    @Test
    void whatIsOnlyAskedForOrRefusedByItsOwnLimitTakesNoPlace() {
        under(TIER).boundedBy(1);
        for (int i = 0; i < 5; i++) {
            limiter.peek("acme", "asked " + i, calls(1));
            limiter.status("acme", "asked " + i);
        }
        calling("a").admits(5).rejects(1, Duration.ofHours(1)).of(new Scope.Endpoint("a"));
        assertThat(limiter.peek("acme", "b", calls(6)).isAdmitted()).isFalse();
        assertStatusIsOf("b", OVERFLOW);
        assertOverview("hours, chat: 0", "in all, others: 5", "hours, a: 5");
    }

    @Test
    void endpointsThatATableNamesTakeNoPlace() {
        under(TIER).boundedBy(1);
        calling("chat").admits(9).calling("a").admits(5);
        calling("chat").rejects(1, Duration.ofHours(1)).of(new Scope.Endpoint("chat"));
        calling("a").rejects(1, Duration.ofHours(1)).of(new Scope.Endpoint("a"));
        calling("b").admits(1);
        assertOverview("hours, chat: 9", "in all, others: 15", "hours, (further endpoints): 1", "hours, a: 5");
    }

    @Test
    void eachTableHasAnOverflowOfItsOwnAndAShadowStaysOne() {
        under(Tier.named("tier")
                        .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.perHour(9)))
                        .table(LimitTable.named("days")
                                .eachOtherEndpoint(RateLimit.perDay(3))
                                .asShadow())
                        .build())
                .boundedBy(1);
        calling("a").admits(1).calling("b").admits(2).calling("c").admits(1);
        assertThat(limiter.tryAcquire("acme", "d", calls(2)))
                .isEqualTo(limiter.tryAcquire("acme", "e", calls(2)))
                .extracting(Decision::isAdmitted)
                .isEqualTo(true);
        assertOverview("hours, (further endpoints): 7", "days, (further endpoints): 3", "hours, a: 1", "days, a: 1");
        assertThat(limiter.status("acme", "f"))
                .extracting(status -> status.applied().shadow())
                .containsExactly(false, true);
    }

    @Test
    void whatIsReservedThereIsAddedToAndGivenBackThere() {
        under(TIER).boundedBy(0);
        calling("a")
                .reserves(calls(2))
                .adds(calls(2))
                .refusesToAdd(calls(2), Duration.ofHours(1))
                .of(OVERFLOW);
        calling("b").used(4L, 4L).rejects(2, Duration.ofHours(1)).of(OVERFLOW);
        Reservation other = limiter.reserve("acme", "c", calls(1));
        settles(calls(1)).used(2L, 2L);
        continuing(other).cancels().used(1L, 1L);
        assertOverview("hours, chat: 0", "in all, others: 1", "hours, (further endpoints): 1");
    }

    @Test
    void oneThatIsReallyCalledSoSharesTheMetersToo() {
        under(TIER).boundedBy(1);
        calling("a").admits(1).calling("b").admits(2).calling(OVERFLOW.name()).admits(3);
        rejects(1, Duration.ofHours(1)).of(OVERFLOW);
        calling("c").rejects(1, Duration.ofHours(1)).of(OVERFLOW);
    }

    @Test
    void eachOrganizationHasPlacesOfItsOwn() {
        under(TIER).boundedBy(1);
        from("umbrella").calling("a").admits(1).calling("b").admits(1);
        from("acme").calling("b").admits(5).rejects(1, Duration.ofHours(1)).of(new Scope.Endpoint("b"));
        calling("a").admits(5).rejects(1, Duration.ofHours(1)).of(OVERFLOW);
        from("umbrella").calling("b").used(1L, 2L);
    }

    @Test
    void namesOfAnyLengthAreToldApartAndShownShort() {
        String one = "x".repeat(1 << 20) + "1";
        String other = "x".repeat(1 << 20) + "2";
        under(TIER).boundedBy(2);
        calling(one).admits(5).rejects(1, Duration.ofHours(1)).of(new Scope.Endpoint(one));
        calling(other).admits(3).used(3L, 8L);
        calling(one + "3").admits(1).rejects(5, Duration.ofHours(1)).of(OVERFLOW);
        assertThat(limiter.status("acme")).extracting(LimitStatus::used).containsExactlyInAnyOrder(0L, 9L, 5L, 3L, 1L);
        assertThat(limiter.status("acme"))
                .allSatisfy(status ->
                        assertThat(status.applied().scope().name().length()).isLessThanOrEqualTo(256));
    }

    /**
     * Each endpoint has room for a call when it is first called, and nothing is ever idle: when a backend takes up a
     * name differs.
     */
    @RepeatedTest(4)
    void everyAnswerIsTheReferences(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        int bound = random.nextInt(6);
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("hours")
                        .each(RateLimit.perHour(random.nextInt(9)), "named")
                        .eachOtherEndpoint(RateLimit.perHour(3 + random.nextInt(20))))
                .table(LimitTable.named("in all")
                        .eachOtherEndpoint(Quota.lifetime(Unit.TOKENS, 1 + random.nextInt(40))))
                .build();
        Caller[] callers = {Caller.of("acme", tier), Caller.of("umbrella", tier)};
        under(tier).boundedBy(bound);
        RateLimiter reference = new ReferenceRateLimiter(organization -> tier, time, bound);
        for (int step = 0; step < STEPS; step++) {
            Caller caller = callers[random.nextInt(2)];
            int number = random.nextInt(10);
            String endpoint = number == 0 ? "named" : "endpoint " + number;
            Usage usage = calls(1 + random.nextInt(3)).and(Unit.TOKENS, random.nextInt(2));
            String call = "step %d: bound %d, %s, %s, %s".formatted(step, bound, caller, endpoint, usage);
            if (random.nextBoolean()) {
                assertThat(limiter.tryAcquire(caller, endpoint, usage))
                        .as(call)
                        .isEqualTo(reference.tryAcquire(caller, endpoint, usage));
            } else {
                Reservation actual = limiter.reserve(caller, endpoint, usage);
                Reservation expected = reference.reserve(caller, endpoint, usage);
                assertThat(actual.decision()).as(call).isEqualTo(expected.decision());
                if (random.nextBoolean()) {
                    Usage used = calls(random.nextInt(5)).and(Unit.TOKENS, random.nextInt(3));
                    assertThat(actual.settle(used)).as(call).isEqualTo(expected.settle(used));
                }
            }
            answersAs(reference, caller, endpoint, usage, call);
            after(tick.multipliedBy(random.nextInt(50)));
        }
    }
}
