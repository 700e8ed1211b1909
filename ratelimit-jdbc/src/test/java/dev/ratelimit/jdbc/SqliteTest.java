package dev.ratelimit.jdbc;

import java.nio.file.Path;
import javax.sql.DataSource;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

class SqliteTest extends DatabaseContract {

    private final Path folder;

    SqliteTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Override
    DataSource newDataSource() {
        SQLiteDataSource dataSource = new SQLiteDataSource();
        dataSource.setSynchronous("OFF"); // the machine does not crash
        dataSource.setUrl("jdbc:sqlite:" + folder.resolve("quotas.db"));
        return dataSource;
    }
}
