package dev.ratelimit.testkit;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler that goes by a {@link ManualTime}: a task runs when the time is moved to it or beyond, on the thread that
 * moves it. What is to run at once runs on the thread that says so. Safe for use by many threads: the lock is that of
 * the time, so that a task and the time agree.
 */
final class ManualScheduler extends AbstractExecutorService implements ScheduledExecutorService {

    private final ManualTime time;
    private final List<Task<?>> tasks = new ArrayList<>();
    private boolean shutdown;

    ManualScheduler(ManualTime time) {
        this.time = time;
    }

    /** Takes out the task that is due first, and by a time at the latest; null if there is none. */
    @Nullable
    Task<?> takeDue(long by) {
        synchronized (time) {
            Task<?> first = tasks.stream()
                    .filter(task -> task.due - by <= 0)
                    .min(Comparator.comparingLong(task -> task.due - by))
                    .orElse(null);
            tasks.remove(first);
            return first;
        }
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return schedule(Executors.callable(command), delay, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        return add(new Task<>(callable, unit.toNanos(delay), 0, false));
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return addPeriodic(command, initialDelay, period, unit, true);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return addPeriodic(command, initialDelay, delay, unit, false);
    }

    private ScheduledFuture<?> addPeriodic(Runnable command, long first, long pause, TimeUnit unit, boolean fixedRate) {
        if (unit.toNanos(pause) <= 0) {
            throw new IllegalArgumentException("period must be > 0: period=" + pause);
        }
        return add(new Task<>(Executors.callable(command), unit.toNanos(first), unit.toNanos(pause), fixedRate));
    }

    private <V> Task<V> add(Task<V> task) {
        synchronized (time) {
            requireRunning();
            tasks.add(task);
        }
        time.advanceNanos(0); // one that is due runs at once
        return task;
    }

    private void requireRunning() {
        if (shutdown) {
            throw new RejectedExecutionException("the scheduler is shut down");
        }
    }

    @Override
    public void execute(Runnable command) {
        requireNonNull(command, "command");
        synchronized (time) {
            requireRunning();
        }
        command.run();
    }

    @Override
    public void shutdown() {
        shutdownNow();
    }

    @Override
    public List<Runnable> shutdownNow() {
        synchronized (time) {
            shutdown = true;
            List<Runnable> left = List.copyOf(tasks);
            tasks.clear();
            return left;
        }
    }

    @Override
    public boolean isShutdown() {
        synchronized (time) {
            return shutdown;
        }
    }

    @Override
    public boolean isTerminated() {
        return isShutdown();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return isShutdown();
    }

    /** A task and the reading of the monotonic clock at which it is due. */
    final class Task<V> extends FutureTask<V> implements ScheduledFuture<V> {

        private final long pause;
        private final boolean fixedRate;
        private long due;

        Task(Callable<V> callable, long delay, long pause, boolean fixedRate) {
            super(callable);
            this.pause = pause;
            this.fixedRate = fixedRate;
            this.due = time.nanoTime() + Math.max(0, delay);
        }

        /** Returns the reading of the monotonic clock at which it is due. */
        long due() {
            return due;
        }

        @Override
        public void run() {
            if (pause == 0) {
                super.run();
            } else if (runAndReset()) {
                synchronized (time) {
                    due = (fixedRate ? due : time.nanoTime()) + pause;
                    if (!shutdown) {
                        tasks.add(this);
                    }
                }
            }
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            synchronized (time) {
                tasks.remove(this);
            }
            return super.cancel(mayInterruptIfRunning);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - time.nanoTime(), NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(NANOSECONDS), other.getDelay(NANOSECONDS));
        }
    }
}
