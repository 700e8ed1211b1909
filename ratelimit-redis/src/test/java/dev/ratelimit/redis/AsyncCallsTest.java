package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Asynchronous calls block no thread, whatever the server does. Nothing would end them for an hour here but an answer,
 * and there is none until the thread that has made them all has come back.
 */
@Timeout(120)
class AsyncCallsTest extends FaultInjectingTest {

    private static final Duration HOUR = Duration.ofHours(1);

    private ScheduledThreadPoolExecutor scheduler;
    private ExecutorService caller;

    @BeforeEach
    void startThreads() {
        scheduler = new ScheduledThreadPoolExecutor(1);
        caller = Executors.newSingleThreadExecutor();
        open(scheduler::shutdownNow);
        open(caller::shutdownNow);
    }

    private static RedisRateLimiterBuilder leasing(RedisRateLimiterBuilder builder) {
        return builder.leases(10, HOUR);
    }

    /** Makes each asynchronous call, for an organization; of reservations, those of one that was made before. */
    private List<CompletionStage<?>> callAll(
            RedisRateLimiter limiter, String organization, AsyncReservation one, AsyncReservation other) {
        Caller who = Caller.of(organization, TIER);
        List<CompletionStage<?>> calls = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            calls.add(limiter.tryAcquireAsync(organization, "chat", tokens(1)));
            calls.add(limiter.tryAcquireAsync(who, "chat", tokens(1)));
            calls.add(limiter.peekAsync(who, "chat", tokens(1)));
            calls.add(limiter.reserveAsync(who, "chat", tokens(1)));
            calls.add(limiter.reserveAsync(organization, "chat", tokens(1)));
            calls.add(limiter.statusAsync(who, "chat").exceptionally(failure -> List.of()));
            calls.add(limiter.statusAsync(who).exceptionally(failure -> List.of()));
            calls.add(limiter.acquireAsync(organization, "chat", tokens(1), Duration.ofMillis(1), scheduler));
            calls.add(limiter.acquireAsync(who, "chat", tokens(1), Duration.ofMillis(1), scheduler));
            CompletableFuture<Decision> cancelled = limiter.acquireAsync(who, "chat", tokens(1), HOUR, scheduler);
            assertThat(cancelled.cancel(false)).isTrue();
        }
        calls.add(one.addAsync(tokens(1)));
        calls.add(one.settleAsync(tokens(1)));
        calls.add(other.cancelAsync());
        return calls;
    }

    /**
     * Says that the thread comes back, and that of the scheduler is free, before the server answers; and then all is
     * answered.
     */
    private void assertFree(Callable<List<CompletionStage<?>>> allCalls, Runnable answer) throws Exception {
        List<CompletionStage<?>> calls = caller.submit(allCalls).get(30, TimeUnit.SECONDS);
        assertThat(scheduler.submit(() -> "free").get(30, TimeUnit.SECONDS)).isEqualTo("free");
        answer.run();
        for (CompletionStage<?> call : calls) {
            call.toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    private void assertFree(RedisRateLimiter limiter, Runnable silence, Runnable answer) throws Exception {
        AsyncReservation one = limiter.reserve("acme", "chat", tokens(9));
        AsyncReservation other = limiter.reserve("acme", "chat", tokens(9));
        silence.run();
        assertFree(() -> callAll(limiter, "acme", one, other), answer);
    }

    private RedisRateLimiter endless(String uri, UnaryOperator<RedisRateLimiterBuilder> more) {
        return open(more.apply(builder(uri).timeout(HOUR).probeEvery(Duration.ofMillis(50)))
                .build());
    }

    @Test
    void aServerThatDoesNotAnswer() throws Exception {
        CuttingProxy proxy = open(new CuttingProxy(open(new RedisServer())));
        assertFree(endless(proxy.uri(), builder -> builder), proxy::hold, proxy::letGo);
    }

    @Test
    void aServerThatDoesNotAnswerToLimitersThatLease() throws Exception {
        CuttingProxy proxy = open(new CuttingProxy(open(new RedisServer())));
        RedisRateLimiter limiter = endless(proxy.uri(), AsyncCallsTest::leasing);
        limiter.tryAcquire("acme", "chat", tokens(5));
        assertFree(limiter, proxy::hold, proxy::letGo);
    }

    /** What Lettuce is given meanwhile it keeps. */
    @Test
    void aServerThatIsGoneAndComesBack() throws Exception {
        RedisServer server = open(new RedisServer("--appendonly", "yes", "--appendfsync", "always"));
        assertFree(endless(server.uri(), builder -> builder), server::kill, server::restart);
    }

    @Test
    void aConnectionThatIsBeingMadeAnew() throws Exception {
        RedisServer server = open(new RedisServer());
        CuttingProxy proxy = open(new CuttingProxy(server));
        assertFree(
                endless(proxy.uri(), builder -> builder),
                () -> {
                    proxy.hold();
                    proxy.cutAll();
                },
                proxy::letGo);
    }

    @Test
    void aServerThatWasNeverThere() throws Exception {
        RedisRateLimiter limiter = endless("redis://127.0.0.1:1", builder -> builder);
        AsyncReservation rejected = limiter.reserve("acme", "chat", tokens(1));
        assertFree(() -> callAll(limiter, "acme", rejected, rejected), () -> {});
    }

    /** Lettuce connects to a node when it is first asked, and this one is let in by its system only. */
    @Test
    void aNodeOfAClusterThatDoesNotAnswer() throws Exception {
        ThreeMasters cluster = open(new ThreeMasters());
        RedisRateLimiter limiter = open(RedisRateLimiter.builder(cluster.client())
                .tier(TIER)
                .timeout(HOUR)
                .build());
        RedisServer silent = cluster.servers().get(2);
        String organization = IntStream.range(0, 1_000)
                .mapToObj(i -> "organization-" + i)
                .filter(name -> SlotHash.getSlot(name) / (SlotHash.SLOT_COUNT / 3) == 2)
                .findFirst()
                .orElseThrow();
        AsyncReservation one = limiter.reserve("acme", "chat", tokens(9));
        AsyncReservation other = limiter.reserve("acme", "chat", tokens(9));
        silent.suspend();
        assertFree(() -> callAll(limiter, organization, one, other), silent::resume);
    }

    /**
     * Whoever is admitted though nobody waits for it any more gives back: else 900 of 1,000 would be lost to calls that
     * were cancelled.
     */
    @Test
    void callsThatAreCancelledWhileTheServerDoesNotAnswerAreGivenBack() throws Exception {
        CuttingProxy proxy = open(new CuttingProxy(open(new RedisServer())));
        RedisRateLimiter limiter = endless(proxy.uri(), builder -> builder);
        proxy.hold();
        List<CompletableFuture<Decision>> calls = caller.submit(() -> IntStream.range(0, 10)
                        .mapToObj(i -> limiter.acquireAsync("acme", "chat", tokens(100), HOUR, scheduler))
                        .toList())
                .get(30, TimeUnit.SECONDS);
        calls.subList(0, 9).forEach(call -> call.cancel(false));
        proxy.letGo();
        assertThat(calls.get(9).get(60, TimeUnit.SECONDS).isAdmitted()).isTrue();
        long used;
        do {
            used = limiter.status("acme", "chat").get(0).used();
        } while (used != 100); // ended by the time of the test
        assertUsed(limiter, 100);
    }
}
