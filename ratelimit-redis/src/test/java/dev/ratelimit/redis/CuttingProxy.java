package dev.ratelimit.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/** Passes bytes between clients and a server, and cuts the connection when told, in the middle of the server's next answers. */
final class CuttingProxy implements AutoCloseable {

    private final ServerSocket socket;
    private final int server;
    private final AtomicInteger cuts = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();

    CuttingProxy(RedisServer server) {
        this.server = server.port();
        try {
            socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        run(this::accept);
    }

    private static void run(Runnable task) {
        Thread thread = new Thread(task, "cutting proxy");
        thread.setDaemon(true);
        thread.start();
    }

    String uri() {
        return "redis://127.0.0.1:" + socket.getLocalPort();
    }

    /** Cuts the connection when the server begins to answer next, after its first byte. */
    void cutNextAnswer() {
        cuts.incrementAndGet();
    }

    /** Returns how often a connection was cut. */
    int cutsDone() {
        return done.get();
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                Socket there = new Socket(InetAddress.getLoopbackAddress(), server);
                run(() -> pass(client, there, false));
                run(() -> pass(there, client, true));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void pass(Socket from, Socket to, boolean answers) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[8_192];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (answers && cuts.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                    out.write(buffer, 0, 1);
                    done.incrementAndGet();
                    return;
                }
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // one side is gone, so both are closed
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
