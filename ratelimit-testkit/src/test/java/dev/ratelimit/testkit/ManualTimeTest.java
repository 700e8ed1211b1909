package dev.ratelimit.testkit;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import dev.ratelimit.TierResolver;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ManualTimeTest {

    private static final Tier ONE_CALL_PER_MINUTE = Tier.named("one call per minute")
            .table(LimitTable.named("calls").eachOtherEndpoint(RateLimit.perMinute(1)))
            .build();

    private final ManualTime time = new ManualTime();

    @Test
    void theExamplesOfTheDocumentationHold() throws InterruptedException {
        // sample: dev/ratelimit/testkit/ManualTime.java
        ManualTime time = new ManualTime();
        RateLimiter limiter = new ReferenceRateLimiter(organization -> ONE_CALL_PER_MINUTE, time);

        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();

        time.advance(Duration.ofMinutes(1));
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
        // end of sample

        // sample: dev/ratelimit/testkit/ManualTime.java
        assertThat(limiter.waiting(Duration.ofHours(1))
                        .acquire("acme", "chat", Usage.call())
                        .isAdmitted())
                .isTrue();
        assertThat(time.instant()).isAfterOrEqualTo(ManualTime.DEFAULT_START.plusSeconds(120));
        // end of sample
    }

    @Test
    void standsStillAtItsStart() {
        assertReads(time, "2025-01-01T00:00:00Z", 0);
        assertReads(time, "2025-01-01T00:00:00Z", 0);
        assertReads(new ManualTime(Instant.EPOCH, -7), "1970-01-01T00:00:00Z", -7);
    }

    @Test
    void advanceMovesBothClocks() {
        time.advance(Duration.ofMinutes(1));
        assertReads(time, "2025-01-01T00:01:00Z", 60_000_000_000L);
        time.advanceNanos(5);
        assertReads(time, "2025-01-01T00:01:00.000000005Z", 60_000_000_005L);
        time.advance(Duration.ZERO);
        assertReads(time, "2025-01-01T00:01:00.000000005Z", 60_000_000_005L);
    }

    @Test
    void sleepingMovesBothClocksAtOnce() throws InterruptedException {
        time.sleep(60_000_000_000L);
        assertReads(time, "2025-01-01T00:01:00Z", 60_000_000_000L);
        time.sleep(0);
        time.sleep(-1);
        time.sleep(Long.MIN_VALUE);
        assertReads(time, "2025-01-01T00:01:00Z", 60_000_000_000L);
    }

    @Test
    void anInterruptedThreadDoesNotSleep() {
        for (long nanos : new long[] {5, 0, -1}) {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> time.sleep(nanos));
            assertThat(Thread.currentThread().isInterrupted()).isFalse();
        }
        assertReads(time, "2025-01-01T00:00:00Z", 0);
    }

    @Test
    @SuppressWarnings("FutureReturnValueIgnored") // the tasks run on this thread
    void aTaskRunsWhenItsTimeHasComeAndReadsThatTime() throws Exception {
        List<String> ran = new ArrayList<>();
        ScheduledExecutorService scheduler = time.scheduler();
        scheduler.schedule(() -> ran.add("b at " + time.nanoTime()), 20, NANOSECONDS);
        scheduler.schedule(() -> ran.add("a at " + time.nanoTime()), 10, NANOSECONDS);
        ScheduledFuture<Integer> later = scheduler.schedule(() -> 7, 100, NANOSECONDS);
        time.advanceNanos(9);
        assertThat(ran).isEmpty();
        time.advanceNanos(50);
        assertThat(ran).containsExactly("a at 10", "b at 20");
        assertThat(later.isDone()).isFalse();
        assertThat(later.getDelay(NANOSECONDS)).isEqualTo(41);
        time.sleep(41);
        assertThat(later.get()).isEqualTo(7);
        assertReads(time, "2025-01-01T00:00:00.000000100Z", 100);
    }

    @Test
    @SuppressWarnings("FutureReturnValueIgnored") // the tasks run on this thread
    void aTaskMayScheduleAnotherOneAndMoveTheTime() {
        List<Long> ran = new ArrayList<>();
        ScheduledExecutorService scheduler = time.scheduler();
        Runnable second = () -> ran.add(time.nanoTime());
        scheduler.schedule(
                () -> {
                    ran.add(time.nanoTime());
                    scheduler.schedule(second, 5, NANOSECONDS);
                    scheduler.execute(() -> time.advanceNanos(1));
                },
                10,
                NANOSECONDS);
        time.advanceNanos(20);
        assertThat(ran).containsExactly(10L, 15L);
        assertThat(time.nanoTime()).isEqualTo(21);
    }

    @Test
    void aPeriodicTaskRunsInEveryPeriodUntilItIsCancelled() {
        List<Long> ran = new ArrayList<>();
        Runnable task = () -> ran.add(time.nanoTime());
        ScheduledFuture<?> fixedRate = time.scheduler().scheduleAtFixedRate(task, 0, 10, NANOSECONDS);
        time.advanceNanos(25);
        assertThat(ran).containsExactly(0L, 10L, 20L);
        assertThat(fixedRate.cancel(false)).isTrue();
        ScheduledFuture<?> fixedDelay = time.scheduler().scheduleWithFixedDelay(task, 5, 10, NANOSECONDS);
        time.advanceNanos(20);
        assertThat(ran).containsExactly(0L, 10L, 20L, 30L, 40L);
        assertThat(fixedDelay.cancel(false)).isTrue();
        time.advanceNanos(100);
        assertThat(ran).hasSize(5);
    }

    @Test
    void aSchedulerThatIsShutDownTakesNoTask() {
        ScheduledExecutorService scheduler = time.scheduler();
        ScheduledFuture<?> waiting = scheduler.schedule(() -> {}, 1, NANOSECONDS);
        assertThat(scheduler.shutdownNow()).hasSize(1);
        assertThat(scheduler.isTerminated()).isTrue();
        assertThatExceptionOfType(RejectedExecutionException.class).isThrownBy(() -> scheduler.execute(() -> {}));
        assertThatExceptionOfType(RejectedExecutionException.class)
                .isThrownBy(() -> scheduler.schedule(() -> {}, 1, NANOSECONDS));
        time.advanceNanos(5);
        assertThat(waiting.isDone()).isFalse();
    }

    @Test
    void manualTimeAndTheReferenceNeedNeitherJUnitNorAssertJ() throws Exception {
        URL[] jars = {
            ManualTime.class.getProtectionDomain().getCodeSource().getLocation(),
            TimeSource.class.getProtectionDomain().getCodeSource().getLocation()
        };
        try (URLClassLoader bare = new URLClassLoader(jars, ClassLoader.getPlatformClassLoader())) {
            assertThatExceptionOfType(ClassNotFoundException.class)
                    .isThrownBy(() -> bare.loadClass(Test.class.getName()));
            Object moved = bare.loadClass(ManualTime.class.getName())
                    .getDeclaredConstructor()
                    .newInstance();
            moved.getClass().getMethod("advanceNanos", long.class).invoke(moved, 60L);
            assertThat(moved).hasToString("2025-01-01T00:00:00.000000060Z, 60 ns");
            Class<?> reference = bare.loadClass(ReferenceRateLimiter.class.getName());
            Object resolver = bare.loadClass(TierResolver.class.getName())
                    .getMethod("none")
                    .invoke(null);
            Object limiter = Stream.of(reference.getConstructors())
                    .filter(constructor -> constructor.getParameterCount() == 2)
                    .findFirst()
                    .orElseThrow()
                    .newInstance(resolver, moved);
            assertThat(reference.getMethod("timeSource").invoke(limiter)).isSameAs(moved);
        }
    }

    @Test
    void theMonotonicClockWraps() {
        ManualTime atTheEnd = new ManualTime(Instant.EPOCH, Long.MAX_VALUE);
        atTheEnd.advanceNanos(1);
        assertReads(atTheEnd, "1970-01-01T00:00:00.000000001Z", Long.MIN_VALUE);
    }

    @Test
    void theWallClockStepsAloneAndInEitherDirection() {
        time.stepWall(Duration.ofHours(1));
        assertReads(time, "2025-01-01T01:00:00Z", 0);
        time.stepWall(Duration.ofHours(-2));
        assertReads(time, "2024-12-31T23:00:00Z", 0);
        time.setWall(Instant.EPOCH);
        assertReads(time, "1970-01-01T00:00:00Z", 0);
    }

    @Test
    void doesNotGoBack() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> time.advance(Duration.ofSeconds(-1)))
                .withMessage("duration must be >= 0: duration=PT-1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> time.advanceNanos(-1))
                .withMessage("nanos must be >= 0: nanos=-1");
        assertReads(time, "2025-01-01T00:00:00Z", 0);
    }

    @Test
    @SuppressWarnings("NullAway") // that null is refused is what is tested
    void nullIsRefusedByName() {
        assertThatNullPointerException()
                .isThrownBy(() -> new ManualTime(null, 0))
                .withMessage("wall");
        assertThatNullPointerException().isThrownBy(() -> time.advance(null)).withMessage("duration");
        assertThatNullPointerException().isThrownBy(() -> time.stepWall(null)).withMessage("step");
        assertThatNullPointerException().isThrownBy(() -> time.setWall(null)).withMessage("wall");
    }

    @Test
    void printsBothReadings() {
        assertThat(time).hasToString("2025-01-01T00:00:00Z, 0 ns");
    }

    private static void assertReads(ManualTime time, String wall, long nanoTime) {
        assertThat(time.instant()).isEqualTo(wall);
        assertThat(time.nanoTime()).isEqualTo(nanoTime);
    }
}
