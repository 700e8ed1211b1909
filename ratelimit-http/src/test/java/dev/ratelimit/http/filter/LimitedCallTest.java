package dev.ratelimit.http.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LimitedCallTest {

    private static final Usage ESTIMATE = Usage.of(Unit.TOKENS, 10);

    private final Tier tier = Tier.named("tier")
            .table(LimitTable.named("tokens").everyEndpoint(RateLimit.perMinute(Unit.TOKENS, 100)))
            .table(LimitTable.named("in flight").everyEndpoint(ConcurrencyLimit.of(5, Duration.ofHours(1))))
            .build();
    private final ManualTime time = new ManualTime();
    private final RateLimiter limiter =
            InMemoryRateLimiter.builder().tier(tier).timeSource(time).build().reporting();
    private final Caller acme = Caller.of("acme", tier);
    private final LimitedCall call = new LimitedCall(limiter.reserve(acme, "chat", ESTIMATE), acme, "chat", ESTIMATE);

    private void assertEnded(long tokens) {
        assertThat(call.hasEnded()).isTrue();
        assertThat(limiter.status(acme, "chat"))
                .extracting(status -> status.used())
                .containsExactly(tokens, 0L);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void withoutAPieceTheEstimateIsUsed(boolean mayWait) {
        assertThat(call.settleForWhatIsKnown(mayWait)).isCompletedWithValue(true);
        assertEnded(10);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aPieceIsUsed(boolean mayWait) {
        assertThat(call.useAsync(Usage.of(Unit.TOKENS, 3)))
                .isCompletedWithValueMatching(dev.ratelimit.Decision::isAdmitted);
        assertThat(call.settleForWhatIsKnown(mayWait)).isCompletedWithValue(true);
        assertEnded(3);
    }

    @Test
    void aPieceThatIsRefusedIsNotUsed() {
        assertThat(call.use(Usage.of(Unit.TOKENS, 101)).isAdmitted()).isFalse();
        assertThat(call.settleForWhatIsKnown(true)).isCompletedWithValue(true);
        assertEnded(10);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void cancellingGivesAllBack(boolean mayWait) {
        call.use(Usage.of(Unit.TOKENS, 3));
        assertThat(call.cancel(mayWait)).isCompletedWithValue(true);
        assertEnded(0);
    }

    @Test
    void theHandlerEndsIt() {
        assertThat(call.hasEnded()).isFalse();
        assertThat(call.settleAsync(Usage.of(Unit.TOKENS, 42))).isCompletedWithValue(true);
        assertEnded(42);
        assertThat(call.settle()).isFalse();
    }

    @Test
    void whatIsInFlightIsRenewed() {
        time.advance(Duration.ofMinutes(40));
        assertThat(call.renew()).isTrue();
        time.advance(Duration.ofMinutes(40));
        assertThat(call.renewAsync()).isCompletedWithValue(true);
        assertThat(limiter.status(acme, "chat").get(1).used()).isOne();
    }

    @Test
    void itTellsWhoCallsWhat() {
        assertThat(call.caller()).isEqualTo(acme);
        assertThat(call.endpoint()).isEqualTo("chat");
        assertThat(call.decision().isAdmitted()).isTrue();
    }

    @Test
    void aCallThatIsNotLimitedAdmitsAllAndSettlesNothing() {
        Reservation unlimited = LimitedCall.unlimited();
        assertThat(unlimited.decision().isAdmitted()).isTrue();
        assertThat(unlimited.use(Usage.call()).limits()).isEmpty();
        assertThat(unlimited.renew()).isTrue();
        assertThat(unlimited.settle()).isFalse();
        assertThat(unlimited.settle(Usage.call())).isFalse();
        assertThat(unlimited.cancel()).isFalse();
    }
}
