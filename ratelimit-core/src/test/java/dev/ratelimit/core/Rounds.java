package dev.ratelimit.core;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads that do the same again and again, each time together. */
final class Rounds {

    private Rounds() {}

    /** Runs a number of rounds: a preparation, once before each, and then the action, on every thread. */
    static void of(int rounds, int threads, Runnable before, Runnable action) throws Exception {
        CyclicBarrier start = new CyclicBarrier(threads, before);
        Callable<Boolean> all = () -> {
            for (int i = 0; i < rounds; i++) {
                start.await();
                action.run();
            }
            return true;
        };
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Callable<Boolean>> tasks = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                tasks.add(all);
            }
            for (Future<Boolean> done : executor.invokeAll(tasks)) {
                done.get();
            }
        } finally {
            executor.shutdownNow();
        }
    }
}
