package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.kernel.LogThrottle;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Races of threads; what a line says and when it is due is tested with the listeners. */
class LogThrottleTest {

    private final LongAdder lines = new LongAdder();
    private final LongAdder suppressed = new LongAdder();

    private void write(long leftOut) {
        lines.increment();
        suppressed.add(leftOut);
    }

    private static TimeSource clock(LongSupplier nanoTime) {
        return new TimeSource() {
            @Override
            public long nanoTime() {
                return nanoTime.getAsLong();
            }

            @Override
            public Instant instant() {
                throw new AssertionError("lines go by the monotonic clock");
            }
        };
    }

    @Test
    void ofThreadsThatFindTheSameLineDueOneWritesIt() throws Exception {
        int threads = 4;
        AtomicLong now = new AtomicLong();
        // An offer reads the clock once, after it has looked when the last line was. All threads have looked before one
        // goes on.
        CyclicBarrier looked = new CyclicBarrier(threads);
        boolean[] meet = {false};
        LogThrottle limit = new LogThrottle(Duration.ofNanos(10), clock(() -> {
            if (meet[0]) {
                await(looked);
            }
            return now.get();
        }));
        meet[0] = true;
        int rounds = 100;
        Rounds.of(rounds, threads, () -> now.addAndGet(10), () -> limit.offer("acme", this::write));
        assertThat(lines.sum()).isEqualTo(rounds);
        meet[0] = false;
        now.addAndGet(10);
        limit.offer("acme", this::write);
        assertThat(lines.sum() + suppressed.sum()).isEqualTo((long) rounds * threads + 1);
    }

    @RepeatedTest(5)
    void everyOfferIsALineOrCountedOnceWhileLinesAreWritten() throws Exception {
        int threads = 4;
        int offers = 300_000;
        AtomicLong now = new AtomicLong();
        LogThrottle limit = new LogThrottle(Duration.ofNanos(3), clock(now::incrementAndGet));
        Rounds.of(1, threads, () -> {}, () -> {
            for (int i = 0; i < offers; i++) {
                limit.offer("acme", this::write);
            }
        });
        now.addAndGet(3);
        limit.offer("acme", this::write);
        assertThat(lines.sum() + suppressed.sum()).isEqualTo((long) threads * offers + 1);
        assertThat(lines.sum()).isBetween(2L, now.get() / 3 + 1);
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
