package dev.ratelimit.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** Passes bytes between clients and a server, and cuts the connection after a number of bytes when told. */
final class CuttingProxy implements AutoCloseable {

    private static final long NEVER = Long.MAX_VALUE;

    private final ServerSocket socket;
    private final int server;
    private final Queue<Socket> open = new ConcurrentLinkedQueue<>();
    private final AtomicLong asked = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong cuts = new AtomicLong();
    private volatile long cutAsked = NEVER;
    private volatile long cutAnswered = NEVER;

    CuttingProxy(int server) {
        this(server, 0);
    }

    /** Makes a proxy on a port. */
    CuttingProxy(int server, int port) {
        this.server = server;
        try {
            socket = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        run(this::accept);
    }

    int port() {
        return socket.getLocalPort();
    }

    /** Counts from zero, and cuts the connection once when the client has said so many bytes, and passes those on. */
    void cutAfterAsked(long bytes) {
        count();
        cutAsked = bytes;
    }

    /** Counts from zero, and cuts the connection once when the server has said so many bytes, and passes those on. */
    void cutAfterAnswered(long bytes) {
        count();
        cutAnswered = bytes;
    }

    /** Counts from zero, and cuts nothing. */
    void count() {
        cutAsked = NEVER;
        cutAnswered = NEVER;
        asked.set(0);
        answered.set(0);
    }

    long asked() {
        return asked.get();
    }

    long answered() {
        return answered.get();
    }

    long cuts() {
        return cuts.get();
    }

    /** Cuts the connections that there are. */
    void cutAll() {
        for (Socket each = open.poll(); each != null; each = open.poll()) {
            close(each);
        }
    }

    private static void run(Runnable task) {
        Thread thread = new Thread(task, "cutting-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                Socket there = new Socket(InetAddress.getLoopbackAddress(), server);
                open.add(client);
                open.add(there);
                run(() -> pass(client, there, asked, true));
                run(() -> pass(there, client, answered, false));
            } catch (IOException e) {
                // the server is away, or this is closed
            }
        }
    }

    private void pass(Socket from, Socket to, AtomicLong passed, boolean asks) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            byte[] buffer = new byte[8_192];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                long before = passed.getAndAdd(n);
                long cut = asks ? cutAsked : cutAnswered;
                if (before + n > cut) {
                    cutAsked = NEVER;
                    cutAnswered = NEVER;
                    cuts.incrementAndGet();
                    to.getOutputStream().write(buffer, 0, (int) Math.max(0, cut - before));
                    return;
                }
                to.getOutputStream().write(buffer, 0, n);
            }
        } catch (IOException e) {
            // one side is gone, so both are
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets nobody in any more, and cuts the connections that there are. */
    void end() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cutAll();
    }

    @Override
    public void close() {
        end();
    }
}
