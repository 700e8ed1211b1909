package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** What is answered while Redis does not. */
class OutagePolicyTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Tier TIER = Tier.named("tier")
            .message("Slow down.")
            .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.perHour(5)))
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
        Clients.shutDown(client);
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

    private static Usage calls(long n) {
        return Usage.of(Unit.CALLS, n);
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
            assertThat(rejected.cause()).isEqualTo(new StoreUnavailable());
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
        RedisRateLimiter limiter = built(builder().failOpen());
        for (int i = 0; i < 10; i++) {
            assertThat(limiter.tryAcquire("acme", "chat")).isEqualTo(Decision.admitted());
        }
        assertThat(limiter.peek("acme", "chat", Usage.call())).isEqualTo(Decision.admitted());
        Reservation reservation = limiter.reserve("acme", "chat", Usage.call());
        assertThat(reservation.use(calls(9))).isEqualTo(Decision.admitted());
        assertThat(reservation.settle(Usage.call())).isTrue();
        assertThat(reservation.cancel()).isFalse();
    }

    @Test
    void theHostMayHaveAnotherLimiterDecide() {
        RateLimiter fallback = new ReferenceRateLimiter(anyone -> TIER, new ManualTime());
        RedisRateLimiter limiter = built(builder().fallBackTo(fallback));
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        Reservation reservation = limiter.reserve("acme", "chat", Usage.call());
        assertThat(reservation.use(calls(2)).isAdmitted()).isTrue();
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(3L);
        assertThat(reservation.settle(Usage.of(Unit.CALLS, 4))).isTrue();
        assertThat(limiter.peek("acme", "chat", Usage.call()).isAdmitted()).isFalse();
        assertThat(fallback.status("acme")).isEqualTo(limiter.status("acme"));
        assertThat(limiter.tryAcquire("acme", "chat")).isInstanceOf(Rejected.class);
    }

    @Test
    void theOtherLimiterDecidesByTheTierOfTheCallerAndNotByItsOwn() {
        Tier trial = Tier.named("trial")
                .account("trial")
                .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.perHour(2)))
                .build();
        RateLimiter fallback = new ReferenceRateLimiter(anyone -> trial, new ManualTime());
        RedisRateLimiter limiter = built(builder().tier(trial).fallBackTo(fallback));
        Caller production = Caller.of("acme", TIER);
        assertThat(limiter.tryAcquire(production, "chat", calls(2)).isAdmitted())
                .isTrue();
        assertThat(limiter.peek(production, "chat", calls(3)).isAdmitted()).isTrue();
        assertThat(limiter.peek(production, "chat", calls(4)).isAdmitted()).isFalse();
        Reservation reservation = limiter.reserve(production, "chat", calls(2));
        assertThat(reservation.decision().isAdmitted()).isTrue();
        assertThat(reservation.use(calls(3)).isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(production, "chat").isAdmitted()).isFalse();
        assertThat(limiter.tryAcquire("acme", "chat", calls(2)).isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        assertThat(limiter.status(production, "chat"))
                .isEqualTo(fallback.status(production, "chat"))
                .extracting(LimitStatus::used)
                .containsExactly(5L);
        assertThat(limiter.status(production)).isEqualTo(fallback.status(production));
        assertThat(limiter.status("acme")).isEqualTo(fallback.status("acme"));
    }

    @Test
    void theOtherLimiterDecidesByAShareOfTheTierWhereTheHostWantsThat() {
        AtomicInteger scaled = new AtomicInteger();
        RateLimiter fallback = new ReferenceRateLimiter(
                anyone -> Tier.named("nothing is limited").build(), new ManualTime());
        RedisRateLimiter limiter = built(builder().fallBackTo(fallback, tier -> {
            scaled.incrementAndGet();
            return tier.withLimits(limit -> limit.dividedBy(2));
        }));
        Caller caller = Caller.of("acme", TIER);
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(limiter.reserve(caller, "chat", calls(1)).decision().isAdmitted())
                .isTrue();
        assertThat(limiter.peek(caller, "chat", calls(1)).isAdmitted()).isFalse();
        assertThat(limiter.async()
                        .tryAcquire(caller, "chat", calls(1))
                        .toCompletableFuture()
                        .join()
                        .isAdmitted())
                .isFalse();
        assertThat(limiter.status(caller, "chat"))
                .extracting(LimitStatus::remaining)
                .containsExactly(0L);
        assertThat(scaled).as("a tier is scaled once").hasValue(1);
    }

    @Test
    @SuppressWarnings("NullAway") // that a host gives no tier is what is tested
    void aScaleThatGivesNoTierIsNamed() {
        RateLimiter fallback = new ReferenceRateLimiter(anyone -> TIER, TimeSource.system());
        RedisRateLimiter limiter = built(builder().fallBackTo(fallback, tier -> null));
        assertThatIllegalStateException()
                .isThrownBy(() -> limiter.tryAcquire("acme", "chat"))
                .withMessage("the scale of the fallback must give a tier: tier=tier");
        assertThat(limiter.async().peek(Caller.of("acme", TIER), "chat", calls(1)))
                .failsWithin(Duration.ofSeconds(20))
                .withThrowableThat()
                .withCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void moreForAReservationOfRedisIsAskedOfTheFallbackAndIsNoFurtherCall() {
        Tier tier = TIER.withTable(LimitTable.named("tokens").eachOtherEndpoint(RateLimit.of(Unit.TOKENS, 100, HOUR)));
        RateLimiter fallback = new ReferenceRateLimiter(anyone -> tier, new ManualTime());
        RedisRateLimiter limiter = builder()
                .tier(tier)
                .fallBackTo(fallback)
                .timeout(Duration.ofSeconds(20))
                .build();
        scriptAnswer.set(CannedServer.packed(1, 1, 0, 0, 9, 0, 0, 9));
        Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.TOKENS, 90));
        assertThat(reservation.decision().isAdmitted()).isTrue();
        scriptAnswer.set("-LOADING Redis is loading the dataset in memory\r\n");
        assertThat(reservation.use(Usage.of(Unit.TOKENS, 160)).isAdmitted()).isTrue();
        assertThat(reservation.use(Usage.of(Unit.TOKENS, 70)).isAdmitted()).isFalse();
        assertThat(fallback.status("acme", "chat"))
                .extracting(LimitStatus::used)
                .containsExactly(0L, 70L);
        assertThat(reservation.settle(Usage.of(Unit.TOKENS, 99))).isTrue();
        assertThat(reservation.use(Usage.of(Unit.TOKENS, 1)).isAdmitted()).isFalse();
        assertThat(fallback.status("acme", "chat"))
                .extracting(LimitStatus::used)
                .containsExactly(0L, 70L);
    }

    @Test
    void asynchronousCallsAreAnsweredAlike() {
        RateLimiter fallback = new ReferenceRateLimiter(anyone -> TIER, new ManualTime());
        RedisRateLimiter limiter = built(builder().fallBackTo(fallback));
        Caller caller = Caller.of("acme", TIER);
        assertThat(limiter.async()
                        .tryAcquire("acme", "chat", Usage.call())
                        .toCompletableFuture()
                        .join())
                .isEqualTo(Decision.admitted());
        Reservation reservation = limiter.async()
                .reserve(caller, "chat", Usage.call())
                .toCompletableFuture()
                .join();
        assertThat(reservation.useAsync(calls(2)).toCompletableFuture().join().isAdmitted())
                .isTrue();
        assertThat(reservation.cancelAsync().toCompletableFuture().join()).isTrue();
        assertThat(reservation.settleAsync(Usage.call()).toCompletableFuture().join())
                .isFalse();
        assertThat(limiter.async()
                        .peek(caller, "chat", Usage.call())
                        .toCompletableFuture()
                        .join()
                        .isAdmitted())
                .isTrue();
        assertThat(limiter.async().status(caller, "chat").toCompletableFuture().join())
                .isEqualTo(fallback.status("acme", "chat"))
                .extracting(LimitStatus::used)
                .containsExactly(1L);
        assertThat(limiter.async().status(caller).toCompletableFuture().join()).isEqualTo(fallback.status("acme"));
    }

    @Test
    void aStatusThatNobodyKnowsIsAnExceptionWhereCallsAreRejected() {
        RedisRateLimiter limiter = built(builder());
        assertThatExceptionOfType(RedisUnavailableException.class)
                .isThrownBy(() -> limiter.status("acme", "chat"))
                .havingCause()
                .withMessageContaining("LOADING");
        assertThatExceptionOfType(RedisUnavailableException.class).isThrownBy(() -> limiter.status("acme"));
        assertThatExceptionOfType(CompletionException.class)
                .isThrownBy(() -> limiter.async()
                        .status(Caller.of("acme", TIER))
                        .toCompletableFuture()
                        .join())
                .withCauseInstanceOf(RedisUnavailableException.class)
                .havingCause()
                .havingCause()
                .withMessageStartingWith("LOADING");
    }

    @Test
    void whereCallsAreAdmittedAStatusShowsTheLimitsAsIfNothingWereUsed() {
        Tier tier = TIER.withTable(LimitTable.named("months").otherEndpointsTogether("all", Quota.perMonth(7)));
        RedisRateLimiter limiter = built(builder().tier(tier).failOpen());
        List<LimitStatus> unused = Stream.concat(tier.limitsFor("chat").stream(), tier.namedLimits().stream())
                .map(limit -> LimitStatus.of(limit, 0, 0, Optional.of(Duration.ZERO)))
                .toList();
        Caller caller = Caller.of("acme", tier);
        List<LimitStatus> told = new ArrayList<>(limiter.status("acme", "chat"));
        told.addAll(limiter.status("acme"));
        assertThat(told).isEqualTo(unused);
        assertThat(limiter.async().status(caller, "chat").toCompletableFuture().join())
                .isEqualTo(unused.subList(0, 2));
        assertThat(limiter.async().status(caller).toCompletableFuture().join())
                .isEqualTo(unused.subList(2, unused.size()));
    }

    @Test
    void afterThreeCallsThatNobodyAnsweredRedisIsNotAskedAndTheListenerHearsWhy() throws InterruptedException {
        RedisRateLimiter limiter = builtOn("", builder().timeout(Duration.ofMillis(100)));
        for (int i = 0; i < 10; i++) {
            limiter.tryAcquire("acme", "chat");
        }
        assertThat(scripts).hasValue(3);
        assertThat(heard.poll(20, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
        assertThat(List.copyOf(heard)).isEmpty();
    }

    /** All timeouts come from one thread: who asks again on it would wait for ever. Which thread goes on is a race. */
    @RepeatedTest(30)
    void whatDependsOnAnAnswerThatNeverCameMayAskAgain() {
        RedisRateLimiter limiter = builtOn("", builder().timeout(Duration.ofMillis(5)));
        CompletionStage<Decision> again = limiter.async()
                .tryAcquire("acme", "chat", Usage.call())
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

    /** Nothing else ends the calls of this test. */
    @Test
    void aServerThatNeverAnswersIsNotWaitedFor() throws InterruptedException {
        RedisRateLimiter limiter = builtOn("", builder());
        for (int i = 0; i < 10; i++) {
            assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        }
        assertThat(limiter.async()
                        .tryAcquire("acme", "chat", Usage.call())
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
        assertThat(limiter.tryAcquire(Caller.of("acme", Tier.named("unlimited").build()), "chat"))
                .isEqualTo(Decision.admitted());
        assertThat(List.copyOf(heard)).isEmpty();
    }
}
