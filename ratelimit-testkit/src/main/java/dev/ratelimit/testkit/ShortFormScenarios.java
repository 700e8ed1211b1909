package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.EndpointUnknown;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Scope;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Rows for all endpoints, rows of several limits, and tiers that refuse endpoints that they do not name. */
abstract class ShortFormScenarios extends Scenarios {

    private static final Tier CHAT_ONLY = Tier.named("free")
            .message("Free keys have few models.")
            .limits("chat", RateLimit.perMinute(2), RateLimit.perMinute(Unit.TOKENS, 100))
            .table(LimitTable.named("free of charge").unlimited("ping"))
            .refuseOtherEndpoints()
            .build();

    ShortFormScenarios(RateLimiterContract contract) {
        super(contract);
    }

    @Test
    void allEndpointsTogetherShareALimit() {
        under(Tier.named("tier")
                .table(LimitTable.named("all calls").allTogether(RateLimit.perMinute(2)))
                .build());
        admits(1).calling("embed").admits(1).rejects(1, 60_000).of(new Scope.Group("all calls"));
        calling("chat").rejects(1, 60_000);
    }

    @Test
    void everyEndpointHasTheLimitAlone() {
        under(Tier.named("tier")
                .table(LimitTable.named("calls").everyEndpoint(RateLimit.perMinute(1)))
                .build());
        admits(1).rejects(1, 60_000).of(new Scope.Endpoint("chat"));
        calling("embed").admits(1).rejects(1, 60_000).of(new Scope.Endpoint("embed"));
    }

    @Test
    void aRowOfSeveralLimitsIsDecidedAsAWhole() {
        Quota perDay = Quota.perDay(3);
        under(Tier.named("tier")
                .limits("chat", RateLimit.perMinute(2), RateLimit.perMinute(Unit.TOKENS, 100), perDay)
                .build());
        admits(tokens(60)).rejects(tokens(41), 60_000).used(1L, 60L, 1L);
        admits(tokens(40)).rejects(1, 60_000);
        at(60_000)
                .admits(tokens(1))
                .rejects(1, Duration.ofDays(1).minusMinutes(1))
                .by(perDay);
        calling("embed").admits(7);
    }

    @Test
    void anEndpointThatATierDoesNotNameIsRefused() {
        under(CHAT_ONLY).admits(1).calling("ping").admits(1, 1, 1).calling("Chat");
        assertThat(limiter.tryAcquire("acme", "Chat"))
                .isInstanceOfSatisfying(
                        Rejected.class,
                        rejected -> assertThat(rejected)
                                .returns(new EndpointUnknown("Chat"), Rejected::cause)
                                .returns(Optional.empty(), Rejected::retryAfter)
                                .returns(404, Rejected::suggestedStatus)
                                .returns(
                                        "Free keys have few models. There is no endpoint \"Chat\"", Rejected::message));
        used().calling("chat").used(1L, 0L);
    }

    @Test
    void everyQuestionIsRefusedAlike() {
        under(CHAT_ONLY);
        Caller caller = Caller.of("acme", CHAT_ONLY);
        Rejected refusal = (Rejected) limiter.tryAcquire(caller, "embed");
        assertThat(limiter.tryAcquire("acme", "embed", tokens(5))).isEqualTo(refusal);
        assertThat(limiter.peek(caller, "embed", Usage.call())).isEqualTo(refusal);
        assertThat(limiter.reserve(caller, "embed", Usage.call()).decision()).isEqualTo(refusal);
        assertThat(limiter.bind(caller, "embed").tryAcquire(Usage.call())).isEqualTo(refusal);
        assertThat(limiter.record(caller, "embed", Usage.call()).isCharged()).isFalse();
        assertThat(limiter.record(caller, "embed", Usage.call()).answer()).isEqualTo(refusal);
        assertThat(limiter.status(caller, "embed")).isEmpty();
        assertThat(limiter.reporting().tryAcquire(caller, "embed").limits()).isEmpty();
        assertThat(joined(limiter.async().tryAcquire(caller, "embed"))).isEqualTo(refusal);
        assertThat(joined(limiter.async().peek(caller, "embed", Usage.call()))).isEqualTo(refusal);
        assertThat(joined(limiter.async().reserve(caller, "embed", Usage.call()))
                        .decision())
                .isEqualTo(refusal);
        assertThat(joined(limiter.async().record(caller, "embed", Usage.call())).answer())
                .isEqualTo(refusal);
        assertThat(limiter.status(caller))
                .allSatisfy(status -> assertThat(status.used()).isZero());
    }

    private static <T> T joined(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
