package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.spi.TimeSource;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** How many lines are written, and what they say of those that are not. */
class ThrottledLogTest {

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final TimeSource time = clock(now);
    private final LogLines lines = new LogLines();
    private final ThrottledLog log = new ThrottledLog(time, () -> lines);

    private static TimeSource clock(AtomicLong now) {
        return new TimeSource() {
            @Override
            public long nanoTime() {
                return now.get();
            }

            @Override
            public Instant instant() {
                throw new AssertionError("lines go by the monotonic clock");
            }
        };
    }

    private void log(String about) {
        log.log(System.Logger.Level.WARNING, about, "about " + about, null);
    }

    @Test
    void oneLineAMinuteIsWrittenAndSaysHowManyWereLeftOut() {
        for (int i = 0; i < 10; i++) {
            log("this");
        }
        now.addAndGet(TimeUnit.MINUTES.toNanos(1) - 1);
        log("this");
        now.incrementAndGet();
        log("this");
        assertThat(lines.with("about this")).containsExactly("about this, suppressed=0", "about this, suppressed=10");
    }

    @Test
    void whatIsAboutSomethingElseHasALineOfItsOwnButNotWithoutBound() {
        log("this");
        log("that");
        assertThat(lines.with("about th")).hasSize(2);
        IntStream.range(0, 10_000).forEach(i -> log("organization " + i));
        assertThat(lines.with("about organization")).hasSizeBetween(200, 256);
    }

    @Test
    void aLogThatFailsIsIgnored() {
        ThrottledLog broken = new ThrottledLog(time, () -> {
            throw new IllegalStateException("no log, for a test");
        });
        assertThatCode(() -> broken.log(System.Logger.Level.ERROR, "this", "about this", null))
                .doesNotThrowAnyException();
    }

    @RepeatedTest(20)
    void ofThreadsThatLogAtOnceOneWritesTheLineAndTheOthersAreCounted() {
        List<CompletableFuture<Void>> threads = IntStream.range(0, 4)
                .mapToObj(i -> CompletableFuture.runAsync(() -> {
                    for (int n = 0; n < 1_000; n++) {
                        log("race");
                    }
                }))
                .toList();
        threads.forEach(CompletableFuture::join);
        now.addAndGet(TimeUnit.MINUTES.toNanos(1));
        log("race");
        // The first line counts those that were left out while its thread was on the way to writing it.
        List<String> written = lines.with("about race, suppressed=");
        assertThat(written).hasSize(2);
        assertThat(written.stream()
                        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf('=') + 1)))
                        .sum())
                .isEqualTo(3_999);
    }
}
