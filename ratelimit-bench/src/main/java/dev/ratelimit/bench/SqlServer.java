package dev.ratelimit.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** A PostgreSQL, in which each run has a schema of its own. */
final class SqlServer {

    private final String url;

    SqlServer(String url) {
        this.url = url;
    }

    String url() {
        return url;
    }

    /** Returns a pool, as a service has one. */
    static HikariDataSource pool(String url, String schema, int connections) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setSchema(schema);
        config.setMaximumPoolSize(connections);
        return new HikariDataSource(config);
    }

    /** Makes an empty schema. */
    void reset(String schema) throws SQLException {
        try (HikariDataSource pool = pool(url, "public", 1)) {
            execute(pool, "drop schema if exists " + schema + " cascade");
            execute(pool, "create schema " + schema);
        }
    }

    private static void execute(DataSource dataSource, String sql) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Returns what the server says of a setting of its own. */
    String told(String setting) throws SQLException {
        try (HikariDataSource pool = pool(url, "public", 1);
                Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("show " + setting)) {
            row.next();
            return row.getString(1);
        }
    }
}
