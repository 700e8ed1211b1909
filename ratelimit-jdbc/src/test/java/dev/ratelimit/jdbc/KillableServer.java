package dev.ratelimit.jdbc;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A PostgreSQL that is killed, as by {@code kill -9}, and started again on what it left. For one thread. */
final class KillableServer implements AutoCloseable {

    private final Path data;
    private final int port;
    private final List<String> command = new ArrayList<>();

    KillableServer(Path data) throws IOException {
        this.data = data;
        // Not closed: it knows only the processes that it started itself.
        EmbeddedPostgres server = PostgreSql.settings()
                .setDataDirectory(data)
                .setRegisterShutdownHook(false)
                .start();
        this.port = server.getPort();
    }

    int port() {
        return port;
    }

    /** Kills all processes of the server. */
    void kill() throws IOException {
        Path file = data.resolve("postmaster.pid");
        ProcessHandle server = ProcessHandle.of(
                        Long.parseLong(Files.readAllLines(file).get(0).trim()))
                .orElseThrow();
        command.clear();
        if ("root".equals(System.getProperty("user.name"))) {
            command.addAll(List.of("unshare", "-U")); // it does not serve root
        }
        command.add(server.info().command().orElseThrow());
        command.addAll(List.of(server.info().arguments().orElseThrow()));
        List<ProcessHandle> processes = new ArrayList<>(List.of(server));
        processes.addAll(server.children().toList());
        processes.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle process : processes) {
            ProcessHandle unused =
                    process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
        }
        Files.delete(file);
    }

    /** Starts it again after it was killed. It may take a while to answer. */
    void restart() throws IOException {
        Process unused = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @Override
    public void close() throws IOException {
        kill();
    }
}
