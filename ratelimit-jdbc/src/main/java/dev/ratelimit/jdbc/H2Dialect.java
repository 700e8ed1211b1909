package dev.ratelimit.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** H2. A wait for a lock that takes too long is an error with a state of its own. */
final class H2Dialect extends Dialect {

    private static final int LOCK_TIMEOUT = 50_200;

    H2Dialect() {
        super("H2");
    }

    @Override
    String now(int secondsAgo) {
        return "dateadd(second, " + -secondsAgo + ", current_timestamp)";
    }

    @Override
    String orNothing() {
        return "";
    }

    @Override
    void prepare(Connection connection) throws SQLException {
        if (connection.getTransactionIsolation() != Connection.TRANSACTION_READ_COMMITTED) {
            throw new IllegalStateException("the isolation of H2 must be READ COMMITTED, its default: isolation="
                    + connection.getTransactionIsolation());
        }
    }

    /** A time-out of a statement would stay with the connection. */
    @Override
    void bound(Statement statement, int seconds) {}

    @Override
    void begin(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
    }

    @Override
    boolean isLostRace(SQLException e) {
        return super.isLostRace(e) || e.getErrorCode() == LOCK_TIMEOUT;
    }
}
