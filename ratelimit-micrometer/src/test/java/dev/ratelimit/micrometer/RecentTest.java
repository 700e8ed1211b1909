package dev.ratelimit.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RecentTest {

    @Test
    void aValueServesForASecond() {
        ManualTime time = new ManualTime();
        AtomicInteger reads = new AtomicInteger();
        Recent<Integer> recent = new Recent<>(reads::incrementAndGet, time::nanoTime);

        assertThat(recent.get()).isEqualTo(1);
        time.advance(Duration.ofMillis(999));
        assertThat(recent.get()).isEqualTo(1);
        time.advance(Duration.ofMillis(1));
        assertThat(recent.get()).isEqualTo(2);
    }
}
