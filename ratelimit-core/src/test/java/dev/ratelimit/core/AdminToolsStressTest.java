package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Threads that grant, reset and clean up while others call. */
class AdminToolsStressTest {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("for good").each(Quota.lifetime(Unit.CALLS, 10), "chat"))
            .build();
    private static final AppliedLimit LIMIT = TIER.limits().get(0);

    private final InMemoryRateLimiter limiter =
            InMemoryRateLimiter.builder().tier(TIER).build();

    private LimitStatus grant(long units) {
        return limiter.admin().grant("acme", LIMIT, units);
    }

    /** A quota that is full at every moment, by what is used or by what is granted, admits nothing. */
    @Test
    void nothingIsAdmittedWhileGrantsComeAndGoInAFullQuota() throws Exception {
        CompiledLimit limit = CompiledLimits.of(Quota.lifetime(Unit.CALLS, 10));
        PeriodCounter full = new PeriodCounter(QuotaPeriod.lifetime(), new Clocks(TimeSource.system()));
        full.charge(limit, 10, 0);
        Meter.Booking booking = full.booking(0);
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<Long> admitted = threads.submit(() -> {
                long calls = 0;
                while (!done.get()) {
                    calls += full.charge(limit, 1, 0) < 0 ? 0 : 1;
                }
                return calls;
            });
            threads.submit(() -> {
                        for (int i = 0; i < 1_000_000; i++) {
                            full.chargeMore(limit, booking, 5, 0, null);
                            full.grant(limit, 5, 0);
                            full.grant(limit, -5, 0);
                            full.refund(booking, 5);
                        }
                    })
                    .get();
            done.set(true);
            assertThat(admitted.get()).isZero();
        } finally {
            done.set(true);
            threads.shutdown();
        }
    }

    /** Five are used all the time, while as many are granted and taken back. */
    @Test
    void noChargeIsLostBesideGrantsByCleanUpsOrInSnapshots() throws Exception {
        assertThat(limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 5)).isAdmitted())
                .isTrue();
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            Future<?> grants = threads.submit(() -> {
                for (int i = 0; i < 100_000; i++) {
                    grant(5);
                    grant(-5);
                }
            });
            Future<?> cleanUps = threads.submit(() -> {
                while (!done.get()) {
                    limiter.cleanUp();
                }
            });
            Future<Boolean> snapshots = threads.submit(() -> {
                boolean whole = true;
                while (!done.get()) {
                    whole &= isSavedAsUsed(5);
                }
                return whole;
            });
            grants.get();
            done.set(true);
            cleanUps.get();
            assertThat(snapshots.get()).isTrue();
        } finally {
            done.set(true);
            threads.shutdown();
        }
        assertThat(grant(0).used()).isEqualTo(5);
    }

    private boolean isSavedAsUsed(long units) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        limiter.snapshot(out);
        List<SavedOrganization> saved = Snapshots.read(out.toByteArray()).organizations();
        return saved.size() == 1
                && saved.get(0).meters().get(0) instanceof SavedMeter.Period period
                && period.used() == units;
    }

    /** One thread resets and one drops what is idle, while two grant. */
    @RepeatedTest(5)
    void noGrantIsLostOrMadeTwiceWhileOthersResetAndCleanUp() throws Exception {
        int grants = 500;
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> done = new ArrayList<>();
            for (int thread = 0; thread < 2; thread++) {
                done.add(threads.submit(() -> {
                    for (int i = 0; i < grants; i++) {
                        grant(2);
                        grant(-1);
                    }
                }));
            }
            done.add(threads.submit(() -> {
                for (int i = 0; i < grants; i++) {
                    limiter.admin().reset("acme");
                }
            }));
            done.add(threads.submit(() -> {
                for (int i = 0; i < grants; i++) {
                    limiter.cleanUp();
                }
            }));
            for (Future<?> task : done) {
                task.get();
            }
        } finally {
            threads.shutdown();
        }
        assertThat(grant(0).granted()).isEqualTo(2L * grants);
    }
}
