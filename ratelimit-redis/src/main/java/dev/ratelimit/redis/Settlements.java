package dev.ratelimit.redis;

import dev.ratelimit.kernel.ThrottledLog;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends settlements, and sends each again until Redis has confirmed it.
 *
 * <p>Redis books no settlement twice. The name of a settlement is an idempotency key: a settlement leaves a receipt
 * under it, which lives for as long as the settlement may be sent again. A later copy finds the receipt. When Redis has
 * confirmed a settlement that was sent once, no copy can follow, and the receipt is deleted.
 *
 * <p>At most 10,000 settlements that are not confirmed wait here. They are sent again when a node answers after a
 * failure, and in every pause between probes, as probes. At most 100 are sent at a time: of all at once, most would be
 * too late. A settlement is given up when its windows and periods are over, when the server would refuse it again, and
 * when the limiter is closed. That errs by refusing, since the estimate stays charged; what the settlement would have
 * charged beyond the estimate is lost.
 *
 * <p>Safe for use by many threads. A settlement that Redis confirms at once takes no lock.
 */
final class Settlements {

    private static final int MOST = 10_000;
    private static final int SLICE = 100;
    private static final long LONGEST_NANOS = TimeUnit.DAYS.toNanos(1);

    private static final String CLOSED = "The limiter is closed";

    /**
     * A settlement that was sent.
     *
     * @param first done when it has been sent once: exceptionally, if Redis has not confirmed that
     * @param confirmed done with whether it arrived, when that is known
     */
    record Sent(CompletableFuture<Boolean> first, CompletableFuture<Boolean> confirmed) {

        static final Sent NOTHING =
                new Sent(CompletableFuture.completedFuture(true), CompletableFuture.completedFuture(true));
    }

    private record Settlement(
            String key,
            Request request,
            long end,
            CompletableFuture<byte[]> answer,
            CompletableFuture<Boolean> confirmed) {

        private CompletableFuture<Boolean> in(ScriptExecutor.Exchange exchange) {
            return exchange.run(request).thenApply(reply -> {
                answer.complete(reply); // the first time: later ones are answered alike
                return true;
            });
        }
    }

    private final ScriptExecutor executor;
    private final SettlementNews news;
    private final ScheduledExecutorService timer;
    private final long pauseNanos;
    private final ThrottledLog log;
    private final AtomicBoolean timed = new AtomicBoolean();

    /** Those that wait, oldest first. Guarded by this. */
    private final Queue<Settlement> waiting = new ArrayDeque<>();

    /**
     * Those that are being sent again, with what is done when they have been: with whether they arrived. Guarded by
     * this.
     */
    private final Map<Settlement, CompletableFuture<Boolean>> underWay = new HashMap<>();

    /** Whether one has arrived since any were under way. Guarded by this. */
    private boolean arriving;

    /** Guarded by this. */
    private boolean closed;

    Settlements(
            ScriptExecutor executor,
            OutageListeners listeners,
            ScheduledExecutorService timer,
            Duration pause,
            ThrottledLog log) {
        this.executor = executor;
        this.news = new SettlementNews(listeners, this::number);
        this.timer = timer;
        this.pauseNanos = pause.toNanos();
        this.log = log;
    }

    /** Returns for how many nanoseconds changes make a difference, at most a day. */
    static long usefulNanos(List<Change> changes, Instant now) {
        long longest = 0;
        for (Change change : changes) {
            long micros = change.encoded().longestMicros();
            if (change.encoded().periods != null) {
                long end = change.period();
                for (Refund refund : change.refunds()) {
                    end = Math.max(end, refund.of().first());
                }
                micros = Math.max(0, end - Micros.of(now));
            }
            longest = Math.max(longest, Micros.nanos(micros));
        }
        return Math.min(longest, LONGEST_NANOS);
    }

    /**
     * Sends a settlement to the node that has a key, repeatedly if need be, for a number of nanoseconds.
     *
     * @param told hears the first answer
     */
    Sent send(String key, Request request, long usefulNanos, Consumer<byte[]> told) {
        long end = System.nanoTime() + usefulNanos;
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        CompletableFuture<Void> unused = answer.thenAccept(told);
        Settlement settlement = new Settlement(key, request, end, answer, new CompletableFuture<>());
        CompletableFuture<Boolean> first = executor.within(key, settlement::in).whenComplete((done, failure) -> {
            if (failure == null) {
                arrived(settlement);
            } else if (!Failure.of(failure).isWorthAnotherAttempt()) {
                lose(settlement, Failure.unwrapped(failure));
            } else if (waits(settlement, Failure.unwrapped(failure))) {
                setTimer();
            }
        });
        return new Sent(first, settlement.confirmed);
    }

    private void arrived(Settlement settlement) {
        settlement.confirmed.complete(true);
        if (settlement.request.timesSent() == 1) {
            executor.delete(settlement.request.receipt());
        }
    }

    private boolean waits(Settlement settlement, Throwable failure) {
        String reason = add(settlement);
        if (reason != null) {
            lose(settlement, gaveUp(reason, failure));
            return false;
        }
        log.log(
                System.Logger.Level.WARNING,
                "delayed",
                "A settlement did not reach Redis, and is sent again: keys=" + settlement.key + "*, cause=" + failure,
                null);
        news.delayed(failure); // after the line: who is told may look for it
        return true;
    }

    /** Has one wait, and returns null; or returns why it cannot. */
    private synchronized @Nullable String add(Settlement settlement) {
        if (closed) {
            return CLOSED;
        }
        if (number() >= MOST) {
            return "No more settlements can wait to be sent again: waiting=" + MOST;
        }
        waiting.add(settlement);
        return null;
    }

    private static RedisUnavailableException gaveUp(String reason, @Nullable Throwable failure) {
        return new RedisUnavailableException(reason, failure);
    }

    private void lose(Settlement settlement, Throwable cause) {
        log.log(
                System.Logger.Level.WARNING,
                "lost",
                "A settlement is given up, and what was charged stays charged: keys=" + settlement.key + "*",
                cause);
        news.lost(cause);
        executor.elsewhere(() -> settlement.confirmed.complete(false));
    }

    /** Counts those that wait, or are being sent again. */
    synchronized int number() {
        return waiting.size() + underWay.size();
    }

    private void setTimer() {
        if (timed.compareAndSet(false, true)) {
            try {
                Future<?> unused = timer.schedule(this::ring, pauseNanos, TimeUnit.NANOSECONDS);
            } catch (Throwable e) {
                timed.set(false); // what waits is still sent when a node is back, and when the limiter is closed
            }
        }
    }

    private void ring() {
        timed.set(false);
        try {
            sendAgain();
        } finally {
            if (number() > 0) {
                setTimer();
            }
        }
    }

    /** Sends what waits, each settlement once at most, as far as nodes may be asked. */
    void sendAgain() {
        for (int left = number(); left > 0; left--) {
            Settlement next = next();
            if (next == null) {
                return;
            }
            if (next.end - System.nanoTime() < 0) {
                finish(next, false, false, gaveUp("The windows and periods are over that it concerns", null));
            } else {
                send(next, executor.ifAllowed(next.key, next::in));
            }
        }
    }

    private void send(Settlement next, @Nullable CompletableFuture<Boolean> exchange) {
        if (exchange == null) {
            finish(next, false, true, null);
        } else {
            CompletableFuture<Boolean> unused = exchange.whenComplete((done, failure) -> {
                boolean again = failure != null && Failure.of(failure).isWorthAnotherAttempt();
                finish(next, failure == null, again, failure);
            });
        }
    }

    /** Takes the settlement that has waited longest, unless none waits or enough are under way. */
    private synchronized @Nullable Settlement next() {
        Settlement next = underWay.size() < SLICE ? waiting.poll() : null;
        if (next != null) {
            underWay.put(next, new CompletableFuture<>());
        }
        return next;
    }

    /** Removes a settlement from those under way: it has arrived, or waits again, or is lost for a cause. */
    private void finish(Settlement settlement, boolean arrived, boolean again, @Nullable Throwable cause) {
        CompletableFuture<Boolean> finished;
        boolean waits;
        boolean goesOn = false;
        synchronized (this) {
            finished = underWay.remove(settlement);
            waits = again && !closed;
            if (waits) {
                waiting.add(settlement);
            }
            arriving |= arrived;
            if (underWay.isEmpty()) {
                goesOn = arriving;
                arriving = false;
            }
        }
        if (arrived) {
            arrived(settlement);
        } else if (!waits) {
            lose(settlement, again || cause == null ? gaveUp(CLOSED, cause) : Failure.unwrapped(cause));
        }
        if (finished != null) {
            finished.complete(arrived);
        }
        if (goesOn) {
            sendAgain();
        }
    }

    /**
     * Sends what waits once more, whatever the breakers say, as long as there is time and fewer remain each time. Gives
     * up the rest.
     */
    void close(BooleanSupplier isTime) {
        int before = Integer.MAX_VALUE;
        for (int left = number(); left > 0 && left < before && isTime.getAsBoolean(); left = number()) {
            before = left;
            sendSlice();
        }
        for (Settlement each : end()) {
            lose(each, gaveUp(CLOSED, null));
        }
    }

    private void sendSlice() {
        for (int left = SLICE; left > 0; left--) {
            Settlement next = next();
            if (next == null) {
                break;
            }
            send(next, executor.regardless(next.key, next::in));
        }
        allUnderWay().forEach(each -> executor.await(each, failure -> false));
    }

    private synchronized List<CompletableFuture<Boolean>> allUnderWay() {
        return List.copyOf(underWay.values());
    }

    private synchronized List<Settlement> end() {
        closed = true;
        List<Settlement> left = List.copyOf(waiting);
        waiting.clear();
        return left;
    }
}
