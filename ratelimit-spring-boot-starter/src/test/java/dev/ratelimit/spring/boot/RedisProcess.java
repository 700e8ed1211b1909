package dev.ratelimit.spring.boot;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import redis.embedded.RedisExecProvider;

/** A Redis server of a test's own, from the binary in the class path. */
final class RedisProcess implements AutoCloseable {

    /** Below the ports that Linux gives to clients: none of them must get it while the server is down. */
    private static final int FIRST_PORT = 22_000;

    private static final int PORTS = 10_000;

    private final int port;
    private Process process;

    private RedisProcess(int port, Process process) {
        this.port = port;
        this.process = process;
    }

    static RedisProcess start() throws IOException, InterruptedException {
        int port = freePort();
        return new RedisProcess(port, started(port));
    }

    private static int freePort() throws IOException {
        for (int tried = 0; tried < 100; tried++) {
            int port = FIRST_PORT + (int) (Math.random() * PORTS);
            if (isFree(port)) {
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

    private static Process started(int port) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        RedisExecProvider.defaultProvider().get().getPath(),
                        "--port",
                        Integer.toString(port),
                        "--bind",
                        "127.0.0.1",
                        "--save",
                        "",
                        "--loglevel",
                        "warning")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        for (int tried = 0; tried < 1_000; tried++) {
            if (listens(port)) {
                return process;
            }
            Thread.sleep(10);
        }
        process.destroyForcibly();
        throw new IOException("the server does not listen: port=" + port);
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    int port() {
        return port;
    }

    /** Returns how many keys a database has. */
    int keys(int database) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write(("SELECT " + database + "\r\nDBSIZE\r\nQUIT\r\n").getBytes(StandardCharsets.US_ASCII));
            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            return Integer.parseInt(answers.replaceAll("(?s).*:([0-9]+)\r\n.*", "$1"));
        }
    }

    void stop() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(60, TimeUnit.SECONDS);
    }

    /** Starts it again on its port, without what it knew. */
    void restart() throws IOException, InterruptedException {
        process = started(port);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
