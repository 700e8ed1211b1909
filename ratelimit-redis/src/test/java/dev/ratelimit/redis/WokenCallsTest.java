package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** The end of a call in flight wakes a call that waits on the same limiter. */
class WokenCallsTest extends ServedTest {

    private final RedisRateLimiter limiter =
            limiter(builder().tier(tierOf(ConcurrencyLimit.of(1, Duration.ofMinutes(10)))));

    private final ConcurrentLinkedQueue<String> woken = new ConcurrentLinkedQueue<>();

    private void addThatAsks() {
        limiter.waitingCalls()
                .add(
                        "acme",
                        () -> limiter.async()
                                .tryAcquire("acme", "chat")
                                .thenAccept(decision -> woken.add(decision.isAdmitted() ? "admitted" : "refused")));
    }

    @Test
    void whenTheServerHasConfirmedIt() {
        AsyncReservation open = limiter.reserve("acme", "chat", Usage.call());
        addThatAsks();
        assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isFalse();
        assertThat(woken).isEmpty();
        assertThat(open.cancel()).isTrue();
        FaultInjectingTest.await(
                "the one that waits is woken, and admitted",
                () -> List.copyOf(woken).equals(List.of("admitted")));
    }

    @Test
    void alsoOfAViewThatReports() {
        AsyncReservation open = limiter.reporting().reserve("acme", "chat", Usage.call());
        addThatAsks();
        assertThat(open.settle(Usage.call())).isTrue();
        FaultInjectingTest.await(
                "the one that waits is woken, and admitted",
                () -> List.copyOf(woken).equals(List.of("admitted")));
    }
}
