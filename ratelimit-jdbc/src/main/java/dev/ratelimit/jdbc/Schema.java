package dev.ratelimit.jdbc;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.JDBCType;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/** The tables: makes them, and finds out whether they are there and can be used. */
final class Schema {

    private static final String QUOTA = "ratelimit_quota";
    private static final String LEASE = "ratelimit_lease";
    private static final String MACHINE = "ratelimit_machine";

    private static final List<String> LEASE_COLUMNS =
            List.of("id", "meter", "period_start", "machine", "units", "used", "seen_at");

    private static final Set<String> DIGESTS = Set.of("id", "meter", "organization_hash", "member_hash");
    private static final Set<String> NUMBERS = Set.of("taken", "granted", "units", "used");

    private static final Set<JDBCType> BINARY = Set.of(JDBCType.BINARY, JDBCType.VARBINARY, JDBCType.BLOB);
    private static final Set<JDBCType> LONG = Set.of(JDBCType.BIGINT, JDBCType.INTEGER);

    private static final Pattern COMMENT = Pattern.compile("--.*");

    private final Dialect dialect;

    Schema(Dialect dialect) {
        this.dialect = dialect;
    }

    /** Makes the tables that are not there. */
    void create(Connection connection) throws SQLException {
        for (String statement : COMMENT.matcher(text()).replaceAll("").split(";", -1)) {
            if (!statement.isBlank()) {
                Dialect.execute(connection, statement);
            }
        }
    }

    private String text() {
        String name = "/ratelimit-jdbc/" + folder() + "/R__ratelimit_quotas.sql";
        try (InputStream in = requireNonNull(Schema.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String folder() {
        return dialect.product().toLowerCase(Locale.ROOT);
    }

    /**
     * Requires that the tables are there, have the types that they must have, and can be written.
     *
     * @throws IllegalStateException if not; says what is wrong
     */
    void check(Connection connection, int seconds) throws SQLException {
        checkColumns(connection, QUOTA, CounterRow.COLUMNS);
        checkColumns(connection, LEASE, LEASE_COLUMNS);
        checkColumns(connection, MACHINE, List.of("machine", "seen_at"));
        checkWritable(new Session(connection, dialect, seconds));
    }

    private void checkColumns(Connection connection, String table, List<String> columns) throws SQLException {
        String sql = "select " + String.join(", ", columns) + " from " + table + " where 1 = 0";
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet none = statement.executeQuery()) {
            ResultSetMetaData types = none.getMetaData();
            for (int i = 0; i < columns.size(); i++) {
                checkType(table, columns.get(i), JDBCType.valueOf(types.getColumnType(i + 1)));
            }
        } catch (SQLException e) {
            if (DatabaseFailure.isSilence(e)) {
                throw e;
            }
            throw new IllegalStateException(
                    dialect.isMissingTable(e)
                            ? "the table " + table + " must be there: make it with createTables() or with Flyway from"
                                    + " classpath:ratelimit-jdbc/" + folder()
                            : "the table " + table + " must have the columns " + columns + ": " + e.getMessage(),
                    e);
        }
    }

    private void checkType(String table, String column, JDBCType type) {
        boolean isRight =
                DIGESTS.contains(column) ? BINARY.contains(type) : !NUMBERS.contains(column) || LONG.contains(type);
        // SQLite gives a table without rows the type of whatever was declared, and stores any value in it.
        if (!isRight) {
            throw new IllegalStateException("the column " + table + "." + column + " must be "
                    + (DIGESTS.contains(column) ? "binary" : "a 64-bit integer") + ": type=" + type);
        }
    }

    /** Writes a row of each kind, and takes it back. */
    private void checkWritable(Session session) throws SQLException {
        try {
            dialect.begin(session.connection());
            Rows rows = new Rows(dialect);
            CounterKey probe = new CounterKey(new byte[32], CounterRow.stored(Instant.EPOCH));
            rows.insertReceipt(session, UUID.randomUUID(), probe, 0);
            rows.update(session, probe, 0, 0);
            dialect.rollBack(session.connection());
        } catch (SQLException e) {
            dialect.rollBack(session.connection());
            if (DatabaseFailure.isSilence(e)) {
                throw e;
            }
            throw new IllegalStateException("the tables must be writable: " + e.getMessage(), e);
        }
    }
}
