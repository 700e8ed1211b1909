package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Member;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.Optional;

/** What scenarios of members have in common: users of the organization "acme", and what each may use. */
abstract class MemberNotation extends Scenarios {

    static final Duration HOUR = Duration.ofHours(1);

    static final Tier EACH_USER = Tier.named("each user")
            .table(LimitTable.named("calls per user").allTogether(RateLimit.perHour(3)))
            .build();
    static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls").allTogether(RateLimit.perHour(5)))
            .member("user", EACH_USER)
            .build();

    MemberNotation(RateLimiterContract contract) {
        super(contract);
    }

    static Caller acme(Tier tier) {
        return Caller.of("acme", tier);
    }

    static Caller user(String name) {
        return acme(TRIAL).member("user", name);
    }

    void admits(Caller caller, long... calls) {
        for (long each : calls) {
            assertThat(limiter.tryAcquire(caller, "chat", calls(each)))
                    .as("%s at %s", caller, time)
                    .isEqualTo(Decision.admitted());
        }
    }

    /** Returns the cause of a refusal, which must tell a wait, or that there is none. */
    AppliedLimit rejects(Caller caller, Usage usage, Optional<Duration> retryAfter) {
        Decision decision = limiter.tryAcquire(caller, "chat", usage);
        assertThat(decision).as("%s at %s", caller, time).isInstanceOf(Rejected.class);
        Rejected rejected = (Rejected) decision;
        assertThat(rejected.retryAfter()).isEqualTo(retryAfter);
        return ((LimitReached) rejected.cause()).applied();
    }

    void rejects(Caller caller, Optional<Member> whose) {
        assertThat(rejects(caller, calls(1), Optional.of(HOUR)).member()).isEqualTo(whose);
    }

    void used(Caller caller, Long... units) {
        assertThat(limiter.status(caller, "chat"))
                .as("%s at %s", caller, time)
                .extracting(LimitStatus::used)
                .containsExactly(units);
    }

    /** Begins anew, with a limiter that has meters for a number of members, and of endpoints that no table names. */
    void boundedBy(int maxUnlistedEndpoints, int maxMembers) {
        limiter = contract.create(LimiterSettings.of(organization -> TRIAL, time)
                .withMaxUnlistedEndpoints(maxUnlistedEndpoints)
                .withMaxMembers(maxMembers));
    }

    static Optional<Member> of(String kind, String name) {
        return Optional.of(new Member(kind, name));
    }
}
