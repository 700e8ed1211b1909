package dev.ratelimit.jdbc;

import static dev.ratelimit.jdbc.Counters.answer;
import static dev.ratelimit.jdbc.Counters.lease;
import static dev.ratelimit.jdbc.Counters.take;
import static dev.ratelimit.jdbc.Counters.taken;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.ratelimit.spi.QuotaStore.Answer;
import dev.ratelimit.spi.QuotaStore.Counter;
import dev.ratelimit.spi.QuotaStore.Taken;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The store has connections and threads of its own. The pool stays usable, and no call is in a transaction. */
class OwnConnectionsTest {

    private static final int POOL = 5;

    private static final Counter ACME = Counters.of("acme");

    private HikariDataSource pool;

    @BeforeEach
    void open() {
        pool = new HikariDataSource();
        pool.setDataSource(PostgreSql.newSchema());
        pool.setMaximumPoolSize(POOL);
        pool.setConnectionTimeout(10_000);
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private JdbcQuotas newQuotas() {
        return JdbcQuotas.builder(pool).createTables().build();
    }

    @Test
    void refusedThreadsLeaveThePoolToTheHost() throws Exception {
        try (JdbcQuotas quotas = newQuotas()) {
            take(quotas, lease(ACME, 1, 1));
            AtomicInteger refused = new AtomicInteger();
            CountDownLatch begun = new CountDownLatch(200);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                Thread thread = new Thread(() -> {
                    begun.countDown();
                    for (int n = 0; n < 5; n++) {
                        refused.addAndGet(
                                take(quotas, lease(ACME, 1, 1)).value().fits() ? 0 : 1);
                    }
                });
                thread.start();
                threads.add(thread);
            }
            begun.await();
            int most = 0;
            for (int i = 0; i < 100; i++) {
                try (Connection mine = pool.getConnection()) {
                    most = Math.max(most, pool.getHikariPoolMXBean().getActiveConnections());
                    assertThat(mine.isValid(5)).isTrue();
                }
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(refused).hasValue(1_000);
            assertThat(most).as("mine, and those of the store").isBetween(1, 3);
            assertThat(taken(quotas, ACME)).isEqualTo(1);
        }
    }

    /** All connections are in use by calls that ask for units. None of them waits for ever. */
    @Test
    void callersThatHoldAllConnectionsAreAnswered() throws Exception {
        try (JdbcQuotas quotas = newQuotas()) {
            List<Connection> held = new ArrayList<>();
            for (int i = 0; i < POOL; i++) {
                held.add(pool.getConnection());
            }
            CompletionStage<Answer<Taken>> waiting = quotas.take(List.of(lease(ACME, 1_000, 1)));
            for (Connection connection : held) {
                connection.close();
            }
            assertThat(answer(waiting).value().fits()).isTrue();
        }
    }

    @Test
    void aCallerThatRollsBackGetsNothingBack() throws Exception {
        try (JdbcQuotas quotas = newQuotas();
                Connection mine = pool.getConnection();
                Statement statement = mine.createStatement()) {
            mine.setAutoCommit(false);
            statement.execute("create table orders (id int)");
            assertThat(take(quotas, lease(ACME, 10, 10)).value().fits()).isTrue();
            mine.rollback();
            assertThat(taken(quotas, ACME)).isEqualTo(10);
        }
    }

    @Test
    void theModeOfAConnectionIsPutBack() throws Exception {
        pool.setAutoCommit(false);
        pool.setMaximumPoolSize(1);
        try (JdbcQuotas quotas = newQuotas()) {
            take(quotas, lease(ACME, 10, 1));
            answer(quotas.grant(UUID.randomUUID(), ACME, 5)); // in a transaction
            try (Connection mine = pool.getConnection()) {
                assertThat(mine.getAutoCommit()).isFalse();
                assertThat(mine.getNetworkTimeout()).isZero();
                assertThat(mine.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
            }
            assertThat(taken(quotas, ACME)).isGreaterThanOrEqualTo(1);
        }
    }

    @Test
    void answersComeOnThreadsOfTheStore() throws Exception {
        try (JdbcQuotas quotas = newQuotas();
                Connection mine = pool.getConnection();
                Statement statement = mine.createStatement()) {
            take(quotas, lease(ACME, 1_000, 1));
            mine.setAutoCommit(false);
            statement.execute("select * from ratelimit_quota for update");
            CompletionStage<Answer<Taken>> waiting = quotas.take(List.of(lease(ACME, 1_000, 1)));
            CompletionStage<String> thread =
                    waiting.thenApply(taken -> Thread.currentThread().getName());
            mine.rollback();
            assertThat(answer(thread)).startsWith("ratelimit-jdbc-");
        }
    }
}
