package dev.ratelimit.jdbc;

import javax.sql.DataSource;

class PostgreSqlTest extends StoreContract {

    @Override
    DataSource newDataSource() {
        return PostgreSql.newSchema();
    }
}
