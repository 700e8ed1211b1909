package dev.ratelimit.core;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Threads that do the same again and again, each time together. */
final class Rounds {

    private Rounds() {}

    /**
     * Runs a number of rounds: a preparation, once before each, and then the action, on every thread. A failure on one
     * thread ends all, and is thrown.
     */
    static void of(int rounds, int threads, Runnable before, Runnable action) throws Exception {
        CyclicBarrier start = new CyclicBarrier(threads, before);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Callable<Boolean> all = () -> {
            try {
                for (int i = 0; i < rounds; i++) {
                    start.await();
                    action.run();
                }
            } catch (Throwable thrown) {
                failure.compareAndSet(null, thrown);
                start.reset();
            }
            return true;
        };
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Callable<Boolean>> tasks = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                tasks.add(all);
            }
            executor.invokeAll(tasks);
        } finally {
            executor.shutdownNow();
        }
        if (failure.get() != null) {
            throw new ExecutionException(failure.get());
        }
    }
}
