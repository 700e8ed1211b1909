package dev.ratelimit.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.postgresql.ds.PGSimpleDataSource;

/** All limiters share a pool. Each has a schema, which is emptied for another limiter when its test is over. */
class ContractOnPostgreSqlTest extends ContractOnSql {

    private static final Deque<String> FREE = new ArrayDeque<>();
    private static HikariDataSource pool;

    private final List<String> used = new ArrayList<>();

    @BeforeAll
    static void open() {
        pool = PostgreSql.pool(PostgreSql.port(), "public");
        pool.setMaximumPoolSize(8);
    }

    @AfterAll
    static void end() {
        pool.close();
    }

    @Override
    DataSource newDataSource() {
        String schema = FREE.isEmpty() ? ((PGSimpleDataSource) PostgreSql.newSchema()).getCurrentSchema() : FREE.pop();
        used.add(schema);
        return new ChangedConnections(pool) {
            @Override
            Connection changed(Connection connection) throws SQLException {
                connection.setSchema(schema);
                return connection;
            }
        };
    }

    @AfterEach
    @Override
    void close() {
        super.close();
        for (String schema : used) {
            for (String table : List.of("quota", "lease", "machine")) {
                PostgreSql.execute(pool, "delete from " + schema + ".ratelimit_" + table);
            }
        }
        FREE.addAll(used);
    }
}
