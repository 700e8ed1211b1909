package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ratelimit.Admitted;
import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.EndpointUnknown;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Member;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Members of an organization, whose limits decide together with the organization's. */
abstract class MemberScenarios extends Scenarios {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final int STEPS = 200;

    private static final Tier EACH_USER = Tier.named("each user")
            .table(LimitTable.named("calls per user").allTogether(RateLimit.perHour(3)))
            .build();
    private static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls").allTogether(RateLimit.perHour(5)))
            .member("user", EACH_USER)
            .build();

    MemberScenarios(RateLimiterContract contract) {
        super(contract);
    }

    private static Caller acme(Tier tier) {
        return Caller.of("acme", tier);
    }

    private static Caller user(String name) {
        return acme(TRIAL).member("user", name);
    }

    private void admits(Caller caller, long... calls) {
        for (long each : calls) {
            assertThat(limiter.tryAcquire(caller, "chat", calls(each)))
                    .as("%s at %s", caller, time)
                    .isEqualTo(Decision.admitted());
        }
    }

    /** Returns the cause of a refusal, which must tell a wait, or that there is none. */
    private AppliedLimit rejects(Caller caller, Usage usage, Optional<Duration> retryAfter) {
        Decision decision = limiter.tryAcquire(caller, "chat", usage);
        assertThat(decision).as("%s at %s", caller, time).isInstanceOf(Rejected.class);
        Rejected rejected = (Rejected) decision;
        assertThat(rejected.retryAfter()).isEqualTo(retryAfter);
        return ((LimitReached) rejected.cause()).applied();
    }

    private void rejects(Caller caller, Optional<Member> whose) {
        assertThat(rejects(caller, calls(1), Optional.of(HOUR)).member()).isEqualTo(whose);
    }

    private void used(Caller caller, Long... units) {
        assertThat(limiter.status(caller, "chat"))
                .as("%s at %s", caller, time)
                .extracting(LimitStatus::used)
                .containsExactly(units);
    }

    /** Begins anew, with a limiter that has meters for a number of members, and of endpoints that no table names. */
    private void boundedBy(int maxUnlistedEndpoints, int maxMembers) {
        limiter = contract.create(organization -> TRIAL, time, maxUnlistedEndpoints, maxMembers);
    }

    private static Optional<Member> of(String kind, String name) {
        return Optional.of(new Member(kind, name));
    }

    @Test
    void aCallIsDecidedByTheLimitsOfItsOrganizationAndOfItsMember() {
        admits(user("u1"), 1, 1, 1);
        rejects(user("u1"), of("user", "u1"));
        used(user("u1"), 3L, 3L);
        admits(user("u2"), 1, 1);
        rejects(user("u2"), Optional.empty());
        used(user("u2"), 5L, 2L);
        used(user("u1"), 5L, 3L);
        used(acme(TRIAL), 5L);
        after(HOUR);
        used(user("u1"), 0L, 0L);
        admits(user("u1"), 3);
    }

    @Test
    void aRefusalSaysWhoseLimitItIs() {
        admits(user("u1"), 3);
        Decision decision = limiter.tryAcquire(user("u1"), "chat");
        assertThat(((Rejected) decision).message())
                .isEqualTo("Exceeded the limit of 3 calls per hour for group \"calls per user\" of user \"u1\""
                        + " (calls per user)");
    }

    @Test
    void aMemberBelongsToItsOrganization() {
        admits(user("u1"), 3);
        admits(Caller.of("umbrella", TRIAL).member("user", "u1"), 3);
        rejects(Caller.of("umbrella", TRIAL).member("user", "u1"), of("user", "u1"));
    }

    @Test
    void whatAMemberUsesIsInTheAccountOfItsOrganizationsTier() {
        Caller elsewhere = acme(TRIAL.withAccount("other")).member("user", "u1");
        admits(user("u1"), 3);
        admits(elsewhere, 3);
        rejects(elsewhere, of("user", "u1"));
        used(elsewhere, 3L, 3L);
    }

    @Test
    void aMemberOfAKindThatNoTierSpeaksOfIsNotLimited() {
        Caller caller = acme(TRIAL).member("project", "p1");
        admits(caller, 5);
        rejects(caller, Optional.empty());
        used(caller, 5L);
        assertThat(limiter.status(caller)).isEqualTo(limiter.status(acme(TRIAL)));
    }

    @Test
    void aMemberMayHaveATierOfItsOwn() {
        Tier large = Tier.named("large")
                .table(LimitTable.named("calls per user").allTogether(RateLimit.perHour(4)))
                .build();
        admits(user("u1"), 3);
        rejects(user("u1"), of("user", "u1"));
        Caller larger = acme(TRIAL).member("user", "u1", large);
        admits(larger, 1);
        used(larger, 4L, 4L);
        rejects(user("u1"), of("user", "u1"));
    }

    @Test
    void membersOfSeveralKindsDecideTogether() {
        Tier project = Tier.named("project")
                .table(LimitTable.named("calls per project").allTogether(RateLimit.perHour(4)))
                .build();
        Caller first = user("u1").member("project", "p1", project);
        Caller second = acme(TRIAL).member("project", "p1", project).member("user", "u2");
        admits(first, 3);
        used(second, 3L, 3L, 0L);
        assertThat(rejects(second, calls(2), Optional.of(HOUR)).member()).isEqualTo(of("project", "p1"));
        admits(second, 1);
        assertThat(limiter.status(second))
                .extracting(status -> status.applied().member())
                .containsExactly(Optional.empty(), of("project", "p1"), of("user", "u2"));
        used(user("u2"), 4L, 1L);
    }

    @Test
    void ofLimitsThatRefuseEquallyLongTheOrganizationsIsNamed() {
        admits(user("u1"), 3);
        admits(user("u2"), 2);
        rejects(user("u1"), Optional.empty());
    }

    @Test
    void theLongestWaitIsToldWhoeverRefuses() {
        Caller caller = acme(tierOf(RateLimit.perMinute(1))).member("user", "u1", tierOf(RateLimit.perHour(1)));
        admits(caller, 1);
        assertThat(rejects(caller, calls(1), Optional.of(HOUR)).member()).isEqualTo(of("user", "u1"));
        after(Duration.ofMinutes(1));
        assertThat(rejects(caller, calls(1), Optional.of(Duration.ofMinutes(59)))
                        .member())
                .isEqualTo(of("user", "u1"));
        after(Duration.ofMinutes(59));
        admits(caller, 1);
    }

    @Test
    void theMessageIsThatOfTheTierWhoseLimitRefuses() {
        Tier each = Tier.named("each user")
                .message("A user may do less.")
                .table(LimitTable.named("calls per user").allTogether(RateLimit.perHour(1)))
                .build();
        Tier tier = Tier.named("trial")
                .message("Upgrade.")
                .table(LimitTable.named("calls").allTogether(RateLimit.perHour(2)))
                .member("user", each)
                .build();
        Caller caller = acme(tier).member("user", "u1");
        admits(caller, 1);
        assertThat(((Rejected) limiter.tryAcquire(caller, "chat")).message())
                .startsWith("A user may do less. Exceeded the limit of 1 calls per hour");
        admits(acme(tier), 1);
        assertThat(((Rejected) limiter.tryAcquire(acme(tier), "chat")).message())
                .startsWith("Upgrade. Exceeded");
    }

    @Test
    void eachPartysTierDecidesAboutUnknownEndpoints() {
        Tier each = Tier.named("each user")
                .message("Not for users.")
                .table(LimitTable.named("calls per user").each(RateLimit.perHour(3), "chat/*"))
                .refuseOtherEndpoints()
                .build();
        Tier tier = Tier.named("trial")
                .table(LimitTable.named("calls").allTogether(RateLimit.perHour(5)))
                .member("user", each)
                .build();
        Caller caller = acme(tier).member("user", "u1");
        Rejected unknown = Rejected.permanent(new EndpointUnknown("chat"), "Not for users.");
        assertThat(limiter.tryAcquire(caller, "chat")).isEqualTo(unknown);
        assertThat(limiter.peek(caller, "chat", calls(1))).isEqualTo(unknown);
        assertThat(limiter.reserve(caller, "chat", calls(1)).decision()).isEqualTo(unknown);
        assertThat(limiter.record(caller, "chat", calls(1))).isEqualTo(Recorded.notCharged(unknown));
        assertThat(limiter.status(acme(tier))).extracting(LimitStatus::used).containsExactly(0L);
        assertThat(limiter.tryAcquire(caller, "chat/a").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(acme(tier), "chat").isAdmitted()).isTrue();
    }

    @Test
    void aPeekAndAStatusChargeNobody() {
        assertThat(limiter.peek(user("u1"), "chat", calls(3)).isAdmitted()).isTrue();
        assertThat(limiter.peek(user("u1"), "chat", calls(4)).isAdmitted()).isFalse();
        used(user("u1"), 0L, 0L);
        admits(user("u1"), 3);
        assertThat(limiter.peek(user("u1"), "chat", calls(1)).isAdmitted()).isFalse();
        assertThat(limiter.peek(user("u2"), "chat", calls(1)).isAdmitted()).isTrue();
    }

    @Test
    void aReservationIsSettledForAllParties() {
        Tier each = tierOf(Quota.lifetime(Unit.TOKENS, 10));
        Caller caller = acme(tierOf(Quota.lifetime(Unit.TOKENS, 100))).member("user", "u1", each);
        Reservation settled = limiter.reserve(caller, "chat", tokens(8));
        used(caller, 8L, 8L);
        assertThat(limiter.reserve(caller, "chat", tokens(3)).decision().isAdmitted())
                .isFalse();
        assertThat(settled.settle(tokens(5))).isTrue();
        used(caller, 5L, 5L);
        Reservation cancelled = limiter.reserve(caller, "chat", tokens(5));
        used(caller, 10L, 10L);
        assertThat(cancelled.cancel()).isTrue();
        used(caller, 5L, 5L);
        Reservation streamed = limiter.reserve(caller, "chat", tokens(2));
        assertThat(streamed.use(tokens(4)).isAdmitted()).isTrue();
        used(caller, 9L, 9L);
        assertThat(streamed.use(tokens(2)).isAdmitted()).isFalse();
        assertThat(streamed.settle(tokens(7))).isTrue();
        used(caller, 12L, 12L);
    }

    @Test
    void whatIsInFlightOfAMemberComesBackWhenItEnds() {
        Tier each = tierOf(ConcurrencyLimit.of(1, Duration.ofMinutes(10)));
        Caller one =
                acme(tierOf(ConcurrencyLimit.of(2, Duration.ofMinutes(10)))).member("user", "u1", each);
        Caller other = acme(one.tier()).member("user", "u2", each);
        Reservation first = limiter.reserve(one, "chat", calls(1));
        assertThat(limiter.reserve(one, "chat", calls(1)).decision().isAdmitted())
                .isFalse();
        assertThat(limiter.reserve(other, "chat", calls(1)).decision().isAdmitted())
                .isTrue();
        assertThat(first.renew()).isTrue();
        assertThat(first.settle()).isTrue();
        used(one, 1L, 0L);
        assertThat(limiter.reserve(one, "chat", calls(1)).decision().isAdmitted())
                .isTrue();
    }

    @Test
    void whatIsRecordedIsChargedToAllParties() {
        admits(user("u1"), 2);
        Recorded recorded = limiter.record(user("u1"), "chat", calls(7));
        assertThat(recorded.isCharged()).isTrue();
        assertThat(recorded.answer().isAdmitted()).isFalse();
        used(user("u1"), 9L, 9L);
        used(user("u2"), 9L, 0L);
    }

    @Test
    void aReportTellsTheLimitsOfAllParties() {
        Decision decision = limiter.reporting().tryAcquire(user("u1"), "chat", calls(2));
        assertThat(decision.limits()).isEqualTo(limiter.status(user("u1"), "chat"));
        assertThat(decision.limits())
                .extracting(status -> status.applied().member() + " " + status.used())
                .containsExactly("Optional.empty 2", "Optional[user \"u1\"] 2");
        assertThat(limiter.reporting().peek(user("u2"), "chat", calls(9)).limits())
                .extracting(LimitStatus::used)
                .containsExactly(2L, 0L);
    }

    @Test
    void aShadowOfAMemberRefusesNothing() {
        Tier each = Tier.named("each user")
                .table(LimitTable.named("calls per user")
                        .allTogether(RateLimit.perHour(1))
                        .asShadow())
                .build();
        Caller caller = acme(tierOf(RateLimit.perHour(9))).member("user", "u1", each);
        admits(caller, 1);
        Decision decision = limiter.tryAcquire(caller, "chat");
        assertThat(decision).isInstanceOf(Admitted.class);
        assertThat(((Admitted) decision).shadowRejections())
                .singleElement()
                .extracting(Rejected::cause)
                .extracting(cause -> ((LimitReached) cause).applied().member())
                .isEqualTo(of("user", "u1"));
        used(caller, 2L, 1L);
    }

    @Test
    void aListenerHearsWhoseLimitIsNearlyUsedUp() {
        List<LimitStatus> near = new ArrayList<>();
        listenedBy(new RateLimitListener() {
            @Override
            public List<Double> nearLimitAt() {
                return List.of(0.8);
            }

            @Override
            public void onNearLimit(Caller caller, String endpoint, LimitStatus status) {
                assertThat(caller).isEqualTo(user("u1"));
                near.add(status);
            }
        });
        admits(user("u1"), 2, 1);
        assertThat(near)
                .singleElement()
                .returns(3L, LimitStatus::used)
                .returns(of("user", "u1"), status -> status.applied().member());
    }

    @Test
    void whatAMemberHasUsedIsCarriedOverToo() {
        Tier from = tierOf(Quota.perMonth(10)).withMember("user", tierOf(Quota.perMonth(5)));
        Tier to = tierOf(RateLimit.perHour(10)).withMember("user", tierOf(RateLimit.perHour(5)));
        Caller former = acme(from).member("user", "u1");
        Caller caller = acme(to).member("user", "u1");
        assumeTrue(contract.carryOver(limiter, caller, former), "the backend carries nothing over");
        admits(former, 3);
        admits(acme(from).member("user", "u2"), 1);
        contract.carryOver(limiter, caller, former);
        used(caller, 4L, 3L);
        used(acme(to).member("user", "u2"), 4L, 0L);
    }

    @Test
    void aBoundCallerKeepsItsMembers() {
        assertThat(limiter.bind(user("u1"), "chat").tryAcquire(calls(3)).isAdmitted())
                .isTrue();
        assertThat(limiter.bind(user("u1"), "chat").tryAcquire(calls(1)).isAdmitted())
                .isFalse();
        assertThat(limiter.bind(user("u1"), "chat").status()).isEqualTo(limiter.status(user("u1"), "chat"));
        assertThat(limiter.bind(user("u2"), "chat").peek(calls(1)).isAdmitted()).isTrue();
        assertThat(limiter.async()
                        .tryAcquire(user("u1"), "chat")
                        .toCompletableFuture()
                        .join()
                        .isAdmitted())
                .isFalse();
    }

    @Test
    void membersAreNamedInTheOverviewOfTheCallerThatNamesThem() {
        Tier each = Tier.named("each user")
                .table(LimitTable.named("calls per user")
                        .each(RateLimit.perHour(9), "chat", "chat/*")
                        .eachOtherEndpoint(RateLimit.perHour(8)))
                .build();
        Caller caller = acme(tierOf(RateLimit.perHour(50))).member("user", "u1", each);
        limiter.tryAcquire(caller, "chat/a", calls(2));
        limiter.tryAcquire(caller, "embed", calls(3));
        limiter.tryAcquire(acme(caller.tier()).member("user", "u2", each), "embed", calls(4));
        assertThat(limiter.status(caller))
                .extracting(status -> status.applied() + ": " + status.used())
                .containsExactly(
                        "50 calls per hour for endpoint \"chat/a\" (table 0): 2",
                        "50 calls per hour for endpoint \"embed\" (table 0): 7",
                        "9 calls per hour for endpoint \"chat\" of user \"u1\" (calls per user): 0",
                        "9 calls per hour for endpoint \"chat/a\" of user \"u1\" (calls per user): 2",
                        "8 calls per hour for endpoint \"embed\" of user \"u1\" (calls per user): 3");
    }

    @Test
    void beyondTheBoundMembersOfAKindShare() {
        Tier wide = TRIAL.withTable(LimitTable.named("calls").allTogether(RateLimit.perHour(50)));
        Optional<Member> further = Optional.of(Member.overflow("user"));
        boundedBy(100, 2);
        admits(acme(wide).member("user", "u1"), 1);
        admits(acme(wide).member("user", "u2"), 1);
        admits(acme(wide).member("user", "u3"), 1);
        admits(acme(wide).member("user", "u4"), 2);
        rejects(acme(wide).member("user", "u3"), further);
        rejects(acme(wide).member("user", "u4"), further);
        assertThat(limiter.status(acme(wide).member("user", "u3")))
                .extracting(status -> status.applied().member() + " " + status.used())
                .containsExactly("Optional.empty 5", "Optional[user \"(further members)\"] 3");
        admits(acme(wide).member("user", "u1"), 2);
        rejects(acme(wide).member("user", "u1"), of("user", "u1"));
        admits(Caller.of("umbrella", wide).member("user", "u3"), 3);
        rejects(Caller.of("umbrella", wide).member("user", "u3"), of("user", "u3"));
    }

    @Test
    void onceOneMemberSharesAllNewOnesOfItsKindDo() {
        Tier each = tierOf(RateLimit.perHour(3), Quota.lifetime(Unit.TOKENS, 9));
        Tier tier = tierOf(RateLimit.perHour(1_000));
        boundedBy(100, 1);
        Caller first = acme(tier).member("user", "u1", each);
        admits(first, 3);
        assertThat(rejects(first, calls(1), Optional.of(HOUR)).member()).isEqualTo(of("user", "u1"));
        Caller second = acme(tier).member("user", "u2", each);
        admits(second, 2);
        Caller third = acme(tier).member("user", "u3", each);
        assertThat(rejects(third, calls(2), Optional.of(HOUR)).member()).contains(Member.overflow("user"));
        admits(third, 1);
        Caller project = acme(tier).member("project", "u2", each);
        admits(project, 3);
        assertThat(rejects(project, calls(1), Optional.of(HOUR)).member()).contains(Member.overflow("project"));
        used(first, 9L, 3L, 0L);
    }

    @Test
    void aMemberThatIsOnlyAskedForTakesNoPlace() {
        boundedBy(100, 1);
        for (int i = 0; i < 5; i++) {
            limiter.peek(user("asked " + i), "chat", calls(1));
            limiter.status(user("asked " + i), "chat");
            limiter.status(user("asked " + i));
        }
        admits(user("u1"), 3);
        rejects(user("u1"), of("user", "u1"));
    }

    @Test
    void whereNoMemberHasMetersOfItsOwnAllShare() {
        boundedBy(100, 0);
        admits(user("u1"), 2);
        assertThat(rejects(user("u2"), calls(2), Optional.of(HOUR)).member()).contains(Member.overflow("user"));
        admits(user("u2"), 1);
        used(user("u3"), 3L, 3L);
    }

    @Test
    void eachMemberHasAsManyNamesOfEndpointsAsItsOrganization() {
        Tier each = Tier.named("each user")
                .table(LimitTable.named("calls per user").each(RateLimit.perHour(1), "chat/*"))
                .build();
        Tier tier = Tier.named("trial").build();
        boundedBy(1, 100);
        for (String user : List.of("u1", "u2")) {
            Caller caller = acme(tier).member("user", user, each);
            for (String endpoint : List.of("chat/1", "chat/2")) {
                assertThat(limiter.tryAcquire(caller, endpoint).isAdmitted()).isTrue();
            }
            Decision decision = limiter.tryAcquire(caller, "chat/3");
            assertThat(((LimitReached) ((Rejected) decision).cause()).applied())
                    .returns(new Scope.Endpoint("(further endpoints of chat/*)"), AppliedLimit::scope)
                    .returns(of("user", user), AppliedLimit::member);
        }
    }

    @Test
    void aLongNameOfAMemberIsOneOfItsOwn() {
        String name = "u".repeat(1_000);
        admits(user(name + "1"), 3);
        admits(user(name + "2"), 2);
        used(user(name + "1"), 5L, 3L);
        used(user(name + "2"), 5L, 2L);
    }

    private static Tier randomTier(Random random, String table) {
        return Tier.named("random")
                .table(LimitTable.named(table)
                        .each(RateLimit.of(Unit.CALLS, random.nextInt(8), Duration.ofMillis(20)), "chat")
                        .together("talk", Quota.perDay(random.nextInt(40)), "embed", "re*")
                        .eachOtherEndpoint(TokenBucket.of(Unit.CALLS, 3, Duration.ofMillis(21))))
                .table(LimitTable.named("tokens")
                        .eachOtherEndpoint(RateLimit.of(Unit.TOKENS, random.nextInt(12), Duration.ofMinutes(1))))
                .table(
                        random.nextBoolean()
                                ? LimitTable.named("in flight")
                                        .allTogether(ConcurrencyLimit.of(4, Duration.ofMillis(50)))
                                : LimitTable.named("quota")
                                        .allTogether(Quota.lifetime(Unit.TOKENS, random.nextInt(100)))
                                        .asShadow())
                .build();
    }

    private static Caller randomCaller(Random random, List<Tier> organizations, List<Tier> members) {
        Caller caller = Caller.of(random.nextBoolean() ? "acme" : "umbrella", oneOf(random, organizations));
        for (String kind : List.of("user", "project")) {
            String name = kind + random.nextInt(3);
            switch (random.nextInt(3)) {
                case 0 -> caller = caller.member(kind, name);
                case 1 -> caller = caller.member(kind, name, oneOf(random, members));
                default -> {}
            }
        }
        return caller;
    }

    private static <T> T oneOf(Random random, List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    /** Idle members are dropped meanwhile, which must not show. */
    @RepeatedTest(20)
    @Tag("histories")
    void inAnyHistoryTheAnswersAreTheReferences(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        List<Tier> members = List.of(randomTier(random, "of members"), randomTier(random, "of members"));
        List<Tier> organizations = List.of(
                randomTier(random, "calls").withMember("user", members.get(0)),
                randomTier(random, "calls").withAccount("other").withMember("project", members.get(1)));
        RateLimiter reference = new ReferenceRateLimiter(organization -> organizations.get(0), time);
        List<Reservation[]> open = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            Caller caller = randomCaller(random, organizations, members);
            String endpoint = oneOf(random, List.of("chat", "embed", "rerank", "classify"));
            Usage usage = calls(random.nextInt(3)).and(Unit.TOKENS, random.nextInt(4));
            String call = "step %d: %s, %s, %s at %s".formatted(step, caller, endpoint, usage, time);
            assertThat(limiter.peek(caller, endpoint, usage))
                    .as(call)
                    .isEqualTo(reference.peek(caller, endpoint, usage));
            boolean reports = random.nextBoolean();
            RateLimiter asked = reports ? limiter.reporting() : limiter;
            RateLimiter judge = reports ? reference.reporting() : reference;
            switch (random.nextInt(4)) {
                case 0 ->
                    assertThat(asked.record(caller, endpoint, usage))
                            .as(call)
                            .isEqualTo(judge.record(caller, endpoint, usage));
                case 1 -> {
                    Reservation[] both = {asked.reserve(caller, endpoint, usage), judge.reserve(caller, endpoint, usage)
                    };
                    assertThat(both[0].decision()).as(call).isEqualTo(both[1].decision());
                    open.add(both);
                }
                default ->
                    assertThat(asked.tryAcquire(caller, endpoint, usage))
                            .as(call)
                            .isEqualTo(judge.tryAcquire(caller, endpoint, usage));
            }
            if (!open.isEmpty() && random.nextInt(3) == 0) {
                Reservation[] both = open.remove(random.nextInt(open.size()));
                Usage used = calls(random.nextInt(4)).and(Unit.TOKENS, random.nextInt(6));
                boolean cancels = random.nextInt(3) == 0;
                assertThat(cancels ? both[0].cancel() : both[0].settle(used))
                        .as(call)
                        .isEqualTo(cancels ? both[1].cancel() : both[1].settle(used));
            }
            assertThat(limiter.status(caller, endpoint)).as(call).isEqualTo(reference.status(caller, endpoint));
            assertThat(limiter.status(caller)).as(call).isEqualTo(reference.status(caller));
            after(pause(random));
            if (random.nextInt(20) == 0 && open.isEmpty()) {
                limiter = contract.restart(limiter);
            }
        }
    }

    private Duration pause(Random random) {
        return switch (random.nextInt(10)) {
            case 0 -> Duration.ofMillis(random.nextInt(100));
            case 1 -> Duration.ofMillis(random.nextInt(40_000));
            case 2 -> Duration.ofHours(random.nextInt(30));
            default -> tick.multipliedBy(random.nextInt(20));
        };
    }

    /** Each member's first call is admitted and stays, so that all backends see at the same call who has a place. */
    @RepeatedTest(20)
    @Tag("histories")
    void inAnyHistoryTheSameMembersShare(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        int bound = random.nextInt(4);
        Tier each = Tier.named("each")
                .table(LimitTable.named("hours").allTogether(RateLimit.perHour(3 + random.nextInt(9))))
                .table(LimitTable.named("in all").allTogether(Quota.lifetime(Unit.TOKENS, 3 + random.nextInt(40))))
                .build();
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("all").allTogether(RateLimit.perHour(1_000)))
                .member("user", each)
                .member("project", each)
                .build();
        boundedBy(100, bound);
        RateLimiter reference = new ReferenceRateLimiter(organization -> tier, time, 100, bound);
        Set<Caller> met = new HashSet<>();
        for (int step = 0; step < STEPS; step++) {
            Caller caller = Caller.of(random.nextBoolean() ? "acme" : "umbrella", tier);
            // One new member at a time: of two that refuse, one could have its place without the other.
            caller = random.nextBoolean()
                    ? caller.member("user", "u" + random.nextInt(4))
                    : caller.member("project", "p" + random.nextInt(4));
            Usage usage = calls(1 + random.nextInt(3)).and(Unit.TOKENS, 1 + random.nextInt(2));
            String call = "step %d: bound %d, %s, %s".formatted(step, bound, caller, usage);
            Reservation actual = limiter.reserve(caller, "chat", usage);
            Reservation expected = reference.reserve(caller, "chat", usage);
            assertThat(actual.decision()).as(call).isEqualTo(expected.decision());
            boolean isFirst = met.add(caller);
            if (!isFirst && random.nextInt(4) == 0) {
                assertThat(actual.cancel()).as(call).isEqualTo(expected.cancel());
            } else if (random.nextInt(3) == 0) {
                Usage used = calls(1 + random.nextInt(4)).and(Unit.TOKENS, 1 + random.nextInt(3));
                assertThat(actual.settle(used)).as(call).isEqualTo(expected.settle(used));
            }
            assertThat(limiter.peek(caller, "chat", usage)).as(call).isEqualTo(reference.peek(caller, "chat", usage));
            assertThat(limiter.status(caller, "chat")).as(call).isEqualTo(reference.status(caller, "chat"));
            assertThat(limiter.status(caller)).as(call).isEqualTo(reference.status(caller));
            after(tick.multipliedBy(random.nextInt(50)));
        }
    }

    @Test
    @Tag("threads")
    void whateverThreadsDoNoPartyGetsMoreThanItsAmount() throws Exception {
        Tier each = Tier.named("each user")
                .table(LimitTable.named("calls per user").allTogether(Quota.lifetime(Unit.CALLS, 60)))
                .build();
        Tier tier = Tier.named("trial")
                .table(LimitTable.named("calls").allTogether(Quota.lifetime(Unit.CALLS, 150)))
                .member("user", each)
                .build();
        RateLimiter real = contract.create(organization -> tier, TimeSource.system());
        Race.of(4, thread -> {
            Random random = new Random(thread);
            int admitted = 0;
            for (int call = 0; call < 200; call++) {
                Caller caller = acme(tier).member("user", "u" + random.nextInt(4));
                admitted += real.tryAcquire(caller, "chat").isAdmitted() ? 1 : 0;
            }
            return admitted;
        });
        long sum = 0;
        for (int user = 0; user < 4; user++) {
            long used = real.status(acme(tier).member("user", "u" + user), "chat")
                    .get(1)
                    .used();
            assertThat(used).isBetween(0L, 60L);
            sum += used;
        }
        assertThat(real.status(acme(tier), "chat").get(0).used()).isEqualTo(sum).isEqualTo(150L);
    }
}
