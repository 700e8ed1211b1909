package dev.ratelimit.spring.boot;

import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.context.SmartLifecycle;

/**
 * Closes a limiter once: when the application stops, in the phase of snapshots, or if it does not even start. So what
 * the limiter has yet to tell its store is told after the last request, and before the client of the store ends.
 */
final class ClosingLifecycle implements SmartLifecycle, AutoCloseable {

    private final Runnable closing;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean isRunning;

    ClosingLifecycle(Runnable closing) {
        this.closing = closing;
    }

    @Override
    public void start() {
        isRunning = true;
    }

    @Override
    public void stop() {
        isRunning = false;
        close();
    }

    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            closing.run();
        }
    }

    @Override
    public boolean isRunning() {
        return isRunning;
    }

    @Override
    public int getPhase() {
        return SnapshotFile.PHASE;
    }
}
