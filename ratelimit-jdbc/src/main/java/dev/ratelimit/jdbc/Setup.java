package dev.ratelimit.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Finds out what a database is when it is reached first, and whether it is fit.
 *
 * @param machine who holds the leases
 * @param createsTables whether tables that are missing are made
 */
record Setup(String machine, boolean createsTables) {

    private static final String POSTGRESQL = "PostgreSQL";

    /** Those that a database's metadata names so. */
    private static final List<Dialect> DIALECTS = List.of(
            new Dialect(POSTGRESQL),
            new H2Dialect(),
            new SqliteDialect(),
            new MySqlDialect("MySQL"),
            new MySqlDialect("MariaDB"));

    /**
     * Opens a database.
     *
     * @throws IllegalStateException if it is not fit; says why
     */
    QuotaTables open(Connection connection, int seconds) throws SQLException {
        Dialect dialect = dialect(connection.getMetaData().getDatabaseProductName());
        dialect.prepare(connection);
        Schema schema = new Schema(dialect);
        if (createsTables) {
            schema.create(connection);
        }
        schema.check(connection, seconds);
        return dialect.product().equals(POSTGRESQL)
                ? new PostgreSqlTables(dialect, machine)
                : new QuotaTables(dialect, machine);
    }

    private static Dialect dialect(String product) {
        return DIALECTS.stream()
                .filter(dialect -> dialect.product().equals(product))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "the database must be one of " + products() + ": product=" + product));
    }

    private static String products() {
        return String.join(", ", DIALECTS.stream().map(Dialect::product).toList());
    }
}
