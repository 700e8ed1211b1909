package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;

/** Threads that race for the last units of several limits at once. */
class SeveralLimitsStressTest {

    private static final String[] ENDPOINTS = {"a", "b", "c", "d"};
    private static final int CALLS = 400;

    @RepeatedTest(100)
    void aCallThatLosesARaceGivesBackAllThatItTook() throws Exception {
        Tier tier = Tier.named("t")
                .table(LimitTable.named("each").each(RateLimit.perHour(CALLS), ENDPOINTS))
                .table(LimitTable.named("pairs")
                        .together("ab", RateLimit.perDay(301), "a", "b")
                        .together("cd", RateLimit.perDay(300), "c", "d"))
                .table(LimitTable.named("all").otherEndpointsTogether("all", Quota.lifetime(Unit.CALLS, 500)))
                .build();
        RateLimiter limiter = InMemoryRateLimiter.builder().tier(tier).build();

        int[] admitted = inParallel(limiter);
        // What the threads left, because a call that lost a race held it for a moment, is still to be had.
        for (int i = 0; i < ENDPOINTS.length; i++) {
            while (limiter.tryAcquire("acme", ENDPOINTS[i]).isAdmitted()) {
                admitted[i]++;
            }
        }

        assertThat(admitted[0] + admitted[1]).isLessThanOrEqualTo(301);
        assertThat(admitted[2] + admitted[3]).isLessThanOrEqualTo(300);
        int all = admitted[0] + admitted[1] + admitted[2] + admitted[3];
        assertThat(all).isEqualTo(500);
        for (int i = 0; i < ENDPOINTS.length; i++) {
            assertThat(limiter.status("acme", ENDPOINTS[i]))
                    .extracting(LimitStatus::used)
                    .containsExactly(
                            (long) admitted[i],
                            (long) (i < 2 ? admitted[0] + admitted[1] : admitted[2] + admitted[3]),
                            (long) all);
        }
    }

    /** Calls each endpoint by a thread of its own, and returns how many calls each had admitted. */
    private static int[] inParallel(RateLimiter limiter) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(ENDPOINTS.length);
        try {
            CyclicBarrier start = new CyclicBarrier(ENDPOINTS.length);
            List<Callable<Integer>> callers = new ArrayList<>();
            for (String endpoint : ENDPOINTS) {
                callers.add(() -> {
                    start.await();
                    int admitted = 0;
                    for (int i = 0; i < CALLS; i++) {
                        admitted += limiter.tryAcquire("acme", endpoint).isAdmitted() ? 1 : 0;
                    }
                    return admitted;
                });
            }
            int[] admitted = new int[ENDPOINTS.length];
            int i = 0;
            for (Future<Integer> done : threads.invokeAll(callers)) {
                admitted[i++] = done.get();
            }
            return admitted;
        } finally {
            threads.shutdown();
        }
    }
}
