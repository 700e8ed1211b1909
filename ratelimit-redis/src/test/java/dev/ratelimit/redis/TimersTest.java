package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import io.lettuce.core.RedisClient;
import io.lettuce.core.resource.ClientResources;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What ends by time, where a host holds the timer's thread up, or none can be started. */
class TimersTest extends FaultInjectingTest {

    private static final Duration TIME = Duration.ofMillis(50);

    /** Whether a thread that is to be started now is not. */
    private final AtomicBoolean startsNoThread = new AtomicBoolean();

    private CuttingProxy proxy;
    private ClientResources resources;

    @BeforeEach
    void serve() {
        proxy = open(new CuttingProxy(open(new RedisServer())));
        DefaultEventExecutorGroup executors = new DefaultEventExecutorGroup(1, this::thread);
        resources = ClientResources.builder().eventExecutorGroup(executors).build();
        open(() -> {
            resources.shutdown(0, 5, TimeUnit.SECONDS).sync();
            executors.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        });
    }

    private @Nullable Thread thread(Runnable task) {
        if (startsNoThread.get()) {
            throw new OutOfMemoryError("unable to create native thread, for a test");
        }
        return new Thread(task, "timer");
    }

    @AfterEach
    void passOn() {
        startsNoThread.set(false);
        proxy.letGo();
    }

    private RedisRateLimiterBuilder builderOnResources() {
        RedisClient client = RedisClient.create(resources, proxy.uri());
        open(() -> Clients.shutDown(client));
        return RedisRateLimiter.builder(client).tier(TIER).timeout(TIME).probeEvery(Duration.ofHours(1));
    }

    private static void assertNotDecidedByRedis(Decision decision) {
        assertThat(decision)
                .isInstanceOfSatisfying(
                        Rejected.class, rejected -> assertThat(rejected.cause()).isEqualTo(new StoreUnavailable()));
    }

    /** Does something while a host holds up the only thread that ends what takes too long. */
    private void whileTheTimerIsHeldUp(Runnable work) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        resources.eventExecutorGroup().execute(() -> {
            begun.countDown();
            await(done);
        });
        await(begun);
        try {
            work.run();
        } finally {
            done.countDown();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    @Timeout(60)
    void aCallThatWaitsEndsInTimeThoughAHostHoldsUpTheTimer() throws InterruptedException {
        RedisRateLimiter limiter =
                open(builderOnResources().outageListener(outages).build());
        proxy.hold();
        whileTheTimerIsHeldUp(() -> {
            for (int i = 0; i < 4; i++) {
                assertNotDecidedByRedis(limiter.tryAcquire("acme", "chat", tokens(1)));
            }
        });
        assertThat(outages.nextDuring(() -> {})).as("its time-outs are counted").contains("TimeoutException");
    }

    @Test
    @Timeout(60)
    void aCallThatNoThreadWaitsForEndsWhenTheTimerIsFreeOrAnotherThreadWaits() throws InterruptedException {
        RedisRateLimiter limiter = open(builderOnResources().build());
        proxy.hold();
        List<CompletableFuture<Decision>> calls = new ArrayList<>();
        whileTheTimerIsHeldUp(() -> {
            calls.add(limiter.async().tryAcquire("acme", "chat", tokens(1)).toCompletableFuture());
            assertNotDecidedByRedis(limiter.tryAcquire("acme", "chat", tokens(1)));
            assertNotDecidedByRedis(calls.get(0).join());
            calls.add(limiter.async().tryAcquire("acme", "chat", tokens(1)).toCompletableFuture());
        });
        assertNotDecidedByRedis(calls.get(1).join());
    }

    @Test
    @Timeout(60)
    void aLimiterWhoseTimerHasNoThreadIsNotBuilt() {
        startsNoThread.set(true);
        assertThatThrownBy(() -> builderOnResources().build())
                .hasStackTraceContaining("unable to create native thread, for a test");
    }

    /** As the client's resources are after they were shut down, and as a timer is that cannot start its thread. */
    @Test
    @Timeout(60)
    void whereNoTimerCanBeSetACallIsDecidedAtOnceAndNothingIsSent() {
        RedisRateLimiter limiter = open(builderOnResources().build());
        assertThat(admits(limiter, 1)).isTrue();
        proxy.hold();
        resources
                .eventExecutorGroup()
                .shutdownGracefully(0, 5, TimeUnit.SECONDS)
                .syncUninterruptibly();
        for (int i = 0; i < 5; i++) {
            assertNotDecidedByRedis(limiter.tryAcquire("acme", "chat", tokens(1)));
            assertNotDecidedByRedis(limiter.async()
                    .tryAcquire("acme", "chat", tokens(1))
                    .toCompletableFuture()
                    .join());
        }
        proxy.letGo();
        assertUsed(patient(proxy.uri()), 1);
    }

    @Test
    void futuresAreEndedAtOnceWhereTheTimerTakesNoTaskAndInTimeOnceItDoes() {
        AtomicBoolean takesNone = new AtomicBoolean(true);
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, task -> {
            if (takesNone.get()) {
                throw new OutOfMemoryError("unable to create native thread, for a test");
            }
            return new Thread(task);
        });
        open(timer::shutdownNow);
        Timeouts timeouts = new Timeouts(TIME, timer);
        for (int i = 0; i < 3; i++) {
            assertThat(timeouts.bound(new CompletableFuture<>()))
                    .failsWithin(Duration.ZERO)
                    .withThrowableThat()
                    .havingCause()
                    .withStackTraceContaining("unable to create native thread, for a test");
        }
        takesNone.set(false);
        assertThat(timeouts.bound(new CompletableFuture<>()))
                .failsWithin(LONG)
                .withThrowableThat()
                .withCauseInstanceOf(TimeoutException.class);
    }

    @Test
    void aLeaseThatNoTimerWouldEndEndsAtOnceSoThatItsRestComesBack() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
        CompletableFuture<@Nullable Void> over = new CompletableFuture<>();
        Leases.timer(timer).complete(over, 1_000_000);
        assertThat(over).succeedsWithin(LONG);
        CompletableFuture<@Nullable Void> cancelled = new CompletableFuture<>();
        Leases.timer(timer).complete(cancelled, TimeUnit.HOURS.toNanos(1));
        cancelled.complete(null);
        timer.setRemoveOnCancelPolicy(true);
        timer.shutdownNow();
        CompletableFuture<@Nullable Void> refused = new CompletableFuture<>();
        Leases.timer(timer).complete(refused, TimeUnit.HOURS.toNanos(1));
        assertThat(refused).isCompleted();
    }
}
