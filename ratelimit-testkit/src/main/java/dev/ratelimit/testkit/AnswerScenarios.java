package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.AsyncRateLimiter;
import dev.ratelimit.BoundLimiter;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.KeyUnknown;
import dev.ratelimit.Limit;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
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
        List<LimitStatus> statuses = limiter.status("acme", "chat");
        assertThat(statuses).hasSize(1);
        assertThat(statuses.get(0))
                .returns(applied, LimitStatus::applied)
                .returns(used, LimitStatus::used)
                .returns(0L, LimitStatus::granted)
                .returns(remaining, LimitStatus::remaining)
                .returns(resetAfter, LimitStatus::resetAfter);
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
    void aRefusedKeyIsAnsweredWithItsRefusalAndChargesNothing() {
        limits(RateLimit.perMinute(1));
        Rejected refusal = Rejected.permanent(new KeyUnknown(), "");
        Reservation reservation = limiter.reserve(refusal, "chat", Usage.call());
        assertThat(reservation.decision()).isSameAs(refusal);
        assertThat(reservation.settle(Usage.call())).isFalse();
        assertThat(limiter.tryAcquire(refusal, "chat")).isSameAs(refusal);
        assertThat(limiter.peek(refusal, "chat", Usage.call())).isSameAs(refusal);
        assertThat(limiter.status(refusal, "chat")).isEmpty();
        assertThat(limiter.status(refusal)).isEmpty();
        assertThat(limiter.bind(refusal, "chat").tryAcquire()).isSameAs(refusal);
        AsyncRateLimiter async = limiter.async();
        assertThat(join(async.reserve(refusal, "chat", Usage.call())).decision())
                .isSameAs(refusal);
        assertThat(join(async.tryAcquire(refusal, "chat"))).isSameAs(refusal);
        assertThat(join(async.peek(refusal, "chat", Usage.call()))).isSameAs(refusal);
        assertThat(join(async.status(refusal, "chat"))).isEmpty();
        assertThat(join(async.status(refusal))).isEmpty();
        used(0L).admits(1);
    }

    @Test
    void theViewsAskTheSameLimiter() {
        limits(RateLimit.perMinute(5));
        Caller acme = limiter.caller("acme");
        BoundLimiter chat = limiter.bind(acme, "chat");
        AsyncRateLimiter async = limiter.async();
        assertThat(chat.tryAcquire()).isEqualTo(Decision.admitted());
        assertThat(limiter.bind("acme", "chat").tryAcquire(calls(1))).isEqualTo(Decision.admitted());
        assertThat(join(async.tryAcquire("acme", "chat"))).isEqualTo(Decision.admitted());
        Reservation bound = chat.reserve(calls(1));
        Reservation later = join(async.reserve(acme, "chat", calls(1)));
        used(5L);
        assertThat(chat.status()).isEqualTo(limiter.status("acme", "chat"));
        assertThat(join(async.status("acme", "chat"))).isEqualTo(limiter.status("acme", "chat"));
        assertThat(join(async.status("acme"))).isEqualTo(limiter.status("acme"));
        assertThat(chat.peek(calls(1))).isEqualTo(limiter.peek("acme", "chat", calls(1)));
        assertThat(join(async.peek("acme", "chat", calls(1)))).isEqualTo(limiter.peek("acme", "chat", calls(1)));
        assertThat(join(later.cancelAsync())).isTrue();
        assertThat(bound.settle(calls(0))).isTrue();
        used(3L);
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
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
                .isEqualTo(new LimitReached(AppliedLimit.of("calls", new Scope.Group("chat and embed"), limit), true));
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
        refusesNull("who", () -> limiter.status((Caller) null));
        refusesNull("who", () -> limiter.tryAcquire((Caller) null, "chat", usage));
        refusesNull("who", () -> limiter.peek((Caller) null, "chat", usage));
        refusesNull("who", () -> limiter.status((Caller) null, "chat"));
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
