package dev.ratelimit.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Cause;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.CapacityPolicy;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.testkit.ManualTime;
import org.junit.jupiter.api.Test;

/** What is counted of decisions, rejections, units and reservations. */
class RateLimitMetricsTest extends CountedLimiterTest {

    @Test
    void decisionsCountByTierAndOutcome() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        for (int i = 0; i < 3; i++) {
            limiter.tryAcquire("acme", "chat");
        }
        limiter.reserve("acme", "embed", Usage.of(Unit.TOKENS, 1));
        limiter.record("acme", "chat", Usage.call());
        limiter.peek("acme", "chat", Usage.call());
        limiter.tryAcquire(Caller.of("acme", Tier.named("unlimited").build()), "chat");

        assertThat(count("ratelimit.decisions", "tier", "trial", "outcome", "admitted"))
                .isEqualTo(3);
        assertThat(count("ratelimit.decisions", "tier", "trial", "outcome", "rejected"))
                .isEqualTo(1);
        assertThat(count("ratelimit.decisions", "tier", "trial", "outcome", "recorded"))
                .isEqualTo(1);
        assertThat(count("ratelimit.decisions", "tier", "unlimited", "outcome", "admitted"))
                .isEqualTo(1);
        assertThat(count("ratelimit.decisions", "tier", "unlimited", "outcome", "rejected"))
                .isZero();
    }

    @Test
    void rejectionsCountByTheLimitThatRefuses() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        for (int i = 0; i < 4; i++) {
            limiter.tryAcquire("acme", "chat");
        }
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 501));
        limiter.tryAcquire("globex", "embed", Usage.of(Unit.TOKENS, 500).and(Unit.CALLS, 0));
        limiter.tryAcquire("globex", "embed", Usage.of(Unit.TOKENS, 500).and(Unit.CALLS, 0));
        limiter.tryAcquire("globex", "embed", Usage.of(Unit.TOKENS, 1).and(Unit.CALLS, 0));

        assertThat(rejections("calls per minute", "chat", "limit-reached")).isEqualTo(2);
        assertThat(rejections("tokens per call", "chat", "larger-than-limit")).isEqualTo(1);
        assertThat(rejections("tokens per month", "[models]", "limit-reached")).isEqualTo(1);
    }

    /** Callers make such names up. */
    @Test
    void anEndpointThatTheTierDoesNotNameIsNotNamed() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        for (int i = 0; i < 20; i++) {
            limiter.tryAcquire("acme", "secret " + i % 10);
        }

        assertThat(rejections("calls per minute", "each other endpoint", "limit-reached"))
                .isEqualTo(10);
        assertThat(valuesOf(registry)).noneMatch(value -> value.contains("secret") || value.contains("acme"));
    }

    @Test
    void anEndpointThatAPatternMatchesIsCalledByThePattern() {
        Tier tier = Tier.named("trial")
                .table(LimitTable.named("t").each(Quota.perDay(0), "models/*").together("g", Quota.perDay(0), "*:free"))
                .build();
        Caller caller = Caller.of("acme", tier);
        reject(caller, tier.limitsFor("models/secret").get(0));
        reject(caller, tier.overflowFor("models/secret").get(0));
        reject(caller, tier.limitsFor("secret:free").get(0));

        assertThat(rejections("t", "models/*", "limit-reached")).isEqualTo(2);
        assertThat(rejections("t", "[g]", "limit-reached")).isEqualTo(1);
        assertThat(valuesOf(registry)).noneMatch(value -> value.contains("secret"));
    }

    @Test
    void aLimitOfAMemberIsCalledByTheKindOfTheMember() {
        Tier ofUsers = Tier.named("each user")
                .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(Unit.CHARACTERS, 1), "chat"))
                .build();
        Caller caller = Caller.of("acme", TRIAL.withMember("user", ofUsers)).member("user", "secret");
        reject(caller, ofUsers.limitsFor("chat").get(0).of(caller.members().get(0)));
        reject(caller, TRIAL.limitsFor("chat").get(0));
        metrics.onAdmitted(caller, "chat", Usage.characters("hello"));

        assertThat(rejections("user", "calls per minute", "chat", "limit-reached"))
                .isEqualTo(1);
        assertThat(rejections("none", "calls per minute", "chat", "limit-reached"))
                .isEqualTo(1);
        assertThat(units("characters", "charged")).isEqualTo(5);
        assertThat(valuesOf(registry)).noneMatch(value -> value.contains("secret"));
    }

    private void reject(Caller caller, AppliedLimit applied) {
        metrics.onRejected(caller, "chat", Usage.call(), Rejected.temporary(new LimitReached(applied), "", 1));
    }

    @Test
    void unitsCountWhatWasChargedAndGivenBack() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        reserve(limiter, 100).settle(Usage.of(Unit.TOKENS, 30));
        reserve(limiter, 100).settle(Usage.of(Unit.TOKENS, 150).and(Unit.CALLS, 0));
        reserve(limiter, 50).cancel();
        limiter.record("globex", "chat", Usage.of(Unit.TOKENS, 7));

        assertThat(units("tokens", "charged")).isEqualTo(257);
        assertThat(units("tokens", "settled")).isEqualTo(50);
        assertThat(units("tokens", "refunded")).isEqualTo(120);
        assertThat(units("calls", "charged")).isEqualTo(4);
        assertThat(units("calls", "refunded")).isEqualTo(2);
        assertThat(count("ratelimit.reservations.ended", "tier", "trial", "outcome", "settled"))
                .isEqualTo(2);
        assertThat(count("ratelimit.reservations.ended", "tier", "trial", "outcome", "cancelled"))
                .isEqualTo(1);
    }

    private static Reservation reserve(InMemoryRateLimiter limiter, long tokens) {
        return limiter.reserve("org " + tokens, "chat", Usage.of(Unit.TOKENS, tokens));
    }

    @Test
    void reservationsAreOpenUntilTheyEnd() {
        InMemoryRateLimiter limiter = limiter(TRIAL);
        Reservation settled = reserve(limiter, 100);
        Reservation cancelled = reserve(limiter, 101);
        reserve(limiter, 102);
        limiter.tryAcquire("acme", "chat");
        assertThat(reserve(limiter, 1_000).decision().isAdmitted()).isFalse();
        assertThat(open()).isEqualTo(3);
        settled.settle();
        settled.settle();
        cancelled.cancel();
        assertThat(open()).isEqualTo(1);
    }

    private double open() {
        return registry.get("ratelimit.reservations.open")
                .tag("tier", "trial")
                .gauge()
                .value();
    }

    @Test
    void whatShadowsWouldRejectCountsByTheirTable() {
        Tier tier = Tier.named("trial")
                .table(LimitTable.named("planned")
                        .eachOtherEndpoint(RateLimit.perMinute(1))
                        .asShadow())
                .build();
        InMemoryRateLimiter limiter = limiter(tier);
        for (int i = 0; i < 3; i++) {
            limiter.tryAcquire("acme", "chat");
        }

        assertThat(count("ratelimit.shadow.rejections", "tier", "trial", "member", "none", "table", "planned"))
                .isEqualTo(2);
        assertThat(count("ratelimit.decisions", "tier", "trial", "outcome", "admitted"))
                .isEqualTo(3);
    }

    @Test
    void aRejectionThatNoLimitMadeCountsByItsCause() {
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tier(TRIAL)
                .listener(metrics)
                .maxOrganizations(1, CapacityPolicy.REFUSE)
                .timeSource(new ManualTime())
                .build();
        limiter.tryAcquire("acme", "chat");
        limiter.tryAcquire("globex", "chat");
        metrics.onRejected(
                Caller.of("acme", TRIAL), "chat", Usage.call(), Rejected.temporary(new StoreUnavailable(), "", 1));
        Cause anonymous = new Cause() {
            @Override
            public String message() {
                return "acme";
            }

            @Override
            public int suggestedStatus() {
                return 429;
            }
        };
        metrics.onRejected(Caller.of("acme", TRIAL), "chat", Usage.call(), Rejected.permanent(anonymous, ""));

        assertThat(rejections("none", "none", "capacity-reached")).isEqualTo(1);
        assertThat(rejections("none", "none", "store-unavailable")).isEqualTo(1);
        assertThat(rejections("none", "none", "other")).isEqualTo(1);
        assertThat(count("ratelimit.decisions", "tier", "trial", "outcome", "rejected"))
                .isEqualTo(3);
    }

    private double units(String unit, String kind) {
        return count("ratelimit.units", "tier", "trial", "unit", unit, "kind", kind);
    }

    private double rejections(String table, String scope, String cause) {
        return rejections("none", table, scope, cause);
    }

    private double rejections(String member, String table, String scope, String cause) {
        return count(
                "ratelimit.rejections",
                "tier",
                "trial",
                "member",
                member,
                "table",
                table,
                "scope",
                scope,
                "cause",
                cause);
    }
}
