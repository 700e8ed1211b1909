package dev.ratelimit.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** MySQL and MariaDB. Their times have no zone: those of the tables are UTC. */
final class MySqlDialect extends Dialect {

    /** Another transaction held a row for too long. MySQL says so without a state of its own. */
    private static final int LOCK_WAIT_TIMEOUT = 1205;

    MySqlDialect(String product) {
        super(product);
    }

    @Override
    String now(int secondsAgo) {
        return secondsAgo == 0 ? "utc_timestamp(6)" : "(utc_timestamp(6) - interval " + secondsAgo + " second)";
    }

    @Override
    Object parameter(Instant time) {
        return LocalDateTime.ofInstant(time, ZoneOffset.UTC);
    }

    @Override
    Instant time(ResultSet row, int column) throws SQLException {
        return row.getObject(column, LocalDateTime.class).toInstant(ZoneOffset.UTC);
    }

    @Override
    String orNothing() {
        return "";
    }

    /** Here the isolation of the next transaction is set before it begins. */
    @Override
    void begin(Connection connection) throws SQLException {
        execute(connection, READ_COMMITTED);
        connection.setAutoCommit(false);
    }

    @Override
    boolean isLostRace(SQLException e) {
        return super.isLostRace(e) || e.getErrorCode() == LOCK_WAIT_TIMEOUT;
    }
}
