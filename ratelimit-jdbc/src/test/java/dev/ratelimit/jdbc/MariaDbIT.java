package dev.ratelimit.jdbc;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class MariaDbIT extends DatabaseContract {

    private static @Nullable MariaDb server;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        assumeTrue(MariaDb.isThere(), "the binaries of MariaDB");
        server = new MariaDb(folder);
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Override
    DataSource newDataSource() {
        return requireNonNull(server, "started").newDatabase();
    }
}
