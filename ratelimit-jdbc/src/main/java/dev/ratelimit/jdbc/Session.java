package dev.ratelimit.jdbc;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A connection in autocommit mode, borrowed for one piece of work. For one thread. */
final class Session {

    /** The most attempts of a transaction that the database rolls back. */
    private static final int ATTEMPTS = 8;

    private static final long MILLISECOND = 1_000_000;

    /** Makes a value of a row. */
    @FunctionalInterface
    interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Work in one transaction. */
    @FunctionalInterface
    interface Work<T> {
        T run() throws SQLException;
    }

    private final Connection connection;
    private final Dialect dialect;
    private final int seconds;

    /**
     * Makes a session.
     *
     * @param connection in autocommit mode
     * @param dialect that of the database
     * @param seconds the time-out of a statement
     */
    Session(Connection connection, Dialect dialect, int seconds) {
        this.connection = connection;
        this.dialect = dialect;
        this.seconds = seconds;
    }

    Connection connection() {
        return connection;
    }

    /** Executes a statement. Returns how many rows it found. */
    int update(String sql, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    /** Executes a query, and statements before it in the same text, if any. Returns what the query finds. */
    <T> List<T> query(String sql, RowReader<T> reader, @Nullable Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters);
                ResultSet rows = execute(statement)) {
            List<T> found = new ArrayList<>();
            while (rows.next()) {
                found.add(reader.read(rows));
            }
            return found;
        }
    }

    private static ResultSet execute(PreparedStatement statement) throws SQLException {
        boolean isQuery = statement.execute();
        while (!isQuery && statement.getUpdateCount() >= 0) {
            isQuery = statement.getMoreResults();
        }
        return statement.getResultSet();
    }

    private PreparedStatement prepare(String sql, @Nullable Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            dialect.bound(statement, seconds);
            set(statement, parameters);
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }

    private void set(PreparedStatement statement, @Nullable Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            set(statement, i + 1, parameters[i]);
        }
    }

    private void set(PreparedStatement statement, int index, @Nullable Object value) throws SQLException {
        if (value == null) {
            statement.setNull(index, Types.NULL);
        } else if (value instanceof byte[] bytes) {
            statement.setBytes(index, bytes);
        } else if (value instanceof Instant time) {
            statement.setObject(index, dialect.parameter(time));
        } else if (value instanceof Array array) {
            statement.setArray(index, array);
        } else {
            statement.setObject(index, value);
        }
    }

    Instant time(ResultSet row, int column) throws SQLException {
        return dialect.time(row, column);
    }

    /**
     * Does work in one transaction, and again if the database has rolled it back because of another one.
     *
     * @param work what to do; again from the start each time
     */
    <T> T inTransaction(Work<T> work) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                return inOneTransaction(work);
            } catch (SQLException e) {
                if (!dialect.isLostRace(e) || attempt == ATTEMPTS) {
                    throw e;
                }
                letOthersFinish(attempt);
            }
        }
    }

    private static void letOthersFinish(int attempt) {
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(MILLISECOND << attempt));
    }

    private <T> T inOneTransaction(Work<T> work) throws SQLException {
        try {
            dialect.begin(connection);
            T result = work.run();
            dialect.commit(connection);
            return result;
        } catch (SQLException | RuntimeException | Error e) {
            rollBack(e);
            throw e;
        }
    }

    /* What cannot be undone must not be committed by whoever uses the connection next. */
    private void rollBack(Throwable first) throws SQLException {
        try {
            dialect.rollBack(connection);
        } catch (SQLException e) {
            first.addSuppressed(e);
            connection.abort(Runnable::run);
        }
    }
}
