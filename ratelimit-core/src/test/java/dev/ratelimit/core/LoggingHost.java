package dev.ratelimit.core;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.slf4j.Slf4jListener;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.TimeSource;
import java.util.List;

/** A host that logs by what it finds on its path. Runs in a JVM of its own. */
final class LoggingHost {

    private LoggingHost() {}

    public static void main(String[] arguments) {
        Tier tier = Tier.named("trial")
                .table(LimitTable.named("calls per hour").each(RateLimit.perHour(1), "chat"))
                .build();
        RateLimiter limiter = InMemoryRateLimiter.builder().tier(tier).build();
        System.out.println("admitted: " + limiter.tryAcquire("acme", "chat").isAdmitted());

        RateLimitListener bad = new RateLimitListener() {
            @Override
            public void onForgotten(String organization) {
                throw new IllegalStateException("a listener that fails");
            }
        };
        new Listeners(List.of(bad), new ThrottledLog(TimeSource.system(), "limits")).onForgotten("acme");

        if (limiter.tryAcquire("acme", "chat") instanceof Rejected rejected) {
            System.out.println("rejected: " + rejected.cause().message());
            try {
                Slf4jListener.builder()
                        .logger("limits")
                        .build()
                        .onRejected(Caller.of("acme", tier), "chat", Usage.call(), rejected);
            } catch (NoClassDefFoundError e) {
                System.out.println("missing: " + e.getMessage());
            }
        }
    }
}
