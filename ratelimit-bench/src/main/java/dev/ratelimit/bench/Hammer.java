package dev.ratelimit.bench;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;

/**
 * Threads that ask one limiter all the time, and write down what they see. They do so for an epoch: until its time is
 * over or one of them has written down {@value #MOST_ATTEMPTS} attempts, so that memory does not grow with the length
 * of a run.
 */
final class Hammer implements AutoCloseable {

    private static final int MOST_ATTEMPTS = 150_000;
    private static final int MOST_OPEN = 4;

    private final Target target;
    private final Scenario scenario;
    private final int threads;
    private final long window;
    private final ExecutorService executor = Executors.newCachedThreadPool();

    Hammer(Target target, Scenario scenario, int threads) {
        this.target = target;
        this.scenario = scenario;
        this.threads = threads * scenario.crowd();
        this.window = scenario.window().toNanos();
    }

    /**
     * Runs one epoch of at most some nanoseconds, and rests until nothing of it counts any more.
     *
     * @return all attempts, in no order
     */
    List<Attempt> epoch(long nanos) throws InterruptedException, ExecutionException {
        long origin = System.nanoTime();
        AtomicBoolean done = new AtomicBoolean();
        Future<?> cleaner = executor.submit(() -> {
            while (scenario.resting() && !done.get()) {
                target.cleanUp();
            }
        });
        List<Callable<List<Attempt>>> callers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            callers.add(() -> {
                try {
                    return new Caller(origin, done).call(nanos);
                } finally {
                    done.set(true);
                }
            });
        }
        List<Attempt> all = new ArrayList<>();
        for (Future<List<Attempt>> caller : executor.invokeAll(callers)) {
            all.addAll(caller.get());
        }
        cleaner.get();
        Thread.sleep(2 * window / 1_000_000 + 1);
        return all;
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }

    /** One thread of an epoch. */
    private final class Caller {

        private record Open(Attempt call, LongConsumer settle) {}

        private final SplittableRandom random = new SplittableRandom();
        private final List<Attempt> attempts = new ArrayList<>();
        private final ArrayDeque<Open> open = new ArrayDeque<>();
        private final long origin;
        private final AtomicBoolean done;

        Caller(long origin, AtomicBoolean done) {
            this.origin = origin;
            this.done = done;
        }

        List<Attempt> call(long nanos) {
            while (!done.get() && attempts.size() < MOST_ATTEMPTS && now() < nanos) {
                boolean admitted = insist(random.nextInt(scenario.keys()), 1 + random.nextLong(scenario.mostUnits()));
                if (!admitted && scenario.resting()) {
                    rest(random.nextLong(2 * window));
                }
                while (open.size() > random.nextInt(MOST_OPEN)) {
                    settleOldest();
                }
            }
            while (!open.isEmpty()) {
                settleOldest();
            }
            return attempts;
        }

        /**
         * Asks for the same until it is admitted, or a small part of a window is over. A refusal that ends later than
         * that is written down alone: if the thread was descheduled in it, the refusals before it tell nothing of
         * that time.
         */
        private boolean insist(int key, long units) {
            long part = window / 256;
            long began = now();
            long refused = began;
            int refusals = 0;
            while (true) {
                long start = now();
                LongConsumer settle = target.ask(key, units);
                long end = now();
                if (settle != null) {
                    keepRefusals(key, units, refusals, began, refused);
                    keep(Attempt.admitted(key, units, start, end), settle);
                    return true;
                }
                if (end - began > part) {
                    keepRefusals(key, units, refusals, began, refused);
                    keepRefusals(key, units, 1, start, end);
                    return false;
                }
                refused = end;
                refusals++;
            }
        }

        private void keepRefusals(int key, long units, int refusals, long began, long end) {
            if (refusals > 0) {
                attempts.add(Attempt.refused(key, units, refusals, began, end));
            }
        }

        private void keep(Attempt call, LongConsumer settle) {
            if (scenario.reserving()) {
                open.add(new Open(call, settle));
            } else {
                attempts.add(call);
            }
        }

        private void settleOldest() {
            Open oldest = open.remove();
            long actual = random.nextLong(2 * oldest.call.units() + 1);
            long settling = now();
            oldest.settle.accept(actual);
            attempts.add(oldest.call.settledFor(actual, settling, now()));
        }

        private void rest(long nanos) {
            long until = now() + nanos;
            while (now() < until) {
                Thread.onSpinWait();
            }
        }

        private long now() {
            return System.nanoTime() - origin;
        }
    }
}
