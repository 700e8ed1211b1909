package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Precision;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;

/** Snapshots that are taken while calls go on. */
class SnapshotStressTest {

    private static final String[] ORGANIZATIONS = {"acme", "globex", "initech"};
    private static final long MANY = 1L << 50;

    @Test
    void noChargeThatReturnedBeforeASnapshotBeganIsMissingInIt() throws Exception {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("per hour")
                        .eachOtherEndpoint(new RateLimit(Unit.TOKENS, MANY, Duration.ofHours(1), Precision.BOUNDED)))
                .table(LimitTable.named("in all").eachOtherEndpoint(Quota.lifetime(Unit.TOKENS, MANY)))
                .build();
        InMemoryRateLimiterBuilder builder = InMemoryRateLimiter.builder().tier(tier);
        InMemoryRateLimiter limiter = builder.build();
        AtomicLongArray returned = new AtomicLongArray(ORGANIZATIONS.length);
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            List<Future<?>> callers = new ArrayList<>();
            for (int thread = 0; thread < 2; thread++) {
                callers.add(threads.submit(() -> {
                    for (int call = 0; !done.get(); call++) {
                        call(limiter, call, returned);
                    }
                }));
            }
            for (int i = 0; i < 200; i++) {
                assertNothingIsMissing(limiter, builder, returned);
            }
            done.set(true);
            for (Future<?> caller : callers) {
                caller.get();
            }
            assertNothingIsMissing(limiter, builder, returned);
            for (int i = 0; i < ORGANIZATIONS.length; i++) {
                long all = returned.get(i);
                assertThat(limiter.status(ORGANIZATIONS[i], "chat"))
                        .allSatisfy(status -> assertThat(status.used()).isEqualTo(all));
            }
        } finally {
            done.set(true);
            threads.shutdown();
        }
    }

    /** Reserves two tokens more than it settles, so that what counts never is less than what was returned. */
    private static void call(RateLimiter limiter, int call, AtomicLongArray returned) {
        int i = call % ORGANIZATIONS.length;
        Reservation reservation = limiter.reserve(ORGANIZATIONS[i], "chat", Usage.of(Unit.TOKENS, 5));
        assertThat(reservation.settle(Usage.of(Unit.TOKENS, 3))).isTrue();
        returned.addAndGet(i, 3);
    }

    private static void assertNothingIsMissing(
            InMemoryRateLimiter limiter, InMemoryRateLimiterBuilder builder, AtomicLongArray returned)
            throws Exception {
        long[] before = new long[ORGANIZATIONS.length];
        for (int i = 0; i < before.length; i++) {
            before[i] = returned.get(i);
        }
        ByteArrayOutputStream snapshot = new ByteArrayOutputStream();
        limiter.snapshot(snapshot);
        RateLimiter restored = builder.restore(new ByteArrayInputStream(snapshot.toByteArray()));
        for (int i = 0; i < before.length; i++) {
            long least = before[i];
            assertThat(restored.status(ORGANIZATIONS[i], "chat"))
                    .hasSize(2)
                    .allSatisfy(status -> assertThat(status.used()).isGreaterThanOrEqualTo(least));
        }
    }
}
