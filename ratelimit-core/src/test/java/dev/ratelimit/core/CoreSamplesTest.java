package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.BoundLimiter;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.slf4j.Slf4jListener;
import dev.ratelimit.tiers.GoingLiveEdition;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The samples of this module do what they say. */
class CoreSamplesTest {

    private final InMemoryRateLimiter limiter =
            InMemoryRateLimiter.builder().tier(GoingLiveEdition.trial()).build();

    private static boolean tooManyRequests(String message, Optional<Duration> retryAfter) {
        assertThat(message).contains("Exceeded the limit of 10 calls per minute");
        assertThat(retryAfter).isPresent();
        return false;
    }

    private boolean ask() {
        // sample: dev/ratelimit/BoundLimiter.java
        BoundLimiter chat = limiter.bind("acme", "chat");
        if (chat.tryAcquire() instanceof Rejected no) {
            return tooManyRequests(no.message(), no.retryAfter());
        }
        // end of sample
        return true;
    }

    @Test
    void aBoundEndpointIsRefusedWhereItsNamesAre() {
        for (int i = 0; i < 10; i++) {
            assertThat(ask()).isTrue();
        }
        assertThat(ask()).isFalse();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
    }

    @Test
    void aLimiterHasOneTierOrOneForEachOrganization() {
        Set<String> paying = Set.of("acme");
        Tier production = GoingLiveEdition.production();
        Tier trial = GoingLiveEdition.trial();
        // sample: dev/ratelimit/core/InMemoryRateLimiter.java
        RateLimiter everyoneOnTrial =
                InMemoryRateLimiter.builder().tier(GoingLiveEdition.trial()).build();

        RateLimiter tierByOrganization = InMemoryRateLimiter.builder()
                .tiers(organization -> paying.contains(organization) ? production : trial)
                .build();
        // end of sample
        assertThat(callsPerMinute(everyoneOnTrial, "acme")).isEqualTo(10);
        assertThat(callsPerMinute(tierByOrganization, "acme")).isEqualTo(10_000);
        assertThat(callsPerMinute(tierByOrganization, "globex")).isEqualTo(10);
    }

    private static long callsPerMinute(RateLimiter limiter, String organization) {
        return limiter.status(organization, "chat").get(0).applied().limit().amount();
    }

    @Test
    void aListenerLogsNearLimitsWhereAsked() {
        // sample: dev/ratelimit/slf4j/Slf4jListener.java
        Slf4jListener listener = Slf4jListener.builder().nearLimitAt(0.8).build();
        // end of sample
        assertThat(listener.nearLimitAt()).containsExactly(0.8);
    }

    @Test
    void supportGrantsMoreOfASpentQuota() {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("calls per month").otherEndpointsTogether("all", Quota.perMonth(10)))
                .build();
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder().tier(tier).build();
        for (int i = 0; i < 11; i++) {
            assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isEqualTo(i < 10);
        }
        // sample: dev/ratelimit/core/AdminTools.java
        for (LimitStatus status : limiter.status("acme")) {
            if (status.remaining() == 0 && status.applied().limit() instanceof Quota) {
                limiter.admin().grant("acme", status.applied(), 1_000); // 1,000 more until the month ends
            }
        }
        // end of sample
        assertThat(limiter.tryAcquire("acme", "chat", Usage.call()).isAdmitted())
                .isTrue();
        assertThat(limiter.status("acme").get(0).remaining()).isEqualTo(999);
    }
}
