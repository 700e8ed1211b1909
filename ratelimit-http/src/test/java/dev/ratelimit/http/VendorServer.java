package dev.ratelimit.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The server of a vendor, on 127.0.0.1. A call arrives when its request has been read. On a new connection nothing is
 * read for a while, as while TLS shakes hands, so the first call of a connection is longer under way than later ones.
 */
final class VendorServer implements AutoCloseable {

    private final ServerSocket server;
    private final long handshakeMillis;
    private final Queue<Socket> connections = new ConcurrentLinkedQueue<>();
    private final Queue<String> refusals = new ConcurrentLinkedQueue<>();
    private final Map<String, Long> arrivals = new ConcurrentHashMap<>();

    VendorServer(long handshakeMillis) {
        this.handshakeMillis = handshakeMillis;
        try {
            server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(this::accept);
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket connection = server.accept();
                connections.add(connection);
                start(() -> serve(connection));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            Thread.sleep(handshakeMillis);
            BufferedReader requests = new BufferedReader(new InputStreamReader(connection.getInputStream(), US_ASCII));
            OutputStream answers = connection.getOutputStream();
            for (String line = requests.readLine(); line != null; line = requests.readLine()) {
                String call = line.replaceAll("GET /(.*) HTTP.*", "$1");
                while (!line.isEmpty()) {
                    line = requests.readLine();
                }
                arrivals.put(call, System.nanoTime());
                String refusal = refusals.poll();
                String answer = refusal == null ? "200 OK" : "429 Too Many Requests\r\nRetry-After: " + refusal;
                answers.write(("HTTP/1.1 " + answer + "\r\nContent-Length: 5\r\n\r\nhello").getBytes(US_ASCII));
            }
        } catch (IOException | InterruptedException e) {
            // closed
        }
    }

    /** Answers the next call by a refusal. */
    void refuseNext(int retryAfterSeconds) {
        refusals.add(String.valueOf(retryAfterSeconds));
    }

    URI uriOf(String call) {
        return URI.create("http://127.0.0.1:" + server.getLocalPort() + "/" + call);
    }

    /** Returns when each call arrived, by {@link System#nanoTime}. */
    Map<String, Long> arrivals() {
        return arrivals;
    }

    /** Returns how many connections were opened. */
    int connections() {
        return connections.size();
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket connection : connections) {
            connection.close();
        }
    }
}
