package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.ratelimit.Admitted;
import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Overrun;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is served of units that were taken ahead, and what comes back. */
class LeasesTest extends LeasingTest {

    @Test
    void aBatchIsOneRoundTrip() {
        RedisRateLimiter limiter = leasing(50, machine(), MINUTE, DAY);
        assertRoundTrips(20, () -> {
            for (int i = 0; i < 1_000; i++) {
                assertThat(admits(limiter, 1)).isTrue();
            }
        });
        assertThat(admits(limiter, 1)).isFalse();
        assertThat(used(limiter(MINUTE))).isEqualTo(1_000);
    }

    @Test
    void withoutLeasesEachCallIsCharged() {
        RedisRateLimiter limiter = limiter(MINUTE);
        assertRoundTrips(3, () -> {
            for (int i = 0; i < 3; i++) {
                admits(limiter, 1);
            }
        });
        assertThat(used(limiter)).isEqualTo(3);
    }

    @Test
    void ofCallsThatComeTogetherOneTakesABatch() {
        RedisRateLimiter limiter = leasing(10, machine(), MINUTE);
        client("PAUSE", "100000", "WRITE");
        CompletableFuture<?>[] calls = new CompletableFuture<?>[3];
        for (int i = 0; i < calls.length; i++) {
            calls[i] = limiter.tryAcquireAsync("acme", "chat", calls(1)).toCompletableFuture();
        }
        client("UNPAUSE");
        CompletableFuture.allOf(calls).join();
        assertThat(used(limiter)).isEqualTo(12);
        assertRoundTrips(0, () -> assertThat(admits(limiter, 9)).isTrue());
    }

    @Test
    void whatIsUnusedComesBackWhenTheLimiterIsClosed() {
        RedisRateLimiter limiter = leasing(10, machine(), MINUTE, DAY);
        admits(limiter, 3);
        limiter.tryAcquire("acme", "embed", calls(4));
        RedisRateLimiter other = limiter(MINUTE, DAY);
        assertThat(used(other)).isEqualTo(10);
        limiter.close();
        assertThat(other.status("acme")).extracting(status -> status.used()).containsExactlyInAnyOrder(3L, 3L, 4L, 4L);
    }

    @Test
    void whatIsUnusedComesBackWhenTheLeaseEnds() {
        Machine machine = machine();
        RedisRateLimiter limiter = leasing(10, machine, MINUTE, DAY);
        admits(limiter, 3);
        time.advance(LEASE);
        machine.ring();
        assertThat(limiter.status("acme", "chat"))
                .extracting(status -> status.used())
                .containsExactly(3L, 3L);
        assertRoundTrips(1, () -> admits(limiter, 1));
    }

    @Test
    void aBatchThatFindsNoRoomIsTheCallByItselfInTheSameRoundTrip() {
        RedisRateLimiter limiter = leasing(4, machine(), SECOND);
        RedisRateLimiter other = limiter(SECOND);
        admits(other, 7);
        assertRoundTrips(3, () -> {
            assertThat(admits(limiter, 1)).isTrue();
            assertThat(admits(limiter, 2)).isTrue();
            assertThat(admits(limiter, 1)).isFalse();
        });
        assertThat(used(other)).isEqualTo(10);
    }

    @Test
    void aCallThatWhatIsLeftDoesNotServeTakesAnotherBatchAndGivesTheRestBack() {
        RedisRateLimiter limiter = leasing(4, machine(), SECOND);
        admits(limiter, 3);
        assertRoundTrips(2, () -> assertThat(admits(limiter, 3)).isTrue());
        assertThat(used(limiter)).isEqualTo(7);
        assertRoundTrips(0, () -> assertThat(admits(limiter, 1)).isTrue());
    }

    @Test
    void aCallThatIsLargerThanABatchOrUsesNothingIsAskedForByItself() {
        RedisRateLimiter limiter = leasing(4, machine(), SECOND);
        assertRoundTrips(2, () -> {
            assertThat(admits(limiter, 5)).isTrue();
            assertThat(admits(limiter, 0)).isTrue();
        });
        assertThat(used(limiter)).isEqualTo(5);
    }

    @Test
    void nothingIsTakenAheadOfALimitThatIsTooSmallOrOfLimitsOfSeveralUnits() {
        RedisRateLimiter small = leasing(11, machine(), MINUTE, SECOND);
        admits(small, 1);
        assertThat(used(small)).isEqualTo(1);
        RedisRateLimiter several =
                leasing(5, machine(), MINUTE, RateLimit.of(Unit.TOKENS, 1_000, Duration.ofMinutes(1)));
        several.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 3));
        assertThat(several.status("acme", "chat"))
                .extracting(status -> status.used())
                .containsExactly(2L, 3L);
    }

    @Test
    void unitsOtherThanCallsAreServedToo() {
        RedisRateLimiter limiter = leasing(100, machine(), RateLimit.of(Unit.TOKENS, 1_000, Duration.ofMinutes(1)));
        assertRoundTrips(1, () -> {
            limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 60));
            limiter.tryAcquire("acme", "chat", Usage.of(Unit.TOKENS, 40));
        });
        limiter.close();
        assertThat(used(limiter(RateLimit.of(Unit.TOKENS, 1_000, Duration.ofMinutes(1)))))
                .isEqualTo(100);
    }

    @Test
    void aTierThatChangesGivesBackWhatItHeldAndIsDecidedAnew() {
        RedisRateLimiter limiter = leasing(8, machine(), SECOND);
        admits(limiter, 2);
        Caller lower = Caller.of("acme", tierOf(RateLimit.perSecond(3)));
        assertThat(limiter.tryAcquire(lower, "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(lower, "chat").isAdmitted()).isFalse();
        assertThat(used(limiter)).isEqualTo(3);
        assertRoundTrips(1, () -> assertThat(admits(limiter, 1)).isTrue());
        assertThat(used(limiter)).as("too little room for a batch").isEqualTo(4);
    }

    @Test
    void anotherAccountHoldsItsOwn() {
        RedisRateLimiter limiter = leasing(8, machine(), SECOND);
        Caller production = Caller.of("acme", tierOf(SECOND).withAccount("production"));
        assertRoundTrips(2, () -> {
            for (int i = 0; i < 4; i++) {
                assertThat(admits(limiter, 1)).isTrue();
                assertThat(limiter.tryAcquire(production, "chat").isAdmitted()).isTrue();
            }
        });
    }

    @Test
    void aShadowThatHasNoRoomForABatchIsAskedAtEveryCall() {
        Tier tier = tierOf(MINUTE)
                .withTable(LimitTable.named("shadow")
                        .eachOtherEndpoint(RateLimit.perHour(5))
                        .asShadow());
        RedisRateLimiter limiter = limiter(leasing(4, machine()).tier(tier));
        for (int i = 0; i < 5; i++) {
            assertThat(((Admitted) limiter.tryAcquire("acme", "chat")).shadowRejections())
                    .isEmpty();
        }
        assertThat(((Admitted) limiter.tryAcquire("acme", "chat")).shadowRejections())
                .hasSize(1);
        assertThat(limiter.status("acme", "chat"))
                .extracting(status -> status.used())
                .containsExactly(6L, 5L);
    }

    @Test
    void aQuotaThatLetsTheLastCallOverrunIsNotOverrunByABatch() {
        Quota quota = Quota.lifetime(Unit.TOKENS, 10).withOverrun(Overrun.UNTIL_REACHED);
        RedisRateLimiter limiter = leasing(4, machine(), quota);
        Usage token = Usage.of(Unit.TOKENS, 1);
        for (int i = 0; i < 10; i++) {
            assertThat(limiter.tryAcquire("acme", "chat", token).isAdmitted()).isTrue();
        }
        assertThat(limiter.tryAcquire("acme", "chat", token).isAdmitted()).isFalse();
        assertThat(used(limiter)).isEqualTo(10);
    }

    @Test
    void peekReserveAndStatusAskRedisAndTakeWhatIsHeldForUsed() {
        RedisRateLimiter limiter = leasing(10, machine(), SECOND);
        admits(limiter, 1);
        assertRoundTrips(3, () -> {
            assertThat(limiter.peek("acme", "chat", calls(1)).isAdmitted()).isFalse();
            assertThat(limiter.reserve("acme", "chat", calls(1)).decision().isAdmitted())
                    .isFalse();
            assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(10);
        });
        assertRoundTrips(0, () -> assertThat(admits(limiter, 9)).isTrue());
    }

    @Test
    void aRefusalThatIsRememberedDoesNotRefuseWhatIsHeld() {
        RedisRateLimiter limiter =
                limiter(leasing(10, machine()).tier(tierOf(SECOND)).rememberRefusals(Duration.ofHours(1)));
        admits(limiter, 1);
        assertThat(limiter.peek("acme", "chat", calls(1)).isAdmitted()).isFalse();
        assertThat(admits(limiter, 9)).isTrue();
        assertThat(admits(limiter, 1)).isFalse();
        assertRoundTrips(0, () -> assertThat(admits(limiter, 1)).isFalse());
    }

    @Test
    void listenersHearOfCallsThatAreServed() {
        AtomicInteger heard = new AtomicInteger();
        RedisRateLimiter limiter = limiter(
                leasing(3, machine()).tier(tierOf(RateLimit.perSecond(3))).listener(new RateLimitListener() {
                    @Override
                    public void onAdmitted(Caller caller, String endpoint, Usage usage) {
                        heard.incrementAndGet();
                    }

                    @Override
                    public void onRejected(Caller caller, String endpoint, Usage usage, Rejected rejected) {
                        heard.addAndGet(100);
                    }
                }));
        for (int i = 0; i < 4; i++) {
            admits(limiter, 1);
        }
        assertThat(heard).hasValue(103);
    }

    @Test
    void whatIsHeldIsServedWhileRedisIsAwayAndNotByALimiterThatIsClosed() {
        RedisRateLimiter limiter =
                limiter(leasing(3, machine()).tier(tierOf(MINUTE)).timeout(Duration.ofMillis(500)));
        admits(limiter, 1);
        client("PAUSE", "100000", "WRITE");
        assertThat(admits(limiter, 1)).isTrue();
        assertThat(limiter.peek("acme", "chat", calls(1)).isAdmitted()).isFalse();
        client("UNPAUSE");
        limiter.close();
        assertThat(admits(limiter, 1)).isFalse();
        assertThat(used(limiter(MINUTE))).isEqualTo(2);
    }

    @Test
    void whileAnswersAreLostNoFurtherBatchIs() {
        RedisRateLimiter limiter =
                limiter(leasing(10, machine()).tier(tierOf(MINUTE)).timeout(Duration.ofMillis(200)));
        RedisRateLimiter other = limiter(MINUTE);
        client("PAUSE", "100000", "WRITE");
        assertThat(admits(limiter, 1)).isFalse();
        assertThat(admits(limiter, 1)).isFalse();
        client("UNPAUSE");
        assertThat(used(other)).isEqualTo(11);
    }

    @Test
    void noMoreThanTenThousandAreHeld() {
        RedisRateLimiter limiter = leasing(2, machine(), MINUTE);
        CompletableFuture<?>[] first = new CompletableFuture<?>[10_000];
        for (int i = 0; i < first.length; i++) {
            first[i] = limiter.tryAcquireAsync("organization " + i, "chat", calls(1))
                    .toCompletableFuture();
        }
        CompletableFuture.allOf(first).join();
        assertRoundTrips(0, () -> limiter.tryAcquire("organization 9999", "chat"));
        assertRoundTrips(2, () -> {
            limiter.tryAcquire("acme", "chat");
            limiter.tryAcquire("acme", "chat");
        });
    }

    @Test
    void endpointsThatMustShareGiveBackToWhatTheyShare() {
        RedisRateLimiter limiter =
                limiter(leasing(4, machine()).tier(tierOf(SECOND)).maxUnlistedEndpoints(0));
        limiter.tryAcquire("acme", "chat");
        limiter.tryAcquire("acme", "embed");
        assertThat(used(limiter)).isEqualTo(8);
        limiter.close();
        assertThat(used(limiter(
                        builder().tier(tierOf(SECOND)).maxUnlistedEndpoints(0).time(ServerTime.supplied(time)))))
                .isEqualTo(2);
    }

    @Test
    void whatIsNoNumberAndNoTimeIsRefused() {
        RedisRateLimiterBuilder builder = builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.leases(0, LEASE))
                .withMessage("units must be > 0: units=0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.leases((1L << 53) + 1, LEASE))
                .withMessage("units must be <= 2^53: units=9007199254740993");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.leases(1, Duration.ZERO))
                .withMessage("time must be > 0 and <= PT1H: time=PT0S");
    }
}
