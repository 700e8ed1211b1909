package dev.ratelimit.jdbc;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;

class ContractOnH2Test extends ContractOnSql {

    private final List<JdbcDataSource> databases = new ArrayList<>();

    @Override
    DataSource newDataSource() {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        databases.add(database);
        return database;
    }

    @AfterEach
    @Override
    void close() {
        super.close();
        databases.forEach(database -> PostgreSql.execute(database, "shutdown"));
    }
}
