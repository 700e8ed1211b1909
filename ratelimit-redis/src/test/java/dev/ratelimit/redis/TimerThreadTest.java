package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What ends by time, and the thread that does it. */
class TimerThreadTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    /** Does something while a host blocks the thread on which timeouts of futures of its own go on. */
    static void whileTheHostBlocksTheTimeoutsOfTheJvm(Runnable work) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(1);
        CompletableFuture.delayedExecutor(1, TimeUnit.MILLISECONDS, Runnable::run)
                .execute(() -> {
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

    private static boolean isThere() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals(TimerThread.NAME));
    }

    @Test
    void whatTakesTooLongEndsWhateverTheHostDoesOnTheThreadOfTheJvm() throws InterruptedException {
        whileTheHostBlocksTheTimeoutsOfTheJvm(
                () -> assertThat(new Deadlines(Duration.ofMillis(5)).bound(new CompletableFuture<>()))
                        .failsWithin(LONG)
                        .withThrowableThat()
                        .withCauseInstanceOf(TimeoutException.class));
    }

    @Test
    void aLeaseThatIsOverEndsWhateverTheHostDoesOnTheThreadOfTheJvm() throws InterruptedException {
        whileTheHostBlocksTheTimeoutsOfTheJvm(() -> {
            CompletableFuture<Void> over = new CompletableFuture<>();
            Leases.TIMER.complete(over, 1_000_000);
            assertThat(over).succeedsWithin(LONG);
        });
    }

    @Test
    @Timeout(20)
    void itEndsWhenNothingIsLeftToDo() throws InterruptedException {
        CompletableFuture<Void> over = new CompletableFuture<>();
        Leases.TIMER.complete(over, TimeUnit.HOURS.toNanos(1));
        assertThat(isThere()).isTrue();
        over.complete(null);
        while (isThere()) {
            Thread.sleep(20);
        }
    }
}
