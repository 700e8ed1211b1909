package dev.ratelimit.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {

    private final List<String> heard = new ArrayList<>();
    private boolean connected = true;
    private long now = Long.MAX_VALUE - 500;
    private final CircuitBreaker breaker = new CircuitBreaker(
            Duration.ofNanos(1_000),
            () -> now,
            key -> connected,
            cause -> heard.add("opened: " + cause.getMessage()),
            () -> heard.add("closed"));

    private void fails(int times) {
        for (int i = 0; i < times; i++) {
            breaker.failed(new IOException("silence " + i));
        }
    }

    @Test
    void threeFailuresInARowOpenIt() {
        fails(2);
        assertThat(breaker.succeeded()).isTrue();
        assertThat(breaker.isSteady()).isTrue();
        fails(2);
        assertThat(breaker.isOpen()).isFalse();
        assertThat(breaker.untilNextAttempt()).isEqualTo(1_000);
        fails(1);
        assertThat(breaker.isOpen()).isTrue();
        assertThat(breaker.isSteady()).isFalse();
        assertThat(heard).containsExactly("opened: silence 0");
    }

    @Test
    void oneCallInEveryPauseProbesAndTheFirstAnswerClosesIt() {
        fails(3);
        assertThat(breaker.allows("a")).isFalse();
        now += 400;
        assertThat(breaker.untilNextAttempt()).isEqualTo(600);
        now += 600;
        connected = false;
        assertThat(breaker.allows("a")).isFalse();
        now += 1_000;
        connected = true;
        assertThat(breaker.allows("a")).isTrue();
        assertThat(breaker.allows("a")).isFalse();
        breaker.refused();
        assertThat(breaker.isOpen()).isTrue();
        assertThat(breaker.succeeded()).isTrue();
        assertThat(breaker.succeeded()).isFalse();
        assertThat(breaker.allows("a")).isTrue();
        assertThat(heard).containsExactly("opened: silence 2", "closed");
    }

    @Test
    void anErrorThatIsAnsweredEndsARowOfFailures() {
        fails(2);
        breaker.refused();
        fails(2);
        assertThat(breaker.isOpen()).isFalse();
    }

    @Test
    void aRetiredBreakerStaysClosed() {
        breaker.open(new IOException("gone"));
        breaker.retire();
        breaker.open(new IOException("late"));
        assertThat(breaker.isOpen()).isFalse();
        assertThat(heard).containsExactly("opened: gone", "closed");
    }
}
