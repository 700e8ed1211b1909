package dev.ratelimit.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** Threads that ask a limiter all the time, each for its next call as soon as one is answered. */
final class AskingThreads {

    private AskingThreads() {}

    /**
     * What was seen.
     *
     * @param perSecond decisions in a second
     * @param times how long calls took, by threads
     */
    record Pace(double perSecond, List<CallTimes> times) {}

    /** What a thread does. */
    @FunctionalInterface
    interface Calls {

        /**
         * Makes calls, and adds the time of each.
         *
         * @param thread its number, from 0
         */
        void run(int thread, CallTimes times);
    }

    /** Asks for calls of organizations at random; throws {@link IllegalStateException} if one is refused. */
    static Pace measure(SqlRival rival, int organizations, int threads, long nanos) throws InterruptedException {
        SplittableRandom seeds = new SplittableRandom(threads);
        SplittableRandom[] random = Stream.generate(seeds::split).limit(threads).toArray(SplittableRandom[]::new);
        long end = System.nanoTime() + nanos;
        return measure(threads, (thread, times) -> {
            long asked = System.nanoTime();
            while (asked - end < 0) {
                Answers.require(
                        rival.ask(random[thread].nextInt(organizations)), "every call must be admitted", "refused");
                long answered = System.nanoTime();
                times.add(answered - asked);
                asked = answered;
            }
        });
    }

    /** Runs threads until all have made their calls. What one throws is the cause of an IllegalStateException. */
    static Pace measure(int threads, Calls calls) throws InterruptedException {
        List<CallTimes> times = new ArrayList<>();
        List<Future<?>> running = new ArrayList<>();
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        long start = System.nanoTime();
        try {
            for (int i = 0; i < threads; i++) {
                int thread = i;
                CallTimes own = new CallTimes(new SplittableRandom(thread));
                times.add(own);
                running.add(executor.submit(() -> calls.run(thread, own)));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            executor.shutdownNow();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Pace(times.stream().mapToLong(CallTimes::count).sum() / seconds, times);
    }
}
