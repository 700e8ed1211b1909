package dev.ratelimit.jdbc;

import static dev.ratelimit.jdbc.Counters.answer;
import static dev.ratelimit.jdbc.Counters.lease;
import static dev.ratelimit.jdbc.Counters.taken;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spi.QuotaStore.Answer;
import dev.ratelimit.spi.QuotaStore.Counter;
import dev.ratelimit.spi.QuotaStore.LeaseRequest;
import dev.ratelimit.spi.QuotaStore.Taken;
import dev.ratelimit.spi.QuotaStore.Use;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

/** Somebody else locks the rows in another order, such as a clerk who corrects them by hand. */
class LocksTest {

    private static final int DEADLOCKS = 3;
    private static final Counter ONE = Counters.of("acme");
    private static final Counter TWO = Counters.of("acme", "embed");

    @Test
    void aDeadlockOnPostgreSqlIsOverAndTheLeaseTakenOnce() throws Exception {
        DataSource dataSource = PostgreSql.newSchema();
        int rolledBack = deadlocks(
                dataSource,
                "set deadlock_timeout = '2s'", // so that mostly the store notices
                "select count(*) from pg_locks where not granted and locktype in ('transactionid', 'tuple')");
        assertThat(rolledBack).as("the clerk's").isLessThan(DEADLOCKS);
    }

    @Test
    void aDeadlockOnH2IsOverAndTheLeaseTakenOnce() throws Exception {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setURL("jdbc:h2:mem:locks;DB_CLOSE_DELAY=-1");
        deadlocks(
                dataSource,
                "set lock_timeout 10000",
                "select count(*) from information_schema.sessions where blocker_id is not null");
    }

    /** Two machines ask while the row is locked. Each must decide by what the other has taken. */
    @Test
    void ofTwoRequestsThatWaitForOneRowOnlyOneGetsTheRest() throws Exception {
        DataSource dataSource = PostgreSql.newSchema();
        try (JdbcQuotas one = JdbcQuotas.builder(dataSource).createTables().build();
                JdbcQuotas two = JdbcQuotas.builder(dataSource).build();
                Connection clerk = dataSource.getConnection()) {
            Counters.charge(one, UUID.randomUUID(), ONE, 1);
            clerk.setAutoCommit(false);
            lock(clerk, ONE);
            CompletionStage<Answer<Taken>> first = one.take(List.of(lease(ONE, 11, 6)));
            CompletionStage<Answer<Taken>> second = two.take(List.of(lease(ONE, 11, 6)));
            awaitSome(
                    dataSource,
                    "select count(*) / 2 from pg_locks where not granted and locktype in ('transactionid', 'tuple')");
            clerk.rollback();
            assertThat(answer(first).value().fits())
                    .isNotEqualTo(answer(second).value().fits());
            assertThat(taken(one, ONE)).isEqualTo(7);
        }
    }

    /** Requests that go together have nothing to do with a row that somebody has locked for long. */
    @Test
    void whoAsksForOtherRowsDoesNotWait() throws Exception {
        Counter three = Counters.of("other");
        Counter four = Counters.of("another");
        DataSource dataSource = PostgreSql.newSchema();
        try (JdbcQuotas quotas = JdbcQuotas.builder(dataSource)
                        .createTables()
                        .maxConnections(1)
                        .build();
                Connection first = dataSource.getConnection();
                Connection second = dataSource.getConnection()) {
            for (Counter counter : List.of(ONE, TWO, three)) {
                Counters.charge(quotas, UUID.randomUUID(), counter, 1);
            }
            first.setAutoCommit(false);
            second.setAutoCommit(false);
            lock(first, ONE);
            lock(second, TWO);
            CompletionStage<Answer<Taken>> occupies = quotas.take(List.of(lease(ONE, 9, 2)));
            awaitWaiting(dataSource);
            CompletionStage<Answer<Taken>> waits = quotas.take(List.of(lease(TWO, 9, 2)));
            CompletionStage<Answer<Taken>> known = quotas.take(List.of(lease(three, 9, 2)));
            CompletionStage<Answer<Taken>> missing = quotas.take(List.of(lease(four, 9, 2)));
            first.rollback();
            assertThat(answer(occupies).value().fits()).isTrue();
            assertThat(answer(known).value().fits()).isTrue();
            assertThat(answer(missing).value().fits()).isTrue();
            awaitWaiting(dataSource);
            assertThat(waits.toCompletableFuture()).isNotDone();
            second.rollback();
            assertThat(answer(waits).value().fits()).isTrue();
            for (Counter counter : List.of(ONE, TWO, three)) {
                assertThat(taken(quotas, counter)).isEqualTo(3);
            }
        }
    }

    /** A batch that waits for a lock does not keep the turn: another one begins beside it. */
    @Test
    void whoAsksWhileOneWaitsIsAnswered() throws Exception {
        DataSource dataSource = PostgreSql.newSchema();
        try (JdbcQuotas quotas = JdbcQuotas.builder(dataSource).createTables().build();
                Connection clerk = dataSource.getConnection()) {
            for (Counter counter : List.of(ONE, TWO)) {
                Counters.charge(quotas, UUID.randomUUID(), counter, 1);
            }
            clerk.setAutoCommit(false);
            lock(clerk, ONE);
            CompletionStage<Answer<Taken>> waits = quotas.take(List.of(lease(ONE, 9, 2)));
            CompletionStage<Answer<Taken>> asks = quotas.take(List.of(lease(TWO, 9, 2)));
            assertThat(answer(asks).value().fits()).isTrue();
            awaitWaiting(dataSource);
            CompletionStage<Answer<Taken>> asksLater = quotas.take(List.of(lease(TWO, 9, 2)));
            assertThat(answer(asksLater).value().fits()).isTrue();
            assertThat(waits.toCompletableFuture()).isNotDone();
            clerk.rollback();
            assertThat(answer(waits).value().fits()).isTrue();
        }
    }

    /** The return of a lease waits for its row, and those of other rows do not. What is used up needs no row. */
    @Test
    void leasesOfOtherRowsGoBackWhileOneIsLocked() throws Exception {
        DataSource dataSource = PostgreSql.newSchema();
        try (JdbcQuotas quotas = JdbcQuotas.builder(dataSource).createTables().build();
                Connection clerk = dataSource.getConnection()) {
            LeaseRequest one = lease(ONE, 9, 4);
            LeaseRequest usedUp = lease(ONE, 9, 4);
            LeaseRequest two = lease(TWO, 9, 4);
            for (LeaseRequest each : List.of(one, usedUp, two)) {
                answer(quotas.take(List.of(each)));
            }
            clerk.setAutoCommit(false);
            lock(clerk, ONE);
            answer(quotas.giveBack(List.of(new Use(usedUp.id(), 4))));
            CompletionStage<?> both = quotas.giveBack(List.of(new Use(one.id(), 1), new Use(two.id(), 1)));
            awaitWaiting(dataSource);
            assertThat(taken(quotas, TWO)).isEqualTo(1);
            assertThat(both.toCompletableFuture()).isNotDone();
            clerk.rollback();
            answer(both);
            assertThat(taken(quotas, ONE)).isEqualTo(4 + 1);
        }
    }

    private static void awaitWaiting(DataSource dataSource) throws Exception {
        awaitSome(
                dataSource,
                "select count(*) from pg_locks where not granted and locktype in ('transactionid', 'tuple')");
    }

    /** Provokes deadlocks. Returns how many transactions of the clerk were rolled back. */
    private static int deadlocks(DataSource dataSource, String patience, String waiting) throws Exception {
        boolean inOrder = CounterRow.key(ONE).compareTo(CounterRow.key(TWO)) < 0;
        Counter lower = inOrder ? ONE : TWO;
        Counter higher = inOrder ? TWO : ONE;
        int rolledBack = 0;
        long expected = 5;
        try (JdbcQuotas quotas = JdbcQuotas.builder(dataSource).createTables().build();
                Connection clerk = dataSource.getConnection()) {
            Counters.charge(quotas, UUID.randomUUID(), ONE, 5);
            Counters.charge(quotas, UUID.randomUUID(), TWO, 5);
            Dialect.execute(clerk, patience);
            for (int i = 0; i < DEADLOCKS; i++) {
                clerk.setAutoCommit(false);
                lock(clerk, higher);
                expected += 3;
                CompletionStage<Answer<Taken>> taking =
                        quotas.take(List.of(lease(ONE, expected, 3), lease(TWO, expected, 3)));
                awaitSome(dataSource, waiting);
                try {
                    lock(clerk, lower);
                } catch (SQLException e) {
                    assertThat(e.getSQLState()).startsWith("40");
                    rolledBack++;
                }
                clerk.rollback();
                assertThat(answer(taking).value().fits()).isTrue();
                assertThat(taken(quotas, ONE)).isEqualTo(expected);
                assertThat(taken(quotas, TWO)).isEqualTo(expected);
            }
            assertThat(quotas.stats().failed() + quotas.stats().unanswered()).isZero();
        }
        return rolledBack;
    }

    /** Waits until a session waits for another one. */
    static void awaitSome(DataSource dataSource, String counting) throws Exception {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            boolean some = false;
            for (long end = System.nanoTime() + 20_000_000_000L; !some; ) {
                assertThat(System.nanoTime() - end).as("nobody waits").isNegative();
                try (ResultSet rows = statement.executeQuery(counting)) {
                    some = rows.next() && rows.getInt(1) > 0;
                }
            }
        }
    }

    private static void lock(Connection connection, Counter counter) throws SQLException {
        String sql = "select taken from ratelimit_quota where meter = ? and period_start = ? for update";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setBytes(1, CounterRow.key(counter).meter());
            statement.setObject(
                    2,
                    new Dialect("PostgreSQL").parameter(CounterRow.key(counter).start()));
            statement.executeQuery().close();
        }
    }
}
