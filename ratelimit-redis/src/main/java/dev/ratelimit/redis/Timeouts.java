package dev.ratelimit.redis;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Completes futures exceptionally that take longer than a time. The time is the same for all, so they are due in the
 * order in which they came, and one timer for the first is enough. A timer for each future would wake its thread with
 * nearly every call.
 *
 * <p>The timer is an event executor of Lettuce's {@code ClientResources}, which keeps time exactly. Why not its {@code
 * timer()}: that is a hashed wheel with ticks of 100 ms, and a decision has 50 ms. A subscriber to Lettuce's events
 * that blocks delays the executor's thread. So a thread that waits for a future ends itself what is due; futures for
 * which no thread waits are then late. If no timer can be set, what would need it ends at once.
 *
 * <p>Safe for use by many threads. Adding a future takes no lock. Futures that are done are forgotten within a tenth of
 * a second.
 */
final class Timeouts {

    private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

    /* Stands for a timer that is being set: it is never done. */
    private static final Future<?> SETTING = new CompletableFuture<>();

    private record Watched(CompletableFuture<?> future, long deadline) {}

    private final Queue<Watched> watched = new ConcurrentLinkedQueue<>();
    private final AtomicReference<@Nullable Future<?>> timed = new AtomicReference<>();
    private final long nanos;
    private final ScheduledExecutorService timer;

    Timeouts(Duration time, ScheduledExecutorService timer) {
        this.nanos = time.toNanos();
        this.timer = timer;
    }

    /** Completes a future with a {@link TimeoutException} if it is not done in time, and returns it. */
    <T> CompletableFuture<T> bound(CompletableFuture<T> future) {
        if (!future.isDone()) {
            watched.add(new Watched(future, System.nanoTime() + nanos));
            setTimer();
        }
        return future;
    }

    /**
     * Waits for what depends on bound futures, and returns it. The thread itself ends what is due if no other thread
     * does.
     */
    <T> T await(CompletableFuture<T> future) throws ExecutionException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get(nanos, TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true; // a call that is on its way may be charged: its answer is waited for
                } catch (TimeoutException e) {
                    endDue();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Sets the timer if it is not set, or was cancelled with its executor, and there is something to watch. */
    private void setTimer() {
        Watched first = watched.peek();
        Future<?> set = timed.get();
        if (first != null && (set == null || set.isDone()) && timed.compareAndSet(set, SETTING)) {
            long left = Math.max(0, first.deadline - System.nanoTime());
            try {
                timed.set(timer.schedule(this::ring, Math.min(left, LONGEST_PAUSE), TimeUnit.NANOSECONDS));
            } catch (Throwable e) {
                timed.set(null);
                endAll(new RedisUnavailableException("Redis is not asked, since no timer can be set", e));
            }
        }
    }

    private void ring() {
        try {
            watched.removeIf(each -> each.future.isDone());
            endDue();
        } finally {
            timed.set(null);
            // Also for what was added meanwhile, which found the timer set.
            setTimer();
        }
    }

    private void endDue() {
        long now = System.nanoTime();
        for (Watched first = watched.peek(); first != null && first.deadline - now <= 0; first = watched.peek()) {
            watched.remove(first);
            first.future.completeExceptionally(new TimeoutException());
        }
    }

    private void endAll(Throwable cause) {
        for (Watched next = watched.poll(); next != null; next = watched.poll()) {
            next.future.completeExceptionally(cause);
        }
    }
}
