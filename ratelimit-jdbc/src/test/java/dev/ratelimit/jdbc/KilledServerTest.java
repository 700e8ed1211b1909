package dev.ratelimit.jdbc;

import static dev.ratelimit.jdbc.Counters.answer;
import static dev.ratelimit.jdbc.Counters.taken;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spi.QuotaStore.Counter;
import dev.ratelimit.spi.QuotaStore.LeaseRequest;
import dev.ratelimit.spi.QuotaStore.Use;
import dev.ratelimit.spi.StoreUnavailableException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that is killed, as by {@code kill -9}, while threads take leases and give them back. */
@Tag("long")
class KilledServerTest {

    private static final int THREADS = 4;
    private static final int ROUNDS = Integer.getInteger("sql.kills", 1);
    private static final Counter ACME = Counters.of("acme");

    @Test
    void whatWasAnsweredIsKeptAndWhatIsRepeatedIsDoneOnce(@TempDir Path folder) throws Exception {
        try (KillableServer server = new KillableServer(folder.resolve("data"))) {
            killAndRestart(server);
        }
    }

    private static void killAndRestart(KillableServer server) throws Exception {
        DataSource dataSource = PostgreSql.newSchema(server.port());
        JdbcQuotas quotas = JdbcQuotas.builder(dataSource).createTables().build();
        AtomicBoolean stop = new AtomicBoolean();
        LongAdder used = new LongAdder();
        LongAdder silent = new LongAdder();
        LongAdder done = new LongAdder();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            Thread thread = new Thread(() -> {
                while (!stop.get()) {
                    LeaseRequest lease = new LeaseRequest(UUID.randomUUID(), ACME, Long.MAX_VALUE >> 12, 10, 10);
                    long units = repeat(() -> quotas.take(List.of(lease)), silent)
                            .value()
                            .units()
                            .get(0);
                    long most = ThreadLocalRandom.current().nextLong(units + 1);
                    repeat(() -> quotas.giveBack(List.of(new Use(lease.id(), most))), silent);
                    used.add(most);
                    done.increment();
                }
            });
            thread.start();
            threads.add(thread);
        }
        try {
            for (int round = 1; round <= ROUNDS; round++) {
                awaitMore(done, 50);
                long before = silent.sum();
                server.kill();
                awaitMore(silent, Math.max(1, before + 1 - silent.sum()));
                server.restart();
                awaitMore(done, 50);
            }
        } finally {
            stop.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertThat(silent.sum()).isGreaterThanOrEqualTo(ROUNDS);
        assertThat(taken(quotas, ACME)).isEqualTo(used.sum());
        quotas.close();
    }

    private static void awaitMore(LongAdder of, long more) throws InterruptedException {
        long enough = of.sum() + more;
        for (int waited = 0; of.sum() < enough; waited++) {
            assertThat(waited).as("of 30,000 ms").isLessThan(30_000);
            Thread.sleep(1);
        }
    }

    private static <T> T repeat(Supplier<CompletionStage<T>> request, LongAdder silent) {
        for (int i = 0; ; i++) {
            assertThat(i).as("attempts").isLessThan(1_000);
            Object outcome = answer(request.get().handle((value, failure) -> failure == null ? value : failure));
            if (!(outcome instanceof Throwable failure)) {
                @SuppressWarnings("unchecked")
                T value = (T) outcome;
                return value;
            }
            assertThat(failure).isInstanceOf(StoreUnavailableException.class);
            silent.increment();
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
