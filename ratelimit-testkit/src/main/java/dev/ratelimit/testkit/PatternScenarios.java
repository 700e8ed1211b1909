package dev.ratelimit.testkit;

import static dev.ratelimit.Scope.Endpoint.OVERFLOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.EndpointUnknown;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Rows that name endpoints by a pattern. */
abstract class PatternScenarios extends Scenarios {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final int STEPS = 300;

    PatternScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private static Tier tier(LimitTable... tables) {
        Tier tier = Tier.named("tier").build();
        for (LimitTable table : tables) {
            tier = tier.withTable(table);
        }
        return tier;
    }

    private static LimitTable table(String name) {
        return LimitTable.named(name);
    }

    /** What stands for the endpoints beyond the bound that some patterns match. */
    private static Scope furtherOf(String patterns) {
        return new Scope.Endpoint("(further endpoints of " + patterns + ")");
    }

    private void assertOverview(String... lines) {
        assertThat(limiter.status("acme"))
                .extracting(status -> status.applied().table() + ", "
                        + status.applied().scope().name() + ": " + status.used())
                .containsExactly(lines);
    }

    @Test
    void anExactNameGoesBeforeAPattern() {
        under(tier(table("calls").each(RateLimit.perHour(2), "chat/*").each(RateLimit.perHour(1), "chat/fast")));
        calling("chat/fast").admits(1).rejects(1, HOUR);
        calling("chat/x").admits(2).rejects(1, HOUR);
        calling("chat/y").admits(2).rejects(1, HOUR).of(new Scope.Endpoint("chat/y"));
    }

    @Test
    void aPatternOfMoreCharactersGoesBeforeOneOfFewer() {
        under(tier(table("calls").each(RateLimit.perHour(3), "a*").each(RateLimit.perHour(5), "*:free")));
        calling("a:free").admits(5).rejects(1, HOUR);
        calling("a").admits(3).rejects(1, HOUR);
        calling("b:free").admits(5).rejects(1, HOUR);
    }

    @Test
    void theStarMatchesAnyRunTheEmptyOneAndSlashesIncluded() {
        under(tier(table("calls")
                .each(RateLimit.perHour(1), "GET /v1/*/search")
                .otherEndpointsTogether("others", RateLimit.perHour(7))));
        calling("GET /v1//search").admits(1).rejects(1, HOUR);
        calling("GET /v1/a/b/search").admits(1).rejects(1, HOUR);
        calling("GET /v1/search").admits(7).rejects(1, HOUR);
    }

    @Test
    void othersAreWhatNoNameAndNoPatternMatches() {
        under(tier(table("calls")
                .each(RateLimit.perHour(1), "chat/*")
                .unlimited("internal/*")
                .eachOtherEndpoint(RateLimit.perHour(2))));
        calling("internal/a").admits(1_000_000, 1_000_000).used();
        calling("chat/a").admits(1).rejects(1, HOUR);
        calling("chat").admits(2).rejects(1, HOUR);
    }

    @Test
    void whatPatternsMatchTogetherSharesTheGroup() {
        under(tier(table("calls")
                .together("free models", RateLimit.perHour(3), "*:free", "gift")
                .otherEndpointsTogether("others", RateLimit.perHour(1))));
        calling("a:free").admits(1).calling("b:free").admits(1).calling("gift").admits(1);
        calling("c:free").rejects(1, HOUR).of(new Scope.Group("free models"));
        calling("d").admits(1).rejects(1, HOUR).of(new Scope.Group("others"));
        assertOverview("calls, free models: 3", "calls, others: 1");
    }

    @Test
    void severalPatternsOfARowLimitEachEndpointAlone() {
        under(tier(table("calls").each(RateLimit.perHour(2), "PUT *", "DELETE *")));
        calling("PUT /a").admits(2).rejects(1, HOUR);
        calling("DELETE /a").admits(2).rejects(1, HOUR);
        calling("GET /a").admits(1_000_000, 1_000_000);
    }

    @Test
    void namesThatPatternsMatchAreInTheOverviewAsLongAsTheyHaveUsedSomething() {
        under(tier(table("hours")
                .each(RateLimit.perHour(5), "chat/fast", "chat/*")
                .eachOtherEndpoint(RateLimit.perHour(9))));
        assertOverview("hours, chat/fast: 0");
        calling("chat/b").admits(2).calling("chat/a").admits(1).calling("embed").admits(3);
        assertOverview("hours, chat/fast: 0", "hours, chat/a: 1", "hours, chat/b: 2", "hours, embed: 3");
        assertThat(limiter.status("acme"))
                .filteredOn(status -> status.applied().scope().name().equals("chat/b"))
                .extracting(LimitStatus::applied)
                .containsExactly(AppliedLimit.of("hours", new Scope.Endpoint("chat/b"), RateLimit.perHour(5)));
        after(HOUR);
        assertOverview("hours, chat/fast: 0");
    }

    @Test
    void beyondTheBoundEachRowHasAnOverflowOfItsOwn() {
        under(tier(table("calls")
                        .each(RateLimit.perMinute(1), "chat/*")
                        .each(RateLimit.perMinute(2), "PUT *", "DELETE *")
                        .eachOtherEndpoint(RateLimit.perMinute(3))))
                .boundedBy(2);
        calling("chat/1")
                .admits(1)
                .calling("chat/2")
                .admits(1)
                .calling("chat/3")
                .admits(1);
        calling("chat/4").rejects(1, 60_000).of(furtherOf("chat/*"));
        calling("PUT a").admits(1).calling("DELETE b").admits(1);
        calling("PUT c").rejects(1, 60_000).of(furtherOf("DELETE *, PUT *"));
        calling("embed")
                .admits(2)
                .calling("rerank")
                .admits(1)
                .rejects(1, 60_000)
                .of(OVERFLOW);
        calling("chat/1").rejects(1, 60_000).of(new Scope.Endpoint("chat/1"));
        assertOverview(
                "calls, (further endpoints of DELETE *, PUT *): 2",
                "calls, (further endpoints of chat/*): 1",
                "calls, (further endpoints): 3",
                "calls, chat/1: 1",
                "calls, chat/2: 1");
    }

    @Test
    void beyondTheBoundLimitsAreStillThoseOfTheRealName() {
        under(tier(
                        table("calls").each(RateLimit.perHour(2), "chat/*").unlimited("chat/free/*"),
                        table("tokens").eachOtherEndpoint(Quota.lifetime(Unit.TOKENS, 9))))
                .boundedBy(0);
        Usage one = calls(1).and(Unit.TOKENS, 3);
        calling("chat/a")
                .admits(one)
                .calling("chat/b")
                .admits(one)
                .calling("chat/free/c")
                .admits(one);
        calling("chat/c").rejects(calls(1), HOUR).of(furtherOf("chat/*"));
        calling("chat/free/d").rejectsForGood(one).of(OVERFLOW);
        calling("chat/free/d").admits(1_000_000);
    }

    @Test
    void namesOfAGroupTakeNoPlace() {
        under(tier(table("calls")
                        .together("free models", RateLimit.perHour(1_000), "*:trial")
                        .each(RateLimit.perHour(1), "chat/*")))
                .boundedBy(1);
        for (int i = 0; i < 10; i++) {
            calling(i + ":trial").admits(1);
        }
        calling("chat/a").admits(1).rejects(1, HOUR).of(new Scope.Endpoint("chat/a"));
        calling("chat/b").admits(1).calling("chat/c").rejects(1, HOUR).of(furtherOf("chat/*"));
    }

    @Test
    void whatARowNamesExactlyTakesNoPlaceBesideAPattern() {
        under(tier(table("calls").each(RateLimit.perHour(1), "chat/*", "chat/fast")))
                .boundedBy(0);
        calling("chat/fast").admits(1).rejects(1, HOUR).of(new Scope.Endpoint("chat/fast"));
        calling("chat/a").admits(1).calling("chat/b").rejects(1, HOUR).of(furtherOf("chat/*"));
    }

    @Test
    void aLongNameFallsUnderThePatternThatMatchesAllOfIt() {
        under(tier(table("calls").each(RateLimit.perHour(1), "*:free").eachOtherEndpoint(RateLimit.perHour(2))));
        String name = "model".repeat(100) + ":free";
        calling(name).admits(1).rejects(1, HOUR).of(new Scope.Endpoint(name));
        calling(name + "!").admits(2).rejects(1, HOUR).of(new Scope.Endpoint(name + "!"));
    }

    @Test
    void aTierThatRefusesOtherEndpointsHasWhatItsPatternsMatch() {
        under(Tier.named("tier")
                .table(table("calls").each(RateLimit.perHour(1), "chat/*").unlimited("ping*"))
                .refuseOtherEndpoints()
                .build());
        calling("chat/a").admits(1).rejects(1, HOUR);
        calling("ping").admits(1).calling("ping me").admits(1);
        assertThat(limiter.tryAcquire("acme", "chat")).isEqualTo(Rejected.permanent(new EndpointUnknown("chat"), ""));
    }

    @Test
    void aLimitOfSingleCallsMayBeOfAPattern() {
        under(tier(table("largest").each(PerCallLimit.of(Unit.TOKENS, 9), "chat/*")))
                .boundedBy(0);
        calling("chat/a").admits(tokens(9), tokens(9)).rejectsForGood(tokens(10));
        calling("embed").admits(tokens(1_000));
    }

    @Test
    void whatIsSettledAndCancelledComesBackToTheMeterThatWasCharged() {
        under(tier(table("tokens").each(Quota.lifetime(Unit.TOKENS, 10), "chat/*")))
                .boundedBy(1);
        calling("chat/a").reserves(tokens(6)).settles(tokens(4)).used(4L);
        calling("chat/b").reserves(tokens(10)).used(10L).calling("chat/c").rejectsForGood(tokens(1));
        cancels().used(0L).admits(tokens(7)).calling("chat/b").used(7L);
        calling("chat/a").used(4L);
    }

    /** Each name's first call is admitted, so that all backends see at the same call that it takes a place. */
    @RepeatedTest(20)
    @Tag("histories")
    void inAnyHistoryTheAnswersAreTheReferences(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        int bound = random.nextInt(6);
        Tier tier = tier(
                table("hours")
                        .each(RateLimit.perHour(3 + random.nextInt(9)), "named", "chat/*")
                        .each(RateLimit.perHour(3 + random.nextInt(9)), "chat/a*", "*:trial")
                        .eachOtherEndpoint(RateLimit.perHour(3 + random.nextInt(9))),
                table("in all")
                        .together("group", Quota.lifetime(Unit.TOKENS, 1_000_000), "chat/*", "embed")
                        .each(Quota.lifetime(Unit.TOKENS, 2 + random.nextInt(20)), "*:trial")
                        .unlimited("other*"));
        Caller[] callers = {
            Caller.of("acme", tier), Caller.of("umbrella", tier), Caller.of("acme", tier.withoutTable("hours"))
        };
        List<String> endpoints = List.of(
                "named",
                "chat/",
                "chat/a",
                "chat/ab",
                "chat/b",
                "a:trial",
                "chat/c:trial",
                "chat/a:trial",
                "embed",
                "other",
                "other 2",
                "chat");
        under(tier).boundedBy(bound);
        RateLimiter reference = new ReferenceRateLimiter(organization -> tier, time, bound);
        for (int step = 0; step < STEPS; step++) {
            Caller caller = callers[random.nextInt(callers.length)];
            String endpoint = endpoints.get(random.nextInt(endpoints.size()));
            Usage usage = calls(1 + random.nextInt(3)).and(Unit.TOKENS, 1 + random.nextInt(2));
            String call = "step %d: bound %d, %s, %s, %s".formatted(step, bound, caller, endpoint, usage);
            Reservation actual = limiter.reserve(caller, endpoint, usage);
            Reservation expected = reference.reserve(caller, endpoint, usage);
            Decision decision = actual.decision();
            assertThat(decision).as(call).isEqualTo(expected.decision());
            if (random.nextBoolean()) {
                Usage used = calls(1 + random.nextInt(5)).and(Unit.TOKENS, 1 + random.nextInt(3));
                assertThat(actual.settle(used)).as(call).isEqualTo(expected.settle(used));
            }
            answersAs(reference, caller, endpoint, usage, call);
            after(tick.multipliedBy(random.nextInt(50)));
        }
    }
}
