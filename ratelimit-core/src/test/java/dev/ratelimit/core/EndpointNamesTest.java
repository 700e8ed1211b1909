package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which of the endpoints that no table names have meters of their own. */
class EndpointNamesTest {

    private static final LimitTable EACH = LimitTable.named("calls").eachOther(RateLimit.perMinute(1));
    private static final Tier TIER = Tier.named("tier").table(EACH).build();

    private static InMemoryRateLimiter limiter(int most) {
        return InMemoryRateLimiter.builder()
                .tier(TIER)
                .maxUnlistedEndpoints(most)
                .timeSource(new ManualTime())
                .build();
    }

    private static String meteredBy(InMemoryRateLimiter limiter, String endpoint) {
        List<LimitStatus> status = limiter.status("acme", endpoint);
        return status.get(0).limit().scope().name();
    }

    @Test
    void toPeekOrToAskForAStatusTakesUpNoNameAndMakesNoMeter() {
        InMemoryRateLimiter limiter = limiter(2);
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        for (String endpoint : List.of("a", "b", "c")) {
            assertThat(limiter.peek("acme", endpoint, Usage.call()).isAdmitted())
                    .isTrue();
            assertThat(meteredBy(limiter, endpoint)).isEqualTo(endpoint);
        }
        assertThat(limiter.stats().meters()).isEqualTo(1);
        assertThat(limiter.tryAcquire("acme", "embed").isAdmitted()).isTrue();
        assertThat(meteredBy(limiter, "embed")).isEqualTo("embed");
        assertThat(limiter.tryAcquire("acme", "rerank").isAdmitted()).isTrue();
        assertThat(limiter.peek("acme", "a", Usage.call()).isAdmitted()).isFalse();
        assertThat(meteredBy(limiter, "a")).isEqualTo("(further endpoints)");
    }

    @Test
    void aMeterThatIsNotThereAnswersAPeekAsItAnswersACall() {
        LimitTable none = LimitTable.named("none").eachOther(Quota.perMonth(0));
        InMemoryRateLimiter limiter = limiter(5);
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        for (Tier tier : List.of(TIER.withTable(none), TIER.withTable(none.asShadow()))) {
            Caller caller = new Caller("acme", tier);
            Decision peeked = limiter.peek(caller, "embed", Usage.call());
            assertThat(peeked).isNotEqualTo(Decision.admitted());
            assertThat(limiter.tryAcquire(caller, "embed")).isEqualTo(peeked);
        }
    }

    @Test
    void whereNoneMayHaveItsOwnAStatusNamesWhatACallWouldBeMeteredBy() {
        InMemoryRateLimiter limiter = limiter(0);
        assertThat(meteredBy(limiter, "chat")).isEqualTo("(further endpoints)");
    }

    @Test
    void endpointsThatAllShareTheirLimitsTakeNoPlaceOfThoseWithMetersOfTheirOwn() {
        LimitTable together = LimitTable.named("months").othersTogether("all", Quota.perMonth(3));
        InMemoryRateLimiter limiter = limiter(1);
        Caller sharing =
                new Caller("acme", Tier.named("sharing").table(together).build());
        assertThat(limiter.tryAcquire(sharing, "a").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(sharing, "b").isAdmitted()).isTrue();
        Caller both = new Caller("acme", TIER.withTable(together));
        assertThat(limiter.tryAcquire(both, "c").isAdmitted()).isTrue();
        assertThat(meteredBy(limiter, "c")).isEqualTo("c");
        assertThat(meteredBy(limiter, "d")).isEqualTo("(further endpoints)");
        assertThat(limiter.tryAcquire(sharing, "d").isAdmitted()).isFalse();
    }

    @Test
    void anEndpointThatIsCalledLikeTheFurtherOnesHidesNoLimitOfTheOthers() {
        LimitTable named = LimitTable.named("calls")
                .together("all", RateLimit.perMinute(100), "(further endpoints)")
                .eachOther(RateLimit.perMinute(1));
        Caller caller = new Caller("acme", Tier.named("odd").table(named).build());
        InMemoryRateLimiter limiter = limiter(5);
        assertThat(limiter.tryAcquire(caller, "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(caller, "chat").isAdmitted()).isFalse();
    }
}
