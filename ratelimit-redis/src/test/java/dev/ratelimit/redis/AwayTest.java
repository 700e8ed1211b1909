package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.LimitsUnknown;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.testkit.ManualTime;
import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** What is answered while Redis does not. */
class AwayTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Tier TIER = Tier.named("tier")
            .message("Slow down.")
            .table(LimitTable.named("hours").eachOther(RateLimit.perHour(5)))
            .build();

    private final AtomicReference<String> scriptAnswer = new AtomicReference<>(CannedServer.packed(1, 1, 0, -1, 0));
    private final AtomicInteger scripts = new AtomicInteger();
    private final CannedServer server = new CannedServer(command -> switch (command) {
        case "HELLO" -> "-ERR unknown command\r\n";
        case "INFO" -> CannedServer.bulk("redis_version:7.0.15\r\n");
        case "EVALSHA" -> {
            scripts.incrementAndGet();
            yield requireNonNull(scriptAnswer.get());
        }
        default -> "+OK\r\n";
    });
    private final RedisClient client = RedisClient.create(server.uri());
    private final BlockingQueue<Throwable> heard = new LinkedBlockingQueue<>();

    @AfterEach
    void close() throws IOException {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
        server.close();
    }

    /** A limiter on a server that, once it is built, answers scripts by this text. */
    private RedisRateLimiter builtOn(String answer, RedisRateLimiterBuilder builder) {
        RedisRateLimiter limiter = builder.build();
        scriptAnswer.set(answer);
        scripts.set(0);
        return limiter;
    }

    /** A limiter on a server that is loading its data. */
    private RedisRateLimiter built(RedisRateLimiterBuilder builder) {
        return builtOn("-LOADING Redis is loading the dataset in memory\r\n", builder.timeout(Duration.ofSeconds(20)));
    }

    private RedisRateLimiterBuilder builder() {
        return RedisRateLimiter.builder(client).tier(TIER).probeEvery(HOUR).outageListener(new OutageListener() {
            @Override
            public void unavailable(Throwable cause) {
                heard.add(cause);
            }

            @Override
            public void available() {
                heard.add(new IllegalStateException("it is not"));
            }
        });
    }

    @Test
    void unlessTheHostChoosesAllIsRejected() {
        RedisRateLimiter limiter = built(builder());
        for (int i = 0; i < 10; i++) {
            Rejected rejected = (Rejected) limiter.tryAcquire("acme", "chat");
            assertThat(rejected.cause()).isEqualTo(new LimitsUnknown());
            assertThat(rejected.message()).isEqualTo("Slow down. The limits cannot be checked at the moment");
            assertThat(rejected.suggestedStatus()).isEqualTo(503);
        }
        Rejected rejected = (Rejected) limiter.peek("acme", "chat", Usage.call());
        assertThat(rejected.retryAfter())
                .hasValueSatisfying(wait -> assertThat(wait).isBetween(Duration.ofNanos(1), HOUR));
        assertThat(limiter.reserve("acme", "chat", Usage.call()).decision().isAdmitted())
                .isFalse();
    }

    @Test
    void theHostMayHaveAllAdmitted() {
        RedisRateLimiter limiter = built(builder().admitWhileAway());
        for (int i = 0; i < 10; i++) {
            assertThat(limiter.tryAcquire("acme", "chat")).isEqualTo(Decision.admitted());
        }
        assertThat(limiter.peek("acme", "chat", Usage.call())).isEqualTo(Decision.admitted());
        Reservation reservation = limiter.reserve("acme", "chat", Usage.call());
        assertThat(reservation.add(Usage.call())).isEqualTo(Decision.admitted());
        assertThat(reservation.settle(Usage.call())).isTrue();
        assertThat(reservation.cancel()).isFalse();
    }

    @Test
    void theHostMayHaveAnotherLimiterDecide() {
        RateLimiter fallback = InMemoryRateLimiter.builder()
                .tier(TIER)
                .timeSource(new ManualTime())
                .build();
        RedisRateLimiter limiter = built(builder().fallBackTo(fallback));
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        Reservation reservation = limiter.reserve("acme", "chat", Usage.call());
        assertThat(reservation.add(Usage.call()).isAdmitted()).isTrue();
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(3L);
        assertThat(reservation.settle(Usage.of(Unit.CALLS, 4))).isTrue();
        assertThat(limiter.peek("acme", "chat", Usage.call()).isAdmitted()).isFalse();
        assertThat(fallback.status("acme")).isEqualTo(limiter.status("acme"));
        assertThat(limiter.tryAcquire("acme", "chat")).isInstanceOf(Rejected.class);
    }

    @Test
    void theOtherLimiterDecidesByItsOwnTiersAlsoAboutACallThatBringsOne() {
        Tier share = Tier.named("share")
                .table(LimitTable.named("hours").eachOther(RateLimit.perHour(2)))
                .build();
        RateLimiter fallback = InMemoryRateLimiter.builder()
                .tier(share)
                .timeSource(new ManualTime())
                .build();
        RedisRateLimiter limiter = built(builder().fallBackTo(fallback));
        Caller caller = new Caller("acme", TIER);
        assertThat(limiter.tryAcquire(caller, "chat").isAdmitted()).isTrue();
        assertThat(limiter.peek(caller, "chat", Usage.of(Unit.CALLS, 2)).isAdmitted())
                .isFalse();
        assertThat(limiter.reserve(caller, "chat", Usage.call()).decision().isAdmitted())
                .isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        assertThat(limiter.status(caller, "chat")).isEqualTo(fallback.status("acme", "chat"));
        assertThat(limiter.status(caller)).isEqualTo(fallback.status("acme"));
    }

    @Test
    void moreForAReservationOfRedisIsAskedOfTheFallbackAndIsNoFurtherCall() {
        Tier tier = TIER.withTable(LimitTable.named("tokens").eachOther(RateLimit.of(Unit.TOKENS, 100, HOUR)));
        RateLimiter fallback = InMemoryRateLimiter.builder()
                .tier(tier)
                .timeSource(new ManualTime())
                .build();
        RedisRateLimiter limiter = builder()
                .tier(tier)
                .fallBackTo(fallback)
                .timeout(Duration.ofSeconds(20))
                .build();
        scriptAnswer.set(CannedServer.packed(1, 1, 0, 0, 9, 0, 0, 9));
        Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 90));
        assertThat(reservation.decision().isAdmitted()).isTrue();
        scriptAnswer.set("-LOADING Redis is loading the dataset in memory\r\n");
        assertThat(reservation.add(Usage.of(Unit.TOKENS, 70)).isAdmitted()).isTrue();
        assertThat(reservation.add(Usage.of(Unit.TOKENS, 70)).isAdmitted()).isFalse();
        assertThat(fallback.status("acme", "chat"))
                .extracting(LimitStatus::used)
                .containsExactly(0L, 70L);
        assertThat(reservation.settle(Usage.of(Unit.TOKENS, 99))).isTrue();
        assertThat(reservation.add(Usage.of(Unit.TOKENS, 1)).isAdmitted()).isFalse();
        assertThat(fallback.status("acme", "chat"))
                .extracting(LimitStatus::used)
                .containsExactly(0L, 70L);
    }

    @Test
    void asynchronousCallsAreAnsweredAlike() {
        RateLimiter fallback = InMemoryRateLimiter.builder()
                .tier(TIER)
                .timeSource(new ManualTime())
                .build();
        RedisRateLimiter limiter = built(builder().fallBackTo(fallback));
        Caller caller = new Caller("acme", TIER);
        assertThat(limiter.tryAcquireAsync("acme", "chat", Usage.call())
                        .toCompletableFuture()
                        .join())
                .isEqualTo(Decision.admitted());
        AsyncReservation reservation = limiter.reserveAsync(caller, "chat", Usage.call())
                .toCompletableFuture()
                .join();
        assertThat(reservation
                        .addAsync(Usage.call())
                        .toCompletableFuture()
                        .join()
                        .isAdmitted())
                .isTrue();
        assertThat(reservation.cancelAsync().toCompletableFuture().join()).isTrue();
        assertThat(reservation.settleAsync(Usage.call()).toCompletableFuture().join())
                .isFalse();
        assertThat(limiter.peekAsync(caller, "chat", Usage.call())
                        .toCompletableFuture()
                        .join()
                        .isAdmitted())
                .isTrue();
        assertThat(limiter.statusAsync(caller, "chat").toCompletableFuture().join())
                .isEqualTo(fallback.status("acme", "chat"))
                .extracting(LimitStatus::used)
                .containsExactly(1L);
        assertThat(limiter.statusAsync(caller).toCompletableFuture().join()).isEqualTo(fallback.status("acme"));
    }

    @Test
    void aStatusThatNobodyKnowsIsAnException() {
        RedisRateLimiter limiter = built(builder().admitWhileAway());
        assertThatExceptionOfType(RedisUnavailableException.class)
                .isThrownBy(() -> limiter.status("acme", "chat"))
                .havingCause()
                .withMessageContaining("LOADING");
        assertThatExceptionOfType(RedisUnavailableException.class).isThrownBy(() -> limiter.status("acme"));
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(() -> limiter.statusAsync(new Caller("acme", TIER))
                        .toCompletableFuture()
                        .join())
                .withCauseInstanceOf(RedisUnavailableException.class)
                .havingCause()
                .havingCause()
                .withMessageStartingWith("LOADING");
    }

    @Test
    void afterThreeFailuresRedisIsNotAskedAndTheListenerHearsWhy() throws InterruptedException {
        RedisRateLimiter limiter = built(builder());
        for (int i = 0; i < 10; i++) {
            limiter.tryAcquire("acme", "chat");
        }
        assertThat(scripts).hasValue(3);
        assertThat(heard.poll(20, TimeUnit.SECONDS)).hasMessageContaining("LOADING");
        assertThat(List.copyOf(heard)).isEmpty();
    }

    /** All timeouts come from one thread: who asks again on it would wait for ever. Which thread goes on is a race. */
    @RepeatedTest(30)
    void whatDependsOnAnAnswerThatNeverCameMayAskAgain() {
        RedisRateLimiter limiter = builtOn("", builder().timeout(Duration.ofMillis(5)));
        CompletionStage<Decision> again = limiter.tryAcquireAsync("acme", "chat", Usage.call())
                .thenApply(rejected -> limiter.tryAcquire("acme", "chat"));
        assertThat(again).succeedsWithin(Duration.ofSeconds(20)).matches(decision -> !decision.isAdmitted());
    }

    @Test
    void whatDependsOnAnEndThatNobodyAnsweredMayAskAgain() {
        RedisRateLimiter limiter =
                builtOn(CannedServer.packed(1, 1, 0, 7, 9), builder().timeout(Duration.ofSeconds(1)));
        AsyncReservation reservation = limiter.reserve("acme", "chat", Usage.call());
        scriptAnswer.set("");
        CompletionStage<Decision> again = reservation
                .settleAsync(Usage.of(Unit.CALLS, 0))
                .thenApply(settled -> limiter.tryAcquire("acme", "chat"));
        assertThat(again).succeedsWithin(Duration.ofSeconds(20)).matches(decision -> !decision.isAdmitted());
    }

    @Test
    void aCallEndsInTimeWhateverTheHostDoesOnTheThreadOfTheJvmsTimeouts() throws InterruptedException {
        RedisRateLimiter limiter = builtOn("", builder().timeout(Duration.ofMillis(5)));
        TimerThreadTest.whileTheHostBlocksTheTimeoutsOfTheJvm(
                () -> assertThat(limiter.tryAcquireAsync("acme", "chat", Usage.call()))
                        .succeedsWithin(Duration.ofSeconds(20))
                        .matches(decision -> !decision.isAdmitted()));
    }

    /** Nothing else ends the calls of this test. */
    @Test
    void aServerThatNeverAnswersIsNotWaitedFor() throws InterruptedException {
        RedisRateLimiter limiter = builtOn("", builder());
        for (int i = 0; i < 10; i++) {
            assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        }
        assertThat(limiter.tryAcquireAsync("acme", "chat", Usage.call())
                        .toCompletableFuture()
                        .join()
                        .isAdmitted())
                .isFalse();
        assertThat(heard.poll(10, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
        assertThat(scripts).hasValueLessThanOrEqualTo(3);
    }

    @Test
    void aLimiterThatIsClosedIsAway() {
        RedisRateLimiter limiter = built(builder());
        limiter.close();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        assertThat(limiter.tryAcquire(new Caller("acme", Tier.named("unlimited").build()), "chat"))
                .isEqualTo(Decision.admitted());
        assertThat(List.copyOf(heard)).isEmpty();
    }
}
