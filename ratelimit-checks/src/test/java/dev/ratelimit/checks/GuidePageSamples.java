package dev.ratelimit.checks;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.core.InMemoryRateLimiterBuilder;
import dev.ratelimit.slf4j.Slf4jListener;
import dev.ratelimit.spi.RateLimitListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** Methods that the guide shows of a host, compiled. */
final class GuidePageSamples {

    static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(20), "chat"))
            .table(LimitTable.named("calls per month").each(Quota.perMonth(30), "chat"))
            .build();

    // sample: docs/guide/shadow.md
    static final Tier TRIED = TRIAL.withTable(LimitTable.named("calls per hour")
            .each(RateLimit.perHour(100), "chat")
            .asShadow());

    static List<Rejected> wouldBeRefused(RateLimiter limiter, String organization) {
        return limiter.tryAcquire(organization, "chat") instanceof Admitted yes
                ? yes.shadowRejections() // with the limit, the message and the wait
                : List.of();
    }
    // end of sample

    private GuidePageSamples() {}

    // sample: docs/guide/restart.md
    static InMemoryRateLimiter start(Path file) throws IOException {
        InMemoryRateLimiterBuilder builder = InMemoryRateLimiter.builder().tier(TRIAL);
        return Files.exists(file) ? builder.restore(file) : builder.build();
    }

    static void stop(InMemoryRateLimiter limiter, Path file) throws IOException {
        limiter.snapshot(file); // after the last call; and every half minute, for the case of a crash
    }
    // end of sample

    // sample: docs/guide/admin.md
    static void grantMore(InMemoryRateLimiter limiter, String organization) {
        for (LimitStatus status : limiter.status(organization)) {
            if (status.remaining() == 0 && status.applied().limit() instanceof Quota) {
                limiter.admin().grant(organization, status.applied(), 1_000); // until the month ends
            }
        }
    }
    // end of sample

    // sample: docs/guide/listeners.md
    static RateLimiter limiterThatTells(LongAdder rejections) {
        return InMemoryRateLimiter.builder()
                .tier(TRIAL)
                .listener(Slf4jListener.builder().nearLimitAt(0.8).build())
                .listener(new RateLimitListener() {
                    @Override
                    public void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
                        rejections.increment();
                    }
                })
                .build();
    }
    // end of sample
}
