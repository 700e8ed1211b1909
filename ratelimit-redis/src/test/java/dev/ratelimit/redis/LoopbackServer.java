package dev.ratelimit.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Lets clients of this machine in, until it is closed. */
abstract class LoopbackServer implements AutoCloseable {

    private final ServerSocket socket;

    LoopbackServer() {
        try {
            socket = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Begins to let clients in: when all that serving them takes is there. */
    final void begin() {
        run(this::accept);
    }

    /** Takes a client, and does not wait for what it says. */
    abstract void take(Socket client) throws IOException;

    final void run(Runnable task) {
        Thread thread = new Thread(task, getClass().getSimpleName());
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!isClosed()) {
            try {
                take(socket.accept());
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    final boolean isClosed() {
        return socket.isClosed();
    }

    final int port() {
        return socket.getLocalPort();
    }

    final String uri() {
        return "redis://127.0.0.1:" + port();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
