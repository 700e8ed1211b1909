package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What the limiter says: statuses, previews, messages and exceptions. */
abstract class AnswerScenarios extends Scenarios {

    AnswerScenarios(RateLimiterContract contract) {
        super(contract);
    }

    @Test
    void aStatusTellsWhatIsUsedAndWhenAllOfItIsGone() {
        RateLimit minute = RateLimit.perMinute(5);
        limits(minute);
        assertStatus(minute, 0, 5, Optional.of(Duration.ZERO));
        at(0).admits(2);
        at(10_000).admits(1);
        assertStatus(minute, 3, 2, Optional.of(Duration.ofSeconds(60)));
        at(20_000).admits(0);
        assertStatus(minute, 3, 2, Optional.of(Duration.ofSeconds(50)));
        at(60_000);
        assertStatus(minute, 1, 4, Optional.of(Duration.ofSeconds(10)));
        at(69_999);
        assertStatus(minute, 1, 4, Optional.of(Duration.ofMillis(1)));
        at(70_000);
        assertStatus(minute, 0, 5, Optional.of(Duration.ZERO));
    }

    @Test
    void theStatusOfAQuotaResetsWhenItsPeriodEnds() {
        Quota month = Quota.perMonth(5);
        limits(month);
        assertStatus(month, 0, 5, Optional.of(Duration.ZERO));
        after(Duration.ofDays(30)).admits(2);
        assertStatus(month, 2, 3, Optional.of(Duration.ofDays(1)));
        after(Duration.ofDays(1));
        assertStatus(month, 0, 5, Optional.of(Duration.ZERO));
    }

    @Test
    void theStatusOfALifetimeQuotaNeverResets() {
        Quota lifetime = Quota.lifetime(Unit.CALLS, 5);
        limits(lifetime);
        assertStatus(lifetime, 0, 5, Optional.of(Duration.ZERO));
        admits(5);
        assertStatus(lifetime, 5, 0, Optional.empty());
    }

    private void assertStatus(Limit limit, long used, long remaining, Optional<Duration> resetAfter) {
        AppliedLimit applied = AppliedLimit.of("table 0", new Scope.Endpoint("chat"), limit);
        assertThat(limiter.status("acme", "chat"))
                .containsExactly(LimitStatus.of(applied, used, 0, resetAfter))
                .extracting(LimitStatus::remaining)
                .containsExactly(remaining);
    }

    @Test
    void peekAnswersWhatTryAcquireWouldAndChargesNothing() {
        limits(RateLimit.perMinute(3), Quota.perMonth(Unit.TOKENS, 100));
        for (Usage usage : List.of(calls(2), calls(3), calls(4), tokens(100), tokens(101))) {
            begin();
            admits(1);
            Decision preview = limiter.peek("acme", "chat", usage);
            used(1L, 0L);
            assertThat(limiter.tryAcquire("acme", "chat", usage)).isEqualTo(preview);
        }
    }

    @Test
    void aTierThatTheCallerBringsIsAnsweredForLikeTheOrganizationsOwn() {
        Tier tier = tierOf(RateLimit.perMinute(1));
        Caller caller = Caller.of("acme", tier);
        under(tier).admits(1);
        assertThat(limiter.peek(caller, "chat", Usage.call())).isEqualTo(limiter.peek("acme", "chat", Usage.call()));
        assertThat(limiter.status(caller, "chat")).isEqualTo(limiter.status("acme", "chat"));
        assertThat(limiter.tryAcquire(caller, "chat", Usage.call())).isEqualTo(limiter.tryAcquire("acme", "chat"));
    }

    @Test
    void askingAboutAnUnknownOrganizationChangesNothing() {
        limits(RateLimit.perMinute(1));
        assertThat(limiter.peek("acme", "chat", Usage.call())).isEqualTo(Decision.admitted());
        used(0L).admits(1).rejects(1, 60_000);
    }

    @Test
    void aRejectionGivesTheTiersMessageAndThenTheLimitAndItsSpan() {
        under(Tier.named("trial")
                .message("Trial keys are throttled.")
                .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(20), "chat"))
                .build());
        admits(20);
        assertThat(rejected(Usage.call()).message())
                .isEqualTo("Trial keys are throttled."
                        + " Exceeded the limit of 20 calls per minute for endpoint \"chat\" (calls per minute)");
    }

    @Test
    void aTierWithoutAMessageLeavesItToTheCause() {
        limits(RateLimit.perMinute(0));
        Rejected rejected = rejected(Usage.call());
        assertThat(rejected.message()).isEqualTo(rejected.cause().message());
    }

    @Test
    void theCauseIsTheLimitAsItApplies() {
        RateLimit limit = RateLimit.perMinute(0);
        under(Tier.named("trial")
                .table(LimitTable.named("calls").together("chat and embed", limit, "chat", "embed"))
                .build());
        assertThat(rejected(Usage.call()).cause())
                .isEqualTo(new LimitReached(AppliedLimit.of("calls", new Scope.Group("chat and embed"), limit)));
    }

    @Test
    void theSuggestedStatusIsPaymentRequiredForAQuotaOfMoneyOnly() {
        limits(Quota.perMonth(Unit.NANO_USD, 0));
        assertThat(rejected(Usage.of(Unit.NANO_USD, 1)).suggestedStatus()).isEqualTo(402);
        limits(Quota.perMonth(0));
        assertThat(rejected(Usage.call()).suggestedStatus()).isEqualTo(429);
        limits(RateLimit.of(Unit.NANO_USD, 0, Duration.ofDays(1)));
        assertThat(rejected(Usage.of(Unit.NANO_USD, 1)).suggestedStatus()).isEqualTo(429);
    }

    private Rejected rejected(Usage usage) {
        return (Rejected) limiter.tryAcquire("acme", "chat", usage);
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedByName() {
        limiter = contract.create(Map.of("acme", tierOf())::get, time); // the resolver must not be asked about null
        Caller caller = Caller.of("acme", tierOf());
        Usage usage = Usage.call();
        refusesNull("organization", () -> limiter.tryAcquire((String) null, "chat"));
        refusesNull("organization", () -> limiter.tryAcquire((String) null, "chat", usage));
        refusesNull("organization", () -> limiter.peek((String) null, "chat", usage));
        refusesNull("organization", () -> limiter.status((String) null, "chat"));
        refusesNull("organization", () -> limiter.status((String) null));
        refusesNull("caller", () -> limiter.status((Caller) null));
        refusesNull("caller", () -> limiter.tryAcquire((Caller) null, "chat", usage));
        refusesNull("caller", () -> limiter.peek((Caller) null, "chat", usage));
        refusesNull("caller", () -> limiter.status((Caller) null, "chat"));
        refusesNull("endpoint", () -> limiter.tryAcquire("acme", null));
        refusesNull("endpoint", () -> limiter.tryAcquire("acme", null, usage));
        refusesNull("endpoint", () -> limiter.tryAcquire(caller, null, usage));
        refusesNull("endpoint", () -> limiter.peek("acme", null, usage));
        refusesNull("endpoint", () -> limiter.peek(caller, null, usage));
        refusesNull("endpoint", () -> limiter.status("acme", null));
        refusesNull("endpoint", () -> limiter.status(caller, null));
        refusesNull("usage", () -> limiter.tryAcquire("acme", "chat", null));
        refusesNull("usage", () -> limiter.tryAcquire(caller, "chat", null));
        refusesNull("usage", () -> limiter.peek("acme", "chat", null));
        refusesNull("usage", () -> limiter.peek(caller, "chat", null));
    }

    private static void refusesNull(String parameter, ThrowingCallable call) {
        assertThatNullPointerException().isThrownBy(call).withMessage(parameter);
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void anOrganizationWithoutATierIsAnIllegalState() {
        RateLimiter tierless = contract.create(organization -> null, time);
        refusesTier(() -> tierless.tryAcquire("acme", "chat"));
        refusesTier(() -> tierless.tryAcquire("acme", "chat", Usage.call()));
        refusesTier(() -> tierless.peek("acme", "chat", Usage.call()));
        refusesTier(() -> tierless.status("acme", "chat"));
        assertThat(tierless.tryAcquire(Caller.of("acme", tierOf()), "chat", Usage.call())
                        .isAdmitted())
                .isTrue();
    }

    private static void refusesTier(ThrowingCallable call) {
        assertThatIllegalStateException().isThrownBy(call).withMessageContaining("acme");
    }
}
