package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.testkit.ManualTime;
import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How a limiter that is closed gives back what it holds, where it holds much. */
class ClosingTest {

    private static final int LEASES = 1_000;
    private static final String LEASED = CannedServer.packed(2, 1, 0, 7, 9);
    private static final String DONE = CannedServer.packed(1);

    private final ManualTime time = new ManualTime();
    private final Machine machine = new Machine(time, 0);
    private final AtomicInteger scripts = new AtomicInteger();
    private volatile IntFunction<String> answers = number -> LEASED;
    private final CannedServer server = new CannedServer(command -> switch (command) {
        case "HELLO" -> "-ERR unknown command\r\n";
        case "INFO" -> CannedServer.bulk("redis_version:7.0.15\r\n");
        case "EVALSHA" -> answers.apply(scripts.incrementAndGet());
        default -> "+OK\r\n";
    });
    private final RedisClient client = RedisClient.create(server.uri());

    @AfterEach
    void close() throws IOException {
        Clients.shutDown(client);
        server.close();
    }

    /** Takes the leases, and closes the limiter when the server answers the first, second, ... end of one so. */
    private CompletableFuture<?> closed(Duration timeout, IntFunction<String> answersToEnds) {
        RedisRateLimiter limiter = RedisRateLimiter.builder(client)
                .tier(Tier.named("tier")
                        .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.perHour(5)))
                        .build())
                .timeout(timeout)
                .probeEvery(Duration.ofHours(1))
                .leases(2, Duration.ofHours(1))
                .leaseTime(machine, machine)
                .build();
        for (int i = 0; i < LEASES; i++) {
            assertThat(limiter.tryAcquire("organization " + i, "chat").isAdmitted())
                    .isTrue();
        }
        answers = answersToEnds;
        scripts.set(0);
        return CompletableFuture.runAsync(limiter::close);
    }

    @Test
    void allComesBack() {
        assertThat(closed(Duration.ofSeconds(20), number -> DONE)).succeedsWithin(Duration.ofSeconds(60));
        assertThat(scripts).hasValue(LEASES);
    }

    @Test
    void noMoreIsSentAtOnceThanAServerAnswersInTime() {
        assertThat(closed(Duration.ofSeconds(2), number -> "")).succeedsWithin(Duration.ofSeconds(60));
        assertThat(scripts).as("a hundred ends, and as many once more").hasValueLessThanOrEqualTo(200);
    }

    @Test
    void itTakesNoLongerThanSomeSecondsAndTheTimeOfADecision() {
        CompletableFuture<?> closed = closed(Duration.ofMinutes(30), number -> {
            if (number == 1) {
                time.advance(Duration.ofSeconds(5));
            }
            return number <= 100 ? DONE : "";
        });
        assertThat(closed).succeedsWithin(Duration.ofSeconds(60));
    }
}
