package dev.ratelimit.bench;

import io.github.bucket4j.postgresql.Bucket4jPostgreSQL;
import java.sql.SQLException;
import javax.sql.DataSource;

/** A limiter on PostgreSQL, and how it locks a row. */
enum SqlLimiter {
    RATELIMIT("ratelimit") {
        @Override
        SqlRival open(DataSource dataSource, Scopes quotas, int organizations) {
            return new RatelimitOnSql(dataSource, quotas, organizations);
        }
    },
    SELECT_FOR_UPDATE("bucket4j, select for update") {
        @Override
        SqlRival open(DataSource dataSource, Scopes quotas, int organizations) throws SQLException {
            Bucket4jOnSql.createTable(dataSource);
            return new Bucket4jOnSql(
                    Bucket4jPostgreSQL.selectForUpdateBasedBuilder(dataSource).build(), quotas, organizations);
        }
    },
    ADVISORY_LOCK("bucket4j, advisory lock") {
        @Override
        SqlRival open(DataSource dataSource, Scopes quotas, int organizations) throws SQLException {
            Bucket4jOnSql.createTable(dataSource);
            return new Bucket4jOnSql(
                    Bucket4jPostgreSQL.advisoryLockBasedBuilder(dataSource).build(), quotas, organizations);
        }
    };

    final String words;

    SqlLimiter(String words) {
        this.words = words;
    }

    /**
     * Opens it, and makes its tables.
     *
     * @param quotas what each organization has
     * @param organizations how many there are
     */
    abstract SqlRival open(DataSource dataSource, Scopes quotas, int organizations) throws SQLException;
}
