package dev.ratelimit.redis;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends futures that take longer than a time. All have the same time, so they are due in the order in which they came; one timer is enough,
 * which is set for the first. One for each would wake the {@link TimerThread} with nearly every call.
 *
 * <p>Safe for use by many threads. Adding a future locks nothing. What is done is forgotten within a tenth of a second.
 */
final class Deadlines {

    private static final long LONGEST_PAUSE = TimeUnit.MILLISECONDS.toNanos(100);

    private record Watched(CompletableFuture<?> future, long deadline) {}

    private final Queue<Watched> watched = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean timed = new AtomicBoolean();
    private final long nanos;

    Deadlines(Duration time) {
        nanos = time.toNanos();
    }

    /** Completes a future with a {@link TimeoutException} if it is not done in time, and returns it. */
    <T> CompletableFuture<T> bound(CompletableFuture<T> future) {
        if (!future.isDone()) {
            watched.add(new Watched(future, System.nanoTime() + nanos));
            setTimer();
        }
        return future;
    }

    /** Sets the timer if it is not set and there is something to watch. */
    private void setTimer() {
        Watched first = watched.peek();
        if (first != null && !timed.get() && timed.compareAndSet(false, true)) {
            long left = Math.max(0, first.deadline - System.nanoTime());
            Future<?> unused = TimerThread.after(Math.min(left, LONGEST_PAUSE), this::ring);
        }
    }

    private void ring() {
        watched.removeIf(each -> each.future.isDone());
        long now = System.nanoTime();
        for (Watched first = watched.peek(); first != null && first.deadline - now <= 0; first = watched.peek()) {
            watched.remove(first);
            first.future.completeExceptionally(new TimeoutException());
        }
        timed.set(false);
        // Also for what was added meanwhile, which found the timer set.
        setTimer();
    }
}
