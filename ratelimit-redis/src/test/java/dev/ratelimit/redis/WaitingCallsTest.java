package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.testkit.ManualTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How often a call that waits asks a server that does not decide it. */
@Timeout(60)
class WaitingCallsTest extends FaultInjectingTest {

    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final AtomicReference<String> answer = new AtomicReference<>(CannedServer.packed(1, 1));
    private final AtomicInteger scripts = new AtomicInteger();
    private final CannedServer server = open(new CannedServer(command -> switch (command) {
        case "HELLO" -> "-ERR unknown command\r\n";
        case "INFO" -> CannedServer.bulk("redis_version:7.0.15\r\n");
        case "EVALSHA" -> {
            scripts.incrementAndGet();
            yield answer.get();
        }
        default -> "+OK\r\n";
    }));

    /** A limiter that waits by a time of its own, on a server that answers so once it is built. */
    private RedisRateLimiter limiter(ManualTime time, Duration timeout, String text) {
        RedisRateLimiter limiter = open(builder(server.uri())
                .time(ServerTime.guessedBy(time))
                .timeout(timeout)
                .probeEvery(PAUSE)
                .build());
        answer.set(text);
        scripts.set(0);
        return limiter;
    }

    private static void assertUnknown(Decision decision) {
        assertThat(decision)
                .isInstanceOfSatisfying(
                        Rejected.class, rejected -> assertThat(rejected.cause()).isEqualTo(new StoreUnavailable()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-LOADING Redis is loading the dataset in memory\r\n",
                "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
                "$8\r\nno reply\r\n"
            })
    void oneThatGetsAnErrorAsksOnceAPause(String error) throws InterruptedException {
        RedisRateLimiter limiter = limiter(new ManualTime(), LONG, error);
        assertUnknown(limiter.waiting(PAUSE.multipliedBy(20)).acquire("acme", "chat", tokens(1)));
        assertThat(scripts).hasValueBetween(10, 21);
    }

    /** The circuit goes by the time of the JVM, which does not pass with the test's: so the call hardly ever asks. */
    @Test
    void oneThatGetsNoAnswerAsksOnceAPauseToo() throws InterruptedException {
        RedisRateLimiter limiter = limiter(new ManualTime(), Duration.ofMillis(20), "");
        long start = System.nanoTime();
        assertUnknown(limiter.waiting(PAUSE.multipliedBy(20)).acquire("acme", "chat", tokens(1)));
        long pauses = (System.nanoTime() - start) / PAUSE.toNanos();
        assertThat(scripts.get()).isBetween(1, 4 + (int) pauses);
    }

    @Test
    void theWaitThatIsToldIsThePauseBetweenProbes() {
        RedisRateLimiter limiter = limiter(new ManualTime(), LONG, "-LOADING Redis is loading the dataset\r\n");
        for (int i = 0; i < 10; i++) {
            assertThat(((Rejected) limiter.tryAcquire("acme", "chat", tokens(1))).retryAfter())
                    .hasValue(PAUSE);
        }
    }
}
