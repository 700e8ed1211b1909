package dev.ratelimit;

import static java.util.concurrent.TimeUnit.DAYS;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A real scheduler with its queue, whose tasks a test runs on its own thread. It must be shut down. */
class HandScheduler extends ScheduledThreadPoolExecutor {

    /** For how long each task was put off, in nanoseconds. */
    final List<Long> delays = new ArrayList<>();

    final List<ScheduledFuture<?>> tasks = new ArrayList<>();

    HandScheduler() {
        super(1);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        // Long enough that the thread of the pool leaves the task alone.
        ScheduledFuture<?> task = super.schedule(command, 1, DAYS);
        delays.add(unit.toNanos(delay));
        tasks.add(task);
        return task;
    }

    void runNext() {
        Runnable task = getQueue().element();
        remove(task);
        task.run();
    }
}
