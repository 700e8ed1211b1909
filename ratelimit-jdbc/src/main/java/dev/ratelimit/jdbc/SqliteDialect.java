package dev.ratelimit.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * SQLite. It has no type for times, so they are texts that sort by time. It locks the whole database, and locks it when
 * a transaction begins: one that reads first and writes later could not wait for another. Its errors have no state.
 */
final class SqliteDialect extends Dialect {

    private static final DateTimeFormatter TEXT =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private static final int ERROR = 1;
    private static final int BUSY = 5;
    private static final int CONSTRAINT = 19;

    /** The lower byte of an error is its code, and the others tell more of it. */
    private static final int CODE = 0xFF;

    SqliteDialect() {
        super("SQLite");
    }

    @Override
    String now(int secondsAgo) {
        return "(strftime('%Y-%m-%dT%H:%M:%f', 'now', '-" + secondsAgo + " seconds') || '000Z')";
    }

    @Override
    Object parameter(Instant time) {
        return TEXT.format(time);
    }

    @Override
    Instant time(ResultSet row, int column) throws SQLException {
        return Instant.parse(row.getString(column));
    }

    @Override
    String forUpdate() {
        return "";
    }

    /** Readers and the writer do not wait for each other then. The file remembers it. */
    @Override
    void prepare(Connection connection) throws SQLException {
        execute(connection, "pragma journal_mode = wal");
    }

    /** A time-out of a statement would become the time for which the connection waits for locks. */
    @Override
    void bound(Statement statement, int seconds) {}

    @Override
    void begin(Connection connection) throws SQLException {
        execute(connection, "begin immediate");
    }

    @Override
    void commit(Connection connection) throws SQLException {
        execute(connection, "commit");
    }

    @Override
    void rollBack(Connection connection) throws SQLException {
        execute(connection, "rollback");
    }

    @Override
    boolean isDuplicate(SQLException e) {
        return code(e) == CONSTRAINT;
    }

    @Override
    boolean isLostRace(SQLException e) {
        return code(e) == BUSY;
    }

    @Override
    boolean isMissingTable(SQLException e) {
        return code(e) == ERROR && String.valueOf(e.getMessage()).contains("no such table");
    }

    private static int code(SQLException e) {
        return e.getErrorCode() & CODE;
    }
}
