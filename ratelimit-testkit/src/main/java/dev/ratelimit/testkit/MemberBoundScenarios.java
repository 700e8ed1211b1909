package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Member;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Members beyond the bound of their organization, which share meters; and names of any length. */
abstract class MemberBoundScenarios extends MemberNotation {

    MemberBoundScenarios(RateLimiterContract contract) {
        super(contract);
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
}
