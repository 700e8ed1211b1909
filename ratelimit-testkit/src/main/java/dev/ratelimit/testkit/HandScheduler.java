package dev.ratelimit.testkit;

import static java.util.concurrent.TimeUnit.DAYS;
import static java.util.concurrent.TimeUnit.MINUTES;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A real scheduler with its queue, whose tasks a scenario runs on its own thread when it likes, as it runs the answers
 * of a store that answers later. It must be shut down.
 */
final class HandScheduler extends ScheduledThreadPoolExecutor {

    private final BlockingQueue<Runnable> answers = new LinkedBlockingQueue<>();
    private long delay;

    HandScheduler() {
        super(1);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        this.delay = unit.toNanos(delay);
        return super.schedule(command, 1, DAYS); // long enough that the pool's own thread leaves the task alone
    }

    @Override
    public void execute(Runnable answer) {
        answers.add(answer);
    }

    /** Returns for how many nanoseconds the last task was put off. */
    long delay() {
        return delay;
    }

    /** Makes the next attempt for a call. */
    void runNext(CompletableFuture<?> call) {
        Runnable task = getQueue().element();
        remove(task);
        task.run();
        awaitAttempt(call);
    }

    /** Waits until the last attempt for a call has been answered: the call is decided, or a task will ask again. */
    void awaitAttempt(CompletableFuture<?> call) {
        while (!call.isDone() && getQueue().isEmpty()) {
            nextAnswer().run();
        }
    }

    private Runnable nextAnswer() {
        try {
            Runnable answer = answers.poll(1, MINUTES);
            if (answer == null) {
                throw new AssertionError("a call for which no thread waits must be answered");
            }
            return answer;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
