package dev.ratelimit.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
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

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 999_999, 1_000_000_001, Long.MAX_VALUE})
    void aLagThatNoThreadKeepsOrNobodyWantsIsRefused(long nanos) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CoarseTimeSource(Duration.ofNanos(nanos)))
                .withMessage("lag must be >= 1 ms and <= 1 s: lag=" + Duration.ofNanos(nanos));
    }
}
