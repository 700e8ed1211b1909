package dev.ratelimit.testkit;

import static java.util.concurrent.TimeUnit.DAYS;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A real scheduler with its queue, whose tasks a scenario runs on its own thread when it likes. It must be shut down. */
final class HandScheduler extends ScheduledThreadPoolExecutor {

    private long delay;

    HandScheduler() {
        super(1);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        this.delay = unit.toNanos(delay);
        return super.schedule(command, 1, DAYS); // long enough that the pool's own thread leaves the task alone
    }

    /** Returns for how many nanoseconds the last task was put off. */
    long delay() {
        return delay;
    }

    void runNext() {
        Runnable task = getQueue().element();
        remove(task);
        task.run();
    }
}
