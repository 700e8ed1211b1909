package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import dev.ratelimit.spi.RoundTrip;
import dev.ratelimit.testkit.ManualQuotaStore;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What listeners hear of the requests to a store of quotas. */
@Timeout(60)
class NotifyingStoreTest {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("calls").eachOtherEndpoint(Quota.perMonth(1_000)))
            .build();

    private final ManualTime time = new ManualTime();
    private final ManualQuotaStore store = new ManualQuotaStore(time);
    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());

    private final RateLimitListener listener = new RateLimitListener() {
        @Override
        public RoundTrip onRoundTrip(String operation) {
            heard.add(operation);
            return failure -> heard.add(operation + " "
                    + failure.map(thrown -> thrown.getClass().getSimpleName()).orElse("answered"));
        }
    };

    private InMemoryRateLimiter limiter(RateLimitListener listener) {
        return InMemoryRateLimiter.builder()
                .tier(TIER)
                .timeSource(time)
                .quotas(store)
                .quotaScheduler(time.scheduler())
                .timeout(Duration.ofSeconds(30))
                .listener(listener)
                .build();
    }

    @Test
    void eachRequestIsToldWhenItIsSentAndWhenItIsAnswered() {
        try (InMemoryRateLimiter limiter = limiter(listener)) {
            limiter.tryAcquire("acme", "chat");
            assertThat(heard).containsExactly("quotas-take", "quotas-take answered");
            limiter.tryAcquire("acme", "chat"); // is leased
            assertThat(heard).hasSize(2);
            limiter.status("acme", "chat");
            limiter.record(Caller.of("globex", TIER), "chat", Usage.of(Unit.CALLS, 1_001));
            time.advance(Duration.ofSeconds(2)); // then the store is told what is used
            Caller acme = limiter.caller("acme");
            limiter.admin().grant(acme, limiter.status(acme).get(0).applied(), 10);
            limiter.admin().reset("acme");
            limiter.admin().forget("acme");
        }
        assertThat(heard)
                .contains(
                        "quotas-counts answered",
                        "quotas-charge answered",
                        "quotas-grant answered",
                        "quotas-reset answered",
                        "quotas-forget answered",
                        "quotas-report answered",
                        "quotas-give-back answered")
                .allMatch(event -> event.matches("quotas-[a-z-]+( answered)?"));
    }

    @Test
    void aRequestThatFailsIsToldWithItsFailure() {
        try (InMemoryRateLimiter limiter = limiter(listener)) {
            store.away();
            assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        }
        assertThat(heard).contains("quotas-take StoreUnavailableException");
    }

    @Test
    void whatAListenerThrowsChangesNoAnswer() {
        RateLimitListener failing = new RateLimitListener() {
            @Override
            public RoundTrip onRoundTrip(String operation) {
                heard.add(operation);
                if (heard.size() > 1) {
                    throw new IllegalStateException("as planned");
                }
                return failure -> {
                    throw new IllegalStateException("as planned");
                };
            }
        };
        try (InMemoryRateLimiter limiter = limiter(failing)) {
            assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
            assertThat(limiter.tryAcquire("globex", "chat").isAdmitted()).isTrue();
        }
        assertThat(heard).hasSizeGreaterThan(1);
    }
}
