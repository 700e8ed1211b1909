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
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RateLimitListenerTest {

    private static final Tier TIER = Tier.named("trial")
            .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(20), "chat"))
            .build();

    @Test
    void aListenerThatOverridesNothingTakesEveryEventAndAsksForNoNearLimits() {
        RateLimitListener listener = new RateLimitListener() {};
        Caller caller = new Caller("acme", TIER);
        Usage usage = Usage.call();
        AppliedLimit limit = TIER.limitsFor("chat").get(0);
        Rejected rejected = Rejected.forNanos(new LimitReached(limit), "", 1);

        assertThat(listener.nearLimitAt()).isEmpty();
        assertThatCode(() -> {
                    listener.admitted(caller, "chat", usage);
                    listener.rejected(caller, "chat", usage, rejected);
                    listener.settled(caller, "chat", usage, usage);
                    listener.cancelled(caller, "chat", usage);
                    listener.nearLimit(caller, "chat", LimitStatus.of(limit, 19, 0, Optional.empty()));
                    listener.forgotten("acme");
                })
                .doesNotThrowAnyException();
    }
}
