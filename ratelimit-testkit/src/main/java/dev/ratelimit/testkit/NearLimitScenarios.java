package dev.ratelimit.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.RateLimitListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Limits that are nearly used up: which charge a listener is told of. */
abstract class NearLimitScenarios extends Scenarios {

    private static final RateLimit TEN = RateLimit.perMinute(10);
    private static final RateLimit TOKENS = RateLimit.of(Unit.TOKENS, 100, Duration.ofMinutes(1));

    private final List<LimitStatus> near = new ArrayList<>();

    NearLimitScenarios(RateLimiterContract contract) {
        super(contract);
    }

    @BeforeEach
    void listen() {
        listenedBy(new RateLimitListener() {
            @Override
            public List<Double> nearLimitAt() {
                return List.of(0.8);
            }

            @Override
            public void onNearLimit(Caller caller, String endpoint, LimitStatus status) {
                assertThat(caller.organization()).isEqualTo("acme");
                assertThat(endpoint).isEqualTo("chat");
                near.add(status);
            }
        });
    }

    /** Asserts what was used when the listener was told, each time since this was asserted last. */
    private void told(Long... used) {
        assertThat(near).extracting(LimitStatus::used).containsExactly(used);
        near.clear();
    }

    @Test
    void theChargeThatReachesTheShareIsToldAndNoLaterOne() {
        limits(TEN);
        admits(1, 6);
        told();
        admits(1);
        assertThat(near).hasSize(1);
        LimitStatus status = near.get(0);
        assertThat(status.applied().limit()).isEqualTo(TEN);
        assertThat(status.remaining()).isEqualTo(2);
        assertThat(status.resetAfter()).isEqualTo(Optional.of(Duration.ofMinutes(1)));
        told(8L);
        admits(1, 1).rejects(1, 60_000);
        told();
    }

    @Test
    void eachShareIsToldOnceAndASoftQuotaAlsoWhenItIsUsedUp() {
        listenedBy(new RateLimitListener() {
            @Override
            public List<Double> nearLimitAt() {
                return List.of(0.5, 0.8);
            }

            @Override
            public void onNearLimit(Caller caller, String endpoint, LimitStatus status) {
                near.add(status);
            }
        });
        limits(TEN);
        admits(4, 1, 1);
        told(5L);
        admits(3, 1);
        told(9L);
        limits(Quota.perMonth(10).withOverrun(Overrun.NEVER_REFUSES));
        admits(6, 3);
        told(6L, 9L);
        admits(2, 5);
        told(11L);
    }

    @Test
    void aBucketIsToldByItsCapacityAndAgainWhenItHasFlowedBack() {
        limits(TokenBucket.perSecond(1).withCapacity(10));
        admits(7);
        told();
        admits(1);
        told(8L);
        at(1_500).admits(1);
        told(8L);
        admits(1, 1);
        told();
    }

    @Test
    void whatIsInFlightAndTheLargestCallAreNotTold() {
        limits(ConcurrencyLimit.of(2, Duration.ofMinutes(1)), PerCallLimit.of(Unit.CALLS, 2));
        admits(2);
        told();
    }

    @Test
    void aChargeThatLeapsPastTheShareIsTold() {
        limits(TEN);
        admits(7, 3);
        told(10L);
    }

    @Test
    void itIsToldAgainOnceLessWasUsed() {
        limits(TEN);
        admits(9);
        told(9L);
        at(60_000).admits(7, 1);
        told(8L);
    }

    @Test
    void eachLimitIsToldByItself() {
        limits(TEN, Quota.lifetime(Unit.CALLS, 20));
        admits(8);
        told(8L);
        at(60_000).admits(8);
        told(8L, 16L);
    }

    @Test
    void aLimitOfAShadowTableIsTold() {
        under(tierOf().withTable(
                        LimitTable.named("shadow").eachOtherEndpoint(TEN).asShadow()));
        admits(8);
        assertThat(near)
                .singleElement()
                .satisfies(status -> assertThat(status.applied().shadow()).isTrue());
    }

    @Test
    void unitsThatALimitDoesNotCountDoNotReachIt() {
        limits(TEN);
        admits(tokens(1_000));
        told();
    }

    @Test
    void anEstimateThatReachesTheShareIsTold() {
        limits(TOKENS);
        reserves(tokens(80)).settles(tokens(80));
        told(80L);
    }

    @Test
    void aSettlementThatReachesTheShareIsTold() {
        limits(TOKENS);
        reserves(tokens(60));
        told();
        settles(tokens(90));
        told(90L);
    }

    @Test
    void aSettlementThatStaysBelowTheShareIsNotTold() {
        limits(TOKENS);
        reserves(tokens(60)).settles(tokens(70));
        told();
    }

    @Test
    void whatIsGivenBackMayBeReachedAgain() {
        limits(TOKENS);
        reserves(tokens(80)).settles(tokens(10));
        told(80L);
        at(1).admits(tokens(60));
        told();
        at(2).admits(tokens(10));
        told(80L);
    }

    @Test
    void whatIsReachedAgainAtTheSameMomentIsToldAgain() {
        limits(TOKENS);
        reserves(tokens(80)).cancels();
        reserves(tokens(85)).cancels();
        told(80L, 85L);
        reserves(tokens(40)).adds(tokens(45)).settles(tokens(79)).admits(tokens(1));
        told(85L, 80L);
    }

    /** Nobody reached the share: it was moved below what is used. */
    @Test
    void anAmountThatIsLoweredIsNotAChargeThatReachesTheShare() {
        limits(TEN).admits(6);
        limits(TEN.withAmount(7)).admits(1);
        told();
        at(60_000).admits(5, 1);
        told(6L);
    }

    @Test
    void usageThatHasHappenedReachesTheShareAsACallDoes() {
        limits(TOKENS, Quota.perMonth(Unit.TOKENS, 1_000));
        assertThat(limiter.record("acme", "chat", tokens(79)).isCharged()).isTrue();
        told();
        assertThat(limiter.record("acme", "chat", tokens(721)).isCharged()).isTrue();
        told(800L, 800L);
        assertThat(limiter.record("acme", "chat", tokens(50)).isCharged()).isTrue();
        told();
    }
}
