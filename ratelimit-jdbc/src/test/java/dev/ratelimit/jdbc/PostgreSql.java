package dev.ratelimit.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** One PostgreSQL for all tests of a JVM. Each data source has a schema of its own. */
final class PostgreSql {

    private static final AtomicInteger SCHEMAS = new AtomicInteger();

    private PostgreSql() {}

    /** Starts when it is asked for first. It ends with the JVM. */
    private static final class Server {
        static final EmbeddedPostgres INSTANCE = start();

        private Server() {}
    }

    /** Starts a server. Processes are killed, never the machine: what the system has got is not lost. */
    static EmbeddedPostgres start() {
        try {
            return settings().start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static EmbeddedPostgres.Builder settings() {
        return EmbeddedPostgres.builder()
                .setServerConfig("max_connections", "120")
                .setServerConfig("fsync", "off")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("deadlock_timeout", "300ms")
                .setOutputRedirector(ProcessBuilder.Redirect.DISCARD)
                .setErrorRedirector(ProcessBuilder.Redirect.DISCARD);
    }

    static int port() {
        return Server.INSTANCE.getPort();
    }

    /** Returns connections to a new schema. */
    static DataSource newSchema() {
        return newSchema(port());
    }

    static DataSource newSchema(int port) {
        String schema = "test" + SCHEMAS.incrementAndGet();
        DataSource dataSource = dataSource(port, schema);
        execute(dataSource, "create schema " + schema);
        return dataSource;
    }

    static PGSimpleDataSource dataSource(int port, String schema) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setServerNames(new String[] {"127.0.0.1"});
        dataSource.setPortNumbers(new int[] {port});
        dataSource.setUser("postgres");
        dataSource.setDatabaseName("postgres");
        dataSource.setCurrentSchema(schema);
        return dataSource;
    }

    /** Returns a pool, as a service has one. */
    static HikariDataSource pool(int port, String schema) {
        HikariDataSource pool = new HikariDataSource();
        pool.setDataSource(dataSource(port, schema));
        pool.setMaximumPoolSize(4);
        pool.setMinimumIdle(1);
        return pool;
    }

    static void execute(DataSource dataSource, String sql) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }
}
