package dev.ratelimit.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * What one database says in its own way. This class says it as PostgreSQL does, and the standard where it has it.
 * Immutable.
 */
class Dialect {

    /** An integrity constraint is violated: here, a key is there already. */
    private static final String INTEGRITY = "23";

    /** The database rolled the transaction back: it was part of a deadlock, or another one was first. */
    private static final String ROLLED_BACK = "40";

    /** For one transaction, so that nothing must be put back. */
    static final String READ_COMMITTED = "set transaction isolation level read committed";

    private final String product;

    /**
     * Makes a dialect.
     *
     * @param product the name of the database
     */
    Dialect(String product) {
        this.product = product;
    }

    final String product() {
        return product;
    }

    /** Returns an expression for the time of the database, some seconds ago. */
    String now(int secondsAgo) {
        return secondsAgo == 0 ? "current_timestamp" : "(current_timestamp - interval '" + secondsAgo + "' second)";
    }

    /** Returns an instant as the parameter of a statement. */
    Object parameter(Instant time) {
        return time.atOffset(ZoneOffset.UTC);
    }

    /** Reads an instant. */
    Instant time(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }

    /** Returns what makes a query lock the rows that it finds. */
    String forUpdate() {
        return " for update";
    }

    /** Returns what makes an insert do nothing if the row is there; empty if the insert then fails. */
    String orNothing() {
        return " on conflict do nothing";
    }

    /** Prepares a database for many users, or refuses one that is set up in a way that does not work. */
    void prepare(Connection connection) throws SQLException {}

    /** Bounds the time of a statement, where that leaves no trace on the connection. */
    void bound(Statement statement, int seconds) throws SQLException {
        statement.setQueryTimeout(seconds);
    }

    /** Begins a transaction on a connection in autocommit mode. */
    void begin(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        execute(connection, READ_COMMITTED);
    }

    /** Ends a transaction, and puts autocommit mode back. */
    void commit(Connection connection) throws SQLException {
        connection.commit();
        connection.setAutoCommit(true);
    }

    /** Ends a transaction and undoes it, and puts autocommit mode back. */
    void rollBack(Connection connection) throws SQLException {
        connection.rollback();
        connection.setAutoCommit(true);
    }

    /** Tells whether a row is there already. */
    boolean isDuplicate(SQLException e) {
        return isOfClass(e, INTEGRITY);
    }

    /** Tells whether the same may succeed at once. Nothing of it was done. */
    boolean isLostRace(SQLException e) {
        return isOfClass(e, ROLLED_BACK);
    }

    /** Tells whether a failure means that a table is not there. */
    boolean isMissingTable(SQLException e) {
        return isOfClass(e, "42P01") || isOfClass(e, "42S02") || isOfClass(e, "42S03") || isOfClass(e, "42S04");
    }

    /** Executes a statement without parameters and results. */
    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static boolean isOfClass(SQLException e, String state) {
        return e.getSQLState() != null && e.getSQLState().startsWith(state);
    }
}
