package dev.ratelimit.jdbc;

import javax.sql.DataSource;

class PostgreSqlTest extends DatabaseContract {

    @Override
    DataSource newDataSource() {
        return PostgreSql.newSchema();
    }
}
