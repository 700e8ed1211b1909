package dev.ratelimit.jdbc;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Executes tasks one after the other, each on a thread of an executor: so they never have more than one of its threads.
 * Safe for use by many threads.
 */
final class InTurn implements Executor {

    private final Executor threads;
    private final int most;

    /** The first one is under way. Guarded by itself. */
    private final Deque<Runnable> tasks = new ArrayDeque<>();

    /**
     * Makes it.
     *
     * @param most the most tasks at a time
     */
    InTurn(Executor threads, int most) {
        this.threads = threads;
        this.most = most;
    }

    @Override
    public void execute(Runnable task) {
        synchronized (tasks) {
            if (tasks.size() >= most) {
                throw new RejectedExecutionException();
            }
            if (tasks.isEmpty()) {
                threads.execute(this::runFirst);
            }
            tasks.add(task);
        }
    }

    private void runFirst() {
        Runnable first;
        synchronized (tasks) {
            first = tasks.element();
        }
        try {
            first.run();
        } finally {
            goOn();
        }
    }

    /** Lets other tasks of the executor have their turn. Where it takes no more, it ends: what waits is done here. */
    private void goOn() {
        synchronized (tasks) {
            tasks.remove();
            if (tasks.isEmpty()) {
                return;
            }
        }
        try {
            threads.execute(this::runFirst);
        } catch (RejectedExecutionException e) {
            runFirst();
        }
    }

    /** Returns how many tasks wait for another one of them. */
    int waiting() {
        synchronized (tasks) {
            return Math.max(0, tasks.size() - 1);
        }
    }
}
