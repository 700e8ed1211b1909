package dev.ratelimit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import redis.embedded.RedisExecProvider;

/** A Redis server of its own, from the binary in the test's class path or the one that {@code -Dredis.server} names. */
final class RedisServer implements AutoCloseable {

    /*
     * A cluster's node also listens on the port 10,000 above this. Both are below those that Linux gives to clients:
     * while a server is down, none of them must get its port.
     */
    private static final int FIRST_PORT = 12_000;
    private static final int PORTS = 10_000;

    private static final String EXECUTABLE = executable();

    private final int port;
    private final List<String> command = new ArrayList<>();
    private final Path folder;
    private Process process;

    /**
     * Starts the server.
     *
     * @param settings for its command line, on which the name of a file would have to be the first
     */
    RedisServer(String... settings) {
        try {
            port = freePort();
            folder = Files.createTempDirectory("ratelimit-redis");
            command.add(EXECUTABLE);
            command.addAll(List.of(settings));
            command.addAll(List.of("--port", String.valueOf(port), "--bind", "127.0.0.1"));
            command.addAll(List.of("--dir", folder.toString(), "--save", "", "--loglevel", "warning"));
            process = start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String executable() {
        try {
            String given = System.getProperty("redis.server");
            return given != null
                    ? given
                    : RedisExecProvider.defaultProvider().get().getPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        for (int tried = 0; tried < 100; tried++) {
            int port = FIRST_PORT + (int) (Math.random() * PORTS);
            if (isFree(port) && isFree(port + 10_000)) {
                return port;
            }
        }
        throw new IOException("no free port");
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    private Process start() throws IOException {
        Process started = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!answers()) {
            if (!started.isAlive() || System.nanoTime() - deadline > 0) {
                throw new IOException("Redis did not start: " + Files.readString(folder.resolve("log")));
            }
            sleep();
        }
        return started;
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("PING\r\n".getBytes(UTF_8));
            // +PONG, or an error that asks for a password; but not that it is still loading
            return socket.getInputStream().read() >= 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    int port() {
        return port;
    }

    String uri() {
        return "redis://127.0.0.1:" + port;
    }

    /** Stops the server as {@code kill -9} does. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Starts it again on the same port, with what it has on its disk. */
    void restart() {
        try {
            process = start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Has it do nothing, while whoever connects is let in by the system. */
    void suspend() {
        signal("STOP");
    }

    /** Has it go on. */
    void resume() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                    .start()
                    .onExit()
                    .join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        kill();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
