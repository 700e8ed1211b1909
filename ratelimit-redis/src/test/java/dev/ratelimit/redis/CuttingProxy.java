package dev.ratelimit.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Passes bytes between clients and a server. When told, cuts the connection in the middle of what either of them says
 * next, or holds all back.
 */
final class CuttingProxy extends LoopbackServer {

    /** How many bytes are passed on before a cut, and whether the connection is then reset instead of closed. */
    private record Cut(int bytes, boolean resets) {}

    private final int server;
    private final Queue<Cut> requestCuts = new ConcurrentLinkedQueue<>();
    private final Queue<Cut> answerCuts = new ConcurrentLinkedQueue<>();
    private final AtomicInteger done = new AtomicInteger();
    private final Queue<Socket> clients = new ConcurrentLinkedQueue<>();
    private final AtomicInteger passing = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private boolean holds;
    private boolean holdsAnswers;
    private int held;

    CuttingProxy(RedisServer server) {
        this.server = server.port();
        begin();
    }

    /** Cuts the connection when the server begins to answer next, after its first byte. */
    void cutNextAnswer() {
        cutNextAnswerAfter(1);
    }

    /**
     * Cuts the connection when the server answers next, and passes on so many bytes at most. If told several times, as
     * often.
     */
    void cutNextAnswerAfter(int bytes) {
        answerCuts.add(new Cut(bytes, false));
    }

    /**
     * Cuts the connection when a client asks next, and passes on so many bytes at most. If told several times, as
     * often.
     */
    void cutNextRequestAfter(int bytes) {
        requestCuts.add(new Cut(bytes, false));
    }

    /** Resets the connection when the server answers next, as a machine does that has forgotten it. */
    void resetAtNextAnswer() {
        answerCuts.add(new Cut(0, true));
    }

    /** Cuts all connections at once. */
    void cutAll() {
        for (Socket client = clients.poll(); client != null; client = clients.poll()) {
            try {
                client.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Returns how often a connection was cut. */
    int cutsDone() {
        return done.get();
    }

    /** Keeps what both sides say from now on. */
    synchronized void hold() {
        holds = true;
    }

    /** Keeps what the server says from now on. */
    synchronized void holdAnswers() {
        holdsAnswers = true;
    }

    /** Keeps what is said from now on by the connections that there are, and not by new ones. */
    synchronized void holdThese() {
        held = connections.get();
    }

    /** Passes on what it has kept, and what follows. */
    synchronized void letGo() {
        holds = false;
        holdsAnswers = false;
        held = 0;
        notifyAll();
    }

    /** Returns how many pieces it has read and not yet passed on. */
    int passing() {
        return passing.get();
    }

    private synchronized void awaitLeave(int connection, boolean isAnswer) throws IOException {
        try {
            while ((holds || connection <= held || (holdsAnswers && isAnswer)) && !isClosed()) {
                wait();
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        if (isClosed()) {
            throw new IOException("closed");
        }
    }

    @Override
    void take(Socket client) throws IOException {
        clients.add(client);
        try {
            Socket there = new Socket(InetAddress.getLoopbackAddress(), server);
            int connection = connections.incrementAndGet();
            run(() -> pass(connection, client, there, requestCuts));
            run(() -> pass(connection, there, client, answerCuts));
        } catch (IOException e) {
            client.close(); // the server is gone, so that nobody is let in
        }
    }

    private void pass(int connection, Socket from, Socket to, Queue<Cut> cuts) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            byte[] buffer = new byte[8_192];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                passing.incrementAndGet();
                try {
                    awaitLeave(connection, cuts == answerCuts);
                    if (!passed(buffer, n, to, cuts.poll())) {
                        return;
                    }
                } finally {
                    passing.decrementAndGet();
                }
            }
        } catch (IOException e) {
            // one side is gone, or this, so both are closed
        }
    }

    /** Passes a piece on, and tells whether the connection goes on. */
    private boolean passed(byte[] piece, int n, Socket to, @Nullable Cut cut) throws IOException {
        OutputStream out = to.getOutputStream();
        if (cut == null) {
            out.write(piece, 0, n);
            return true;
        }
        out.write(piece, 0, Math.min(cut.bytes, n));
        if (cut.resets) {
            to.setSoLinger(true, 0);
        }
        done.incrementAndGet();
        return false;
    }

    /** Lets nobody in any more, and forgets what it has kept. */
    @Override
    public synchronized void close() throws IOException {
        super.close();
        notifyAll();
    }
}
