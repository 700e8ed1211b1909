package dev.ratelimit.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Passes bytes between clients and a server. When told, cuts the connection in the middle of what either of them says next, or holds all
 * back.
 */
final class CuttingProxy extends LoopbackServer {

    /** How many bytes are passed on before a cut, and whether the connection is then reset instead of closed. */
    private record Cut(int bytes, boolean resets) {}

    private final int server;
    private final Queue<Cut> requestCuts = new ConcurrentLinkedQueue<>();
    private final Queue<Cut> answerCuts = new ConcurrentLinkedQueue<>();
    private final AtomicInteger done = new AtomicInteger();
    private boolean holds;

    CuttingProxy(RedisServer server) {
        this.server = server.port();
        begin();
    }

    /** Cuts the connection when the server begins to answer next, after its first byte. */
    void cutNextAnswer() {
        cutNextAnswerAfter(1);
    }

    /** Cuts the connection when the server answers next, and passes on so many bytes at most. If told several times, as often. */
    void cutNextAnswerAfter(int bytes) {
        answerCuts.add(new Cut(bytes, false));
    }

    /** Cuts the connection when a client asks next, and passes on so many bytes at most. If told several times, as often. */
    void cutNextRequestAfter(int bytes) {
        requestCuts.add(new Cut(bytes, false));
    }

    /** Resets the connection when the server answers next, as a machine does that has forgotten it. */
    void resetAtNextAnswer() {
        answerCuts.add(new Cut(0, true));
    }

    /** Returns how often a connection was cut. */
    int cutsDone() {
        return done.get();
    }

    /** Keeps what both sides say from now on. */
    synchronized void hold() {
        holds = true;
    }

    /** Passes on what it has kept, and what follows. */
    synchronized void letGo() {
        holds = false;
        notifyAll();
    }

    private synchronized void awaitLeave() throws IOException {
        try {
            while (holds && !isClosed()) {
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
        try {
            Socket there = new Socket(InetAddress.getLoopbackAddress(), server);
            run(() -> pass(client, there, requestCuts));
            run(() -> pass(there, client, answerCuts));
        } catch (IOException e) {
            client.close(); // the server is gone, so that nobody is let in
        }
    }

    private void pass(Socket from, Socket to, Queue<Cut> cuts) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[8_192];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                awaitLeave();
                Cut cut = cuts.poll();
                if (cut != null) {
                    out.write(buffer, 0, Math.min(cut.bytes, n));
                    if (cut.resets) {
                        to.setSoLinger(true, 0);
                    }
                    done.incrementAndGet();
                    return;
                }
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // one side is gone, or this, so both are closed
        }
    }

    /** Lets nobody in any more, and forgets what it has kept. */
    @Override
    public synchronized void close() throws IOException {
        super.close();
        notifyAll();
    }
}
