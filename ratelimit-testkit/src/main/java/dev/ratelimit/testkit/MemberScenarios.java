package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.EndpointUnknown;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Recorded;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Members of an organization, whose limits decide together with the organization's. */
abstract class MemberScenarios extends MemberNotation {

    MemberScenarios(RateLimiterContract contract) {
        super(contract);
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
                .startsWith("A user may do less. Exceeded the limit of 1 call per hour");
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
