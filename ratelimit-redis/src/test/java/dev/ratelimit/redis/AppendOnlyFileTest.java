package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.Rejected;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a server knows that starts again with its append-only file. */
class AppendOnlyFileTest extends FaultInjectingTest {

    private static final int THREADS = 4;
    private static final int KILLS = 4;

    private final AtomicLong admitted = new AtomicLong();
    private RedisServer server;
    private RedisRateLimiter limiter;

    @BeforeEach
    void start() {
        server = open(new RedisServer("--appendonly", "yes", "--appendfsync", "always"));
        limiter = open(builder(server.uri())
                .timeout(LONG)
                .probeEvery(Duration.ofMillis(10))
                .build());
    }

    /**
     * All is on the disk before it is answered. Of the calls that were on their way when the server was killed, most
     * are sent again: if a charge is in the file, so is its receipt. Those that Lettuce gives up are decided without
     * Redis, though they may have been charged.
     */
    @Test
    void whenItIsKilledUnderLoadNothingThatWasAdmittedIsForgotten() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> callers = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                callers.add(threads.submit(this::callUntilRefused));
            }
            for (Future<?> caller : callers) {
                caller.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(admitted.get()).isBetween(AMOUNT - THREADS * KILLS, AMOUNT);
        assertUsed(limiter, AMOUNT);
    }

    private void callUntilRefused() {
        boolean limitReached = false;
        while (!limitReached) {
            Decision decision = limiter.tryAcquire("acme", "chat", tokens(1));
            if (decision.isAdmitted() && admitted.incrementAndGet() % (AMOUNT / (KILLS + 1)) == 0) {
                restart();
            }
            limitReached = decision instanceof Rejected rejected && rejected.cause() instanceof LimitReached;
        }
    }

    private synchronized void restart() {
        server.kill();
        server.restart();
    }

    /**
     * Where the file is on the disk once a second only, a machine that loses its power leaves a beginning of it, which
     * may end anywhere. A decision that is not whole in it is forgotten for all its limits, and what is forgotten is
     * admitted again.
     */
    @Test
    void whatTheFileLacksIsForgottenByWholeDecisions() throws IOException {
        int calls = 6;
        Path file = file();
        long[] lengths = new long[calls + 1];
        for (int i = 0; i < calls; i++) {
            lengths[i] = Files.size(file);
            assertThat(admits(limiter, 100)).isTrue();
        }
        lengths[calls] = Files.size(file);
        byte[] whole = Files.readAllBytes(file);
        for (int lost = 1; lost <= calls; lost++) {
            int kept = calls - lost;
            // Each time at another place of the first decision that is lost.
            long length = lengths[kept] + (lengths[kept + 1] - lengths[kept] - 1) * lost / calls;
            server.kill();
            Files.write(file, Arrays.copyOf(whole, (int) length));
            server.restart();
            assertUsed(limiter, 100L * kept);
        }
        server.kill();
        Files.write(file, Arrays.copyOf(whole, (int) lengths[3] + 1));
        server.restart();
        assertGoesOnFrom(limiter, 300);
    }

    private Path file() throws IOException {
        String[] folder = new String[1];
        ThreeMasters.with(server, redis -> folder[0] = redis.configGet("dir").get("dir"));
        try (Stream<Path> files = Files.walk(Path.of(Objects.requireNonNull(folder[0])))) {
            return files.filter(file -> file.toString().endsWith(".aof"))
                    .findAny()
                    .orElseThrow();
        }
    }
}
