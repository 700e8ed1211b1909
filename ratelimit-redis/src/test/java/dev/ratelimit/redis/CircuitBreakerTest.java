package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.kernel.CircuitBreaker;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When Redis is asked, and what is told of that. */
class CircuitBreakerTest {

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private boolean connected = true;
    private long now = Long.MAX_VALUE - 500;
    private final CircuitBreaker circuit = circuit(new Noisy(), listener());

    private CircuitBreaker circuit(OutageListener... listeners) {
        return Outages.told(listeners).breaker(Duration.ofNanos(1_000), () -> now, key -> connected);
    }

    private OutageListener listener() {
        return new OutageListener() {
            @Override
            public void unavailable(Throwable cause) {
                heard.add("unavailable: " + cause.getMessage());
            }

            @Override
            public void available() {
                heard.add("available");
            }
        };
    }

    /** A listener that fails. */
    private static final class Noisy implements OutageListener {

        @Override
        public void unavailable(Throwable cause) {
            throw new IllegalStateException("a listener that fails, for a test");
        }

        @Override
        public void available() {
            throw new IllegalStateException("a listener that fails, for a test");
        }
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            assertThat(circuit.allows("key")).isTrue();
            circuit.failed(new IOException("broken"));
        }
    }

    private void assertHeardNext(String... events) throws InterruptedException {
        for (String event : events) {
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo(event);
        }
    }

    @Test
    void itIsAskedUntilThreeFailuresInARow() throws InterruptedException {
        fail(2);
        circuit.succeeded();
        fail(2);
        assertThat(circuit.allows("key")).isTrue();
        circuit.failed(new IOException("broken for the third time"));
        assertThat(circuit.allows("key")).isFalse();
        assertHeardNext("unavailable: broken for the third time");
    }

    @Test
    void thenOneCallInEveryPauseIsAProbe() throws InterruptedException {
        fail(3);
        assertThat(circuit.untilNextAttempt()).isEqualTo(1_000);
        now += 999;
        assertThat(circuit.allows("key")).isFalse();
        assertThat(circuit.untilNextAttempt()).isEqualTo(1);
        now += 1;
        assertThat(circuit.allows("key")).isTrue();
        assertThat(circuit.allows("key")).isFalse();
        circuit.failed(new IOException("still broken"));
        assertThat(circuit.allows("key")).isFalse();
        now += 1_000;
        assertThat(circuit.allows("key")).isTrue();
        circuit.succeeded();
        assertHeardNext("unavailable: broken", "available");
    }

    @Test
    void theFirstAnswerEndsTheOutage() throws InterruptedException {
        fail(3);
        now += 1_000;
        assertThat(circuit.allows("key")).isTrue();
        circuit.succeeded();
        assertThat(circuit.allows("key")).isTrue();
        assertThat(circuit.allows("key")).isTrue();
        fail(3);
        assertThat(circuit.allows("key")).isFalse();
        assertHeardNext("unavailable: broken", "available", "unavailable: broken");
    }

    @Test
    void thereIsNoProbeWhereThereIsNoConnection() {
        connected = false;
        fail(3);
        now += 1_000;
        assertThat(circuit.allows("key")).isFalse();
        assertThat(circuit.untilNextAttempt()).isEqualTo(1_000);
        connected = true;
        now += 1_000;
        assertThat(circuit.allows("key")).isTrue();
    }

    /** Else a waiting call would be sent as often as a server refuses it. */
    @Test
    void aCallThatWasNotAnsweredIsToldToWaitForThePauseWhileItIsClosed() {
        assertThat(circuit.untilNextAttempt()).isEqualTo(1_000);
        fail(2);
        assertThat(circuit.untilNextAttempt()).isEqualTo(1_000);
        fail(1);
        now += 400;
        assertThat(circuit.untilNextAttempt()).isEqualTo(600);
        now += 1_000;
        assertThat(circuit.untilNextAttempt()).as("a probe is due").isEqualTo(1);
    }

    @Test
    void oneThatIsOpenedAtOnceIsOpenUntilAnAnswer() throws InterruptedException {
        circuit.open(new IOException("never connected"));
        circuit.open(new IOException("told once"));
        assertThat(circuit.allows("key")).isFalse();
        assertThat(circuit.succeeded()).isTrue();
        assertThat(circuit.succeeded()).isFalse();
        assertThat(circuit.allows("key")).isTrue();
        assertHeardNext("unavailable: never connected", "available");
    }

    @Test
    void noCallWaitsForAListener() throws InterruptedException {
        CountDownLatch decided = new CountDownLatch(1);
        CircuitBreaker slow = circuit(
                new OutageListener() {
                    @Override
                    public void unavailable(Throwable cause) {
                        try {
                            heard.add(decided.await(20, TimeUnit.SECONDS) ? "told" : "never decided");
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    }

                    @Override
                    public void available() {
                        heard.add("told of the end");
                    }
                },
                listener());
        for (int i = 0; i < 3; i++) {
            slow.failed(new IOException("broken"));
        }
        slow.succeeded();
        decided.countDown();
        assertHeardNext("told", "unavailable: broken", "told of the end", "available");
    }
}
