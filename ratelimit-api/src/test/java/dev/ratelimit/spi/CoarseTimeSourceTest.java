package dev.ratelimit.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CoarseTimeSourceTest {

    @Test
    void readingsGoOnAndNeverBackAndAreNotAheadOfTheClockOfTheJvm() {
        long before = System.nanoTime();
        try (CoarseTimeSource clock = new CoarseTimeSource(Duration.ofMillis(1))) {
            long first = clock.nanoTime();
            assertThat(first - before).isNotNegative();
            long last = first;
            while (last - first < 3_000_000) {
                long next = clock.nanoTime();
                assertThat(System.nanoTime() - next).isNotNegative();
                assertThat(next - last).isNotNegative();
                last = next;
            }
        }
    }

    @Test
    void itSaysHowOldAReadingMayBe() {
        try (CoarseTimeSource clock = new CoarseTimeSource(Duration.ofMillis(2))) {
            assertThat(clock.lag()).isEqualTo(Duration.ofMillis(2));
        }
        assertThat(TimeSource.system().lag()).isZero();
    }

    @Test
    void onceClosedItIsTheClockOfTheJvm() {
        CoarseTimeSource clock = new CoarseTimeSource(Duration.ofSeconds(1));
        clock.close();
        long before = System.nanoTime();
        assertThat(clock.nanoTime() - before).isNotNegative();
    }

    /** Starts a clock, and returns its thread too. */
    private static Map.Entry<CoarseTimeSource, Thread> start(Duration lag) {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        CoarseTimeSource clock = new CoarseTimeSource(lag);
        List<Thread> tickers = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("ratelimit-clock") && !before.contains(thread))
                .toList();
        assertThat(tickers).hasSize(1);
        return Map.entry(clock, tickers.get(0));
    }

    @Test
    void anInterruptDoesNotMakeItsThreadSpin() {
        Map.Entry<CoarseTimeSource, Thread> started = start(Duration.ofMillis(1));
        try (CoarseTimeSource clock = started.getKey()) {
            started.getValue().interrupt();
            long interrupted = clock.nanoTime();
            while (clock.nanoTime() - interrupted < 3_000_000) {
                Thread.onSpinWait();
            }
            assertThat(started.getValue().isInterrupted()).isFalse();
        }
    }

    @Test
    void itsThreadKeepsNobodysClassesAndEndsWhenItIsClosed() throws InterruptedException {
        Map.Entry<CoarseTimeSource, Thread> started = start(Duration.ofSeconds(1));
        assertThat(started.getValue().getContextClassLoader()).isNull();
        started.getKey().close();
        started.getValue().join();
        assertThat(started.getValue().isAlive()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 999_999, 1_000_000_001, Long.MAX_VALUE})
    void aLagThatNoThreadKeepsOrNobodyWantsIsRefused(long nanos) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CoarseTimeSource(Duration.ofNanos(nanos)))
                .withMessage("lag must be >= 1 ms and <= 1 s: lag=" + Duration.ofNanos(nanos));
    }
}
