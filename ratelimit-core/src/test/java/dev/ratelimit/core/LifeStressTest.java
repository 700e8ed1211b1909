package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Threads that call, one under another tier than the other, while others drop what is idle and take snapshots. */
class LifeStressTest {

    private static final int ROUNDS = 25_000;

    /** An admitted call: it was decided at some time from start to end, in nanoseconds. */
    private record Call(long start, long end) {}

    @ParameterizedTest
    @CsvSource({"1, 2_000", "2, 20_000", "5, 200_000"})
    void noWindowHoldsTooMuchWhileItsOrganizationIsDropped(int amount, long window) throws Exception {
        Tier lower = tier(amount, window);
        Tier higher = tier(amount + 1, window);
        InMemoryRateLimiter limiter = InMemoryRateLimiter.builder().tier(lower).build();
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Future<Long> dropped = threads.submit(() -> {
                long rounds = 0;
                while (!done.get()) {
                    limiter.cleanUp();
                    rounds++;
                }
                return rounds;
            });
            Future<Long> saved = threads.submit(() -> {
                long rounds = 0;
                while (!done.get()) {
                    limiter.snapshot(OutputStream.nullOutputStream());
                    rounds++;
                }
                return rounds;
            });
            List<Call> admitted = new ArrayList<>();
            List<Future<List<Call>>> callers = new ArrayList<>();
            for (Tier tier : List.of(lower, higher)) {
                callers.add(threads.submit(() -> call(limiter, tier, amount, window)));
            }
            for (Future<List<Call>> caller : callers) {
                admitted.addAll(caller.get());
            }
            done.set(true);
            assertThat(dropped.get()).isPositive();
            assertThat(saved.get()).isPositive();
            assertNoWindowHoldsMore(admitted, amount + 1, window);
        } finally {
            done.set(true);
            threads.shutdown();
        }
    }

    private static Tier tier(int amount, long window) {
        return Tier.named("tier of " + amount)
                .table(LimitTable.named("calls").eachOther(RateLimit.of(Unit.CALLS, amount, Duration.ofNanos(window))))
                .build();
    }

    /** Calls until it is refused, then waits until what was admitted is gone or nearly so. */
    private static List<Call> call(RateLimiter limiter, Tier tier, int amount, long window) {
        Caller caller = new Caller("acme", tier);
        SplittableRandom random = new SplittableRandom();
        List<Call> admitted = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            for (int n = 0; n <= amount; n++) {
                long start = System.nanoTime();
                if (limiter.tryAcquire(caller, "chat").isAdmitted()) {
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
