package dev.ratelimit.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RateLimitListenerTest {

    private static final Tier TIER = Tier.named("trial")
            .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(20), "chat"))
            .build();

    @Test
    void aListenerThatOverridesNothingTakesEveryEventAndAsksForNoNearLimits() {
        RateLimitListener listener = new RateLimitListener() {};
        Caller caller = Caller.of("acme", TIER);
        Usage usage = Usage.call();
        AppliedLimit limit = TIER.limitsFor("chat").get(0);
        Rejected rejected = Rejected.temporary(new LimitReached(limit), "", 1);

        assertThat(listener.nearLimitAt()).isEmpty();
        assertThat(listener.onRoundTrip("charge")).isSameAs(RoundTrip.UNHEARD);
        assertThatCode(() -> {
                    listener.onAdmitted(caller, "chat", usage);
                    listener.onRejected(caller, "chat", usage, rejected);
                    listener.onReserved(caller, "chat", usage);
                    listener.onWaited(caller, "chat", rejected, Duration.ZERO);
                    RoundTrip.UNHEARD.onEnd(Optional.empty());
                    listener.onSettled(caller, "chat", usage, usage);
                    listener.onCancelled(caller, "chat", usage);
                    listener.onNearLimit(caller, "chat", LimitStatus.of(limit, 19, 0, Optional.empty()));
                    listener.onForgotten("acme");
                })
                .doesNotThrowAnyException();
    }
}
