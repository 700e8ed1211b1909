package dev.ratelimit.spi;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The calls of a limiter that wait for a call in flight to end, by organization; and who hears how long calls waited.
 *
 * <p>One call is woken at a time, however many wait: the one that was added first. A call that was woken and then
 * admitted wakes the next, since there may be room for more. So a crowd does not ask all at once when one call ends.
 *
 * <p>Safe for use by many threads. Nothing is kept of an organization for which no call waits.
 */
public final class WaitingCalls {

    /** A limiter that wakes waiting calls. A limiter that wraps another returns those of that one. */
    public interface Wakers {

        /**
         * Returns the calls that this limiter wakes.
         *
         * @return always the same object
         */
        WaitingCalls waitingCalls();
    }

    /** Hears of the answer to a call that was ready to wait. */
    @FunctionalInterface
    public interface Heard {

        /**
         * Tells of an answer.
         *
         * @param caller who called
         * @param endpoint what was called
         * @param decision the answer
         * @param waited tells how long the call has waited, and may throw what a clock of the host throws
         */
        void onWaited(Caller caller, String endpoint, Decision decision, Supplier<Duration> waited);
    }

    private final ConcurrentHashMap<String, Queue<Runnable>> byOrganization = new ConcurrentHashMap<>();
    private final @Nullable Heard heard;

    /** Makes a set of calls in which none waits, and of which nobody hears. */
    public WaitingCalls() {
        this.heard = null;
    }

    /**
     * Makes a set of calls in which none waits.
     *
     * @param heard hears of the answer to each call; throws nothing
     */
    public WaitingCalls(Heard heard) {
        this.heard = requireNonNull(heard, "heard");
    }

    /**
     * Tells of the answer to a call that was ready to wait.
     *
     * @param caller who called
     * @param endpoint what was called
     * @param decision the answer
     * @param waited tells how long the call has waited; not asked if nobody hears of it
     */
    public void answered(Caller caller, String endpoint, Decision decision, Supplier<Duration> waited) {
        if (heard != null) {
            heard.onWaited(caller, endpoint, decision, waited);
        }
    }

    /**
     * Adds a call that is to be woken once.
     *
     * @param organization whose calls it waits for
     * @param wake wakes it: is run at most once, by the thread that ends another call, must be quick, and must not
     *     throw
     */
    public void add(String organization, Runnable wake) {
        requireNonNull(wake, "wake");
        byOrganization.compute(requireNonNull(organization, "organization"), (name, waiting) -> {
            Queue<Runnable> queue = waiting == null ? new ConcurrentLinkedQueue<>() : waiting;
            queue.add(wake);
            return queue;
        });
    }

    /**
     * Takes a call out again.
     *
     * @param organization whose calls it waited for
     * @param wake what was added
     * @return false if the call was woken before
     */
    public boolean remove(String organization, Runnable wake) {
        boolean[] removed = {false};
        byOrganization.computeIfPresent(organization, (name, waiting) -> {
            removed[0] = waiting.remove(wake);
            return waiting.isEmpty() ? null : waiting;
        });
        return removed[0];
    }

    /**
     * Wakes the call that was added first, if any waits.
     *
     * @param organization of which a call in flight has ended
     */
    public void wakeOne(String organization) {
        Queue<Runnable> waiting = byOrganization.get(organization);
        Runnable wake = waiting == null ? null : waiting.poll();
        if (wake != null) {
            wake.run();
        }
    }
}
