package dev.ratelimit.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many calls wait for a few in flight. Nobody asks again unless it is woken, so a wake-up that is lost shows. */
@Timeout(120)
class WokenCallsStressTest {

    private static final int THREADS = 8;
    private static final int CALLS = 2_000;
    private static final int MOST = 3;
    private static final int ROUNDS_OF_TWO = 20_000;
    private static final Duration LONGEST = Duration.ofHours(1);

    /** A clock by which no time passes, so that nobody sleeps who cannot be woken, and the others until they are. */
    private static final class NoTime implements TimeSource {

        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public Instant instant() {
            return Instant.EPOCH;
        }

        @Override
        public void sleep(long nanos) {}

        @Override
        public void sleep(long nanos, Future<?> woken) throws InterruptedException {
            try {
                woken.get();
            } catch (ExecutionException e) {
                throw new AssertionError(e);
            }
        }
    }

    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(2);
    private final AtomicInteger open = new AtomicInteger();
    private final InMemoryRateLimiter limiter = InMemoryRateLimiter.builder()
            .tier(Tier.named("tier")
                    .table(LimitTable.named("in flight").each(ConcurrencyLimit.of(MOST, LONGEST), "chat"))
                    .build())
            .timeSource(new NoTime())
            .build();

    @AfterEach
    void shutDown() {
        threads.shutdownNow();
        scheduler.shutdownNow();
    }

    private void end(Reservation reservation) {
        open.decrementAndGet();
        assertThat(reservation.cancel()).isTrue();
    }

    private void begin(Reservation reservation) {
        assertThat(reservation.decision().isAdmitted()).isTrue();
        assertThat(open.incrementAndGet()).isBetween(1, MOST);
    }

    /** Makes one call a round. Whoever waits last in a round is woken by the last end of it, or never. */
    private void callInTurn(CyclicBarrier round, int rounds, Usage usage) throws Exception {
        Random random = new Random(rounds);
        for (int i = 0; i < rounds; i++) {
            round.await();
            Reservation reservation = limiter.waiting(LONGEST).reserve("acme", "chat", usage);
            begin(reservation);
            for (int spins = random.nextInt(200); spins > 0; spins--) {
                Thread.onSpinWait();
            }
            end(reservation);
        }
    }

    /** Each of two needs all that may be in flight, so that there is one end in a round for the other to miss. */
    @ParameterizedTest
    @CsvSource({THREADS + "," + CALLS + ", 1", "2," + ROUNDS_OF_TWO + "," + MOST})
    void everyWaitingThreadGetsItsTurn(int callers, int rounds, long units) throws Exception {
        CyclicBarrier round = new CyclicBarrier(callers);
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            all.add(threads.submit(() -> {
                callInTurn(round, rounds, Usage.of(Unit.CALLS, units));
                return null;
            }));
        }
        for (Future<?> each : all) {
            each.get(100, TimeUnit.SECONDS);
        }
        assertThat(limiter.status("acme", "chat").get(0).used()).isZero();
    }

    @Test
    void everyWaitingCallWithoutAThreadGetsItsTurn() throws Exception {
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            all.add(limiter.waiting(LONGEST)
                    .reserveAsync("acme", "chat", Usage.call(), scheduler)
                    .thenAcceptAsync(
                            reservation -> {
                                begin(reservation);
                                end(reservation);
                            },
                            threads));
        }
        for (Future<?> each : all) {
            each.get(100, TimeUnit.SECONDS);
        }
        assertThat(limiter.status("acme", "chat").get(0).used()).isZero();
    }
}
