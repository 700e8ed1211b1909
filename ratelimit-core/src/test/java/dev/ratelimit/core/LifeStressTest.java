package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two threads that call, while one drops what is idle, one changes the tier, and one takes snapshots. */
class LifeStressTest {

    private static final int ROUNDS = 15_000;

    /** An admitted call: it was decided at some time from start to end, in nanoseconds. */
    private record Call(long start, long end) {}

    @ParameterizedTest
    @CsvSource({"1, 2_000", "2, 20_000", "5, 200_000"})
    void noWindowHoldsTooMuchWhileItsOrganizationIsDropped(int amount, long window) throws Exception {
        Tier[] tiers = {tier(amount, window), tier(amount + 1, window)};
        AtomicInteger onTier = new AtomicInteger();
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
                .tiers(organization -> tiers[onTier.get()])
                .build();
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(5);
        try {
            List<Future<Long>> others = List.of(
                    threads.submit(() -> untilDone(done, limiter::cleanUp)),
                    threads.submit(() -> untilDone(done, () -> onTier.set(1 - onTier.get()))),
                    threads.submit(() -> untilDone(done, () -> save(limiter))));
            List<Future<List<Call>>> callers = List.of(
                    threads.submit(() -> call(limiter, amount, window)),
                    threads.submit(() -> call(limiter, amount, window)));
            List<Call> admitted = new ArrayList<>();
            for (Future<List<Call>> caller : callers) {
                admitted.addAll(caller.get());
            }
            done.set(true);
            for (Future<Long> other : others) {
                assertThat(other.get()).isPositive();
            }
            assertNoWindowHoldsMore(admitted, amount + 1, window);
        } finally {
            done.set(true);
            threads.shutdown();
        }
    }

    private static long untilDone(AtomicBoolean done, Runnable action) {
        long rounds = 0;
        while (!done.get()) {
            action.run();
            rounds++;
        }
        return rounds;
    }

    private static void save(InMemoryRateLimiter limiter) {
        try {
            limiter.snapshot(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Tier tier(int amount, long window) {
        return Tier.named("tier of " + amount)
                .table(LimitTable.named("calls")
                        .eachOtherEndpoint(RateLimit.of(Unit.CALLS, amount, Duration.ofNanos(window))))
                .build();
    }

    /** Calls until it is refused, then waits until what was admitted is gone or nearly so. */
    private static List<Call> call(RateLimiter limiter, int amount, long window) {
        SplittableRandom random = new SplittableRandom();
        List<Call> admitted = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            for (int n = 0; n <= amount; n++) {
                long start = System.nanoTime();
                if (limiter.tryAcquire("acme", "chat").isAdmitted()) {
                    admitted.add(new Call(start, System.nanoTime()));
                }
            }
            long until = System.nanoTime() + random.nextLong(Math.min(2 * window, 20_000));
            while (System.nanoTime() - until < 0) {
                Thread.onSpinWait();
            }
        }
        return admitted;
    }

    /** Calls that start at or after t and end before t + window were all decided in that window. */
    private static void assertNoWindowHoldsMore(List<Call> calls, int amount, long window) {
        calls.sort((a, b) -> Long.signum(a.start - b.start));
        for (int i = 0; i < calls.size(); i++) {
            int units = 0;
            for (int j = i; j < calls.size() && calls.get(j).start - calls.get(i).start < window; j++) {
                units += calls.get(j).end - calls.get(i).start < window ? 1 : 0;
            }
            assertThat(units).as("calls in the window from call %d on", i).isLessThanOrEqualTo(amount);
        }
    }
}
