package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When Redis is asked, and what is told of that. */
class CircuitTest {

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private boolean connected = true;
    private long now = Long.MAX_VALUE - 500;
    private final Circuit circuit = circuit(new Noisy(), listener());

    private Circuit circuit(OutageListener... listeners) {
        return new Circuit(Duration.ofNanos(1_000), () -> now, key -> connected, List.of(listeners));
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
        assertThat(circuit.untilProbe()).isEqualTo(1_000);
        now += 999;
        assertThat(circuit.allows("key")).isFalse();
        assertThat(circuit.untilProbe()).isEqualTo(1);
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
        assertThat(circuit.untilProbe()).isEqualTo(1_000);
        connected = true;
        now += 1_000;
        assertThat(circuit.allows("key")).isTrue();
    }

    @Test
    void noCallWaitsForAListener() throws InterruptedException {
        CountDownLatch decided = new CountDownLatch(1);
        Circuit slow = circuit(
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
