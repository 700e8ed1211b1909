package dev.ratelimit.redis;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The thread by which all limiters of the JVM end what takes too long. The JVM has one for such ends too, on which whatever depends on them
 * goes on: a host that blocks there would hold ours up. So nothing of a host's may run on this one. It ends when it has had nothing to do
 * for a second.
 */
final class TimerThread {

    static final String NAME = "ratelimit-redis-timer";

    private static final ScheduledThreadPoolExecutor EXECUTOR = executor();

    private TimerThread() {}

    private static ScheduledThreadPoolExecutor executor() {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, TimerThread::thread);
        executor.setKeepAliveTime(1, TimeUnit.SECONDS);
        executor.allowCoreThreadTimeOut(true);
        executor.setRemoveOnCancelPolicy(true);
        return executor;
    }

    private static Thread thread(Runnable work) {
        Thread thread = new Thread(work, NAME);
        thread.setDaemon(true);
        // Not that of whoever asks first, which may be an application that is to be unloaded.
        thread.setContextClassLoader(TimerThread.class.getClassLoader());
        return thread;
    }

    /** Runs a task, which must not block, after some nanoseconds, unless it is cancelled before. */
    static Future<?> after(long nanos, Runnable task) {
        return EXECUTOR.schedule(task, nanos, TimeUnit.NANOSECONDS);
    }
}
