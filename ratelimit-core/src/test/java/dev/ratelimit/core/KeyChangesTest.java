package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.apikeys.InMemoryKeyDirectory;
import dev.ratelimit.apikeys.KeyDigest;
import dev.ratelimit.apikeys.KeyKind;
import dev.ratelimit.tiers.GoingLiveEdition;
import dev.ratelimit.tiers.LimitedAccessEdition;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Changes of keys and tiers while calls are in flight: the next call is decided by them, and none is lost. */
class KeyChangesTest {

    private static final int THREADS = 4;

    private volatile Tier tier = LimitedAccessEdition.limited();
    private final InMemoryKeyDirectory keys = InMemoryKeyDirectory.builder()
            .trial(GoingLiveEdition.trial())
            .production(organization -> tier)
            .build();
    private final RateLimiter limiter =
            InMemoryRateLimiter.builder().tier(GoingLiveEdition.trial()).build();

    /* Set before and after a change is made. */
    private volatile boolean changing;
    private volatile boolean changed;

    @Test
    void fullAccessReinstatesGenerateWhileCallsAreInFlight() throws Exception {
        register(0);
        Usage input = Usage.of(Unit.CHARACTERS, 500_000);
        assertThat(limiter.tryAcquire(keys.resolve("key 0"), "generate", input).isAdmitted())
                .isTrue();
        long admitted =
                inFlight(true, () -> tier = LimitedAccessEdition.full(1_000_000, 1_000_000, 1_000_000, 1_000_000));
        assertThat(used("key 0")).isEqualTo(1 + admitted);
    }

    @Test
    void aRevocationIsTheEndOfAdmissionsWhileCallsAreInFlight() throws Exception {
        tier = LimitedAccessEdition.full(1_000_000_000, 1, 1_000_000_000, 1);
        long admitted = inFlight(false, () -> {
            for (int i = 0; i < THREADS; i++) {
                keys.revoke(KeyDigest.of("key " + i));
            }
        });
        keys.register(KeyDigest.of("another key"), "acme", KeyKind.PRODUCTION);
        assertThat(used("another key")).isEqualTo(admitted);
    }

    /**
     * Lets threads call, each with a key of its own, changes something in the middle, and returns how many calls were
     * admitted. All calls before the change must have the one answer and all after it the other; those during it may
     * have either.
     */
    private long inFlight(boolean admittedAfterwards, Runnable change) throws Exception {
        CountDownLatch underWay = new CountDownLatch(THREADS);
        ExecutorService executor = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<Long>> callers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                String key = register(i);
                callers.add(executor.submit(() -> call(key, admittedAfterwards, underWay)));
            }
            underWay.await();
            changing = true;
            change.run();
            changed = true;
            long admitted = 0;
            for (Future<Long> caller : callers) {
                admitted += caller.get();
            }
            return admitted;
        } finally {
            executor.shutdownNow();
        }
    }

    private long call(String key, boolean admittedAfterwards, CountDownLatch underWay) {
        long admitted = 0;
        int callsAfterwards = 0;
        try {
            admitted += call(key, false, admittedAfterwards);
        } finally {
            underWay.countDown();
        }
        while (callsAfterwards < 1_000) {
            boolean afterwards = changed;
            admitted += call(key, afterwards, admittedAfterwards);
            callsAfterwards += afterwards ? 1 : 0;
        }
        return admitted;
    }

    /** Makes one call, that begins after the change or does not, and returns how many were admitted. */
    private int call(String key, boolean afterwards, boolean admittedAfterwards) {
        Decision decision = limiter.tryAcquire(keys.resolve(key), "generate", Usage.of(Unit.CHARACTERS, 1));
        boolean beforehand = !changing;
        if (beforehand || afterwards) {
            assertThat(decision.isAdmitted()).isEqualTo(afterwards == admittedAfterwards);
        }
        return decision.isAdmitted() ? 1 : 0;
    }

    private String register(int i) {
        String key = "key " + i;
        keys.remove(KeyDigest.of(key));
        keys.register(KeyDigest.of(key), "acme", KeyKind.PRODUCTION);
        return key;
    }

    private long used(String key) {
        return limiter.status((Caller) keys.resolve(key), "generate").get(0).used();
    }
}
