package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TimeoutsTest {

    private static final Duration TIME = Duration.ofMillis(20);

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
    private final Timeouts timeouts = new Timeouts(TIME, timer);

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    private CompletableFuture<String> begin() {
        return timeouts.bound(new CompletableFuture<>());
    }

    private static void assertEnds(CompletableFuture<String> future) {
        assertThatThrownBy(() -> future.get(10, TimeUnit.SECONDS)).hasCauseInstanceOf(TimeoutException.class);
    }

    @Test
    void whatIsNotDoneInTimeFailsThen() {
        long start = System.nanoTime();
        assertEnds(begin());
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(TIME.toNanos());
    }

    @Test
    void whatIsDoneStaysAsItIsAndTheOthersEnd() {
        List<CompletableFuture<String>> futures =
                Stream.generate(this::begin).limit(5).toList();
        futures.get(0).complete("first");
        futures.get(3).complete("fourth");
        assertEnds(futures.get(1));
        assertEnds(futures.get(2));
        assertEnds(futures.get(4));
        assertThat(futures.get(0)).isCompletedWithValue("first");
        assertThat(futures.get(3)).isCompletedWithValue("fourth");
    }

    @Test
    void afterAllHaveEndedTheNextOneEndsToo() {
        for (int i = 0; i < 5; i++) {
            assertEnds(begin());
        }
        assertThat(timeouts.bound(CompletableFuture.completedFuture("done"))).isCompletedWithValue("done");
    }

    @Test
    void aLongTimeIsWaitedForInPieces() {
        Timeouts longer = new Timeouts(Duration.ofMillis(250), timer);
        CompletableFuture<String> early = longer.bound(new CompletableFuture<>());
        CompletableFuture<String> late = longer.bound(new CompletableFuture<>());
        early.complete("early");
        assertEnds(late);
    }
}
