package dev.ratelimit.redis;

import dev.ratelimit.kernel.CircuitBreaker;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.spi.Printable;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds the connection, as soon as there is one. If Redis is away when the limiter is built, the connector tries again
 * in every pause, each time on a new daemon thread. (Lettuce connects to a single server without blocking only if it is
 * told the address, and its client does not tell the address.)
 *
 * <p>Safe for use by many threads.
 */
final class Connector {

    /** Tries whether a connection is fit for the limiter. */
    interface Trial {
        void of(Connection connection) throws ExecutionException;
    }

    static final String THREAD = "ratelimit-redis-connector";

    private final Supplier<Connection> kind;
    private final Trial trial;
    private final ScheduledExecutorService timer;
    private final long pauseNanos;
    private final ThrottledLog log;
    private volatile @Nullable Connection connection;

    /** The connection that is being tried. Guarded by this. */
    private @Nullable Connection tried;

    /** Guarded by this. */
    private boolean closed;

    /** Why Redis, though it is there, was last found unfit. Used by one attempt at a time. */
    private @Nullable String unfit;

    /**
     * Makes a connector.
     *
     * @param kind connects, and waits for that
     * @param trial tries a connection, and waits for that
     * @param pause the time between attempts
     * @param timer begins them
     */
    Connector(
            Supplier<Connection> kind, Trial trial, Duration pause, ScheduledExecutorService timer, ThrottledLog log) {
        this.kind = kind;
        this.trial = trial;
        this.pauseNanos = pause.toNanos();
        this.timer = timer;
        this.log = log;
    }

    /**
     * Connects. If Redis is away, begins an outage, which ends when it is connected.
     *
     * @throws IllegalStateException if Redis is not fit for the limiter; names the reason
     */
    void connect(CircuitBreakers circuits, OutageListeners listeners) {
        Exception failure = attempt();
        if (failure != null && isUntold(failure)) {
            failure = attempt();
        }
        if (failure != null) {
            if (!isAway(failure)) {
                throw unfit(failure);
            }
            CircuitBreaker outage = circuits.beforeAnyNode();
            outage.open(Failure.printable(failure));
            attemptLater(outage, listeners);
        }
    }

    /** Returns why there is no connection, or null if there is one. */
    private @Nullable Exception attempt() {
        Connection opened = null;
        try {
            opened = kind.get();
            begin(opened);
            trial.of(opened);
            hold(opened);
            return null;
        } catch (RuntimeException | ExecutionException e) {
            giveUp(opened);
            return e;
        } catch (Error e) {
            giveUp(opened);
            throw e;
        }
    }

    private static void giveUp(@Nullable Connection opened) {
        if (opened != null) {
            CompletableFuture<Void> unused = opened.connection().closeAsync();
        }
    }

    private synchronized void begin(Connection opened) {
        requireOpen();
        tried = opened;
    }

    private synchronized void hold(Connection opened) {
        requireOpen();
        tried = null;
        connection = opened;
    }

    private void requireOpen() {
        if (closed) {
            throw new RedisUnavailableException("The limiter is closed", null);
        }
    }

    private void attemptLater(CircuitBreaker outage, OutageListeners listeners) {
        Future<?> unused = timer.schedule(() -> startAttempt(outage, listeners), pauseNanos, TimeUnit.NANOSECONDS);
    }

    private void startAttempt(CircuitBreaker outage, OutageListeners listeners) {
        try {
            Thread thread = new Thread(() -> attemptAgain(outage, listeners), THREAD);
            thread.setDaemon(true);
            // Not that of whoever built the limiter, which may be an application that is to be unloaded.
            thread.setContextClassLoader(Connector.class.getClassLoader());
            thread.start();
        } catch (Throwable e) {
            goOn(e, outage, listeners);
        }
    }

    private void attemptAgain(CircuitBreaker outage, OutageListeners listeners) {
        try {
            Exception failure = attempt();
            if (failure == null) {
                outage.succeeded();
            } else if (!isClosed()) {
                if (!isAway(failure)) {
                    tellUnfit(unfit(failure), listeners);
                }
                attemptLater(outage, listeners);
            }
        } catch (Throwable e) {
            goOn(e, outage, listeners);
        }
    }

    /**
     * Makes another attempt later, though something failed that is not Redis: no memory was left, say, or no thread
     * could be started.
     */
    private void goOn(Throwable failure, CircuitBreaker outage, OutageListeners listeners) {
        log.log(System.Logger.Level.ERROR, THREAD, "An attempt to connect to Redis failed", failure);
        if (!(failure instanceof RejectedExecutionException)) {
            attemptLater(outage, listeners);
        }
    }

    private void tellUnfit(IllegalStateException reason, OutageListeners listeners) {
        String message = String.valueOf(reason.getMessage());
        log.log(
                System.Logger.Level.ERROR,
                message,
                message + "; until then calls are decided as while Redis is away",
                null);
        if (!message.equals(unfit)) {
            unfit = message;
            listeners.tell(listener -> listener.unfit(reason));
        }
    }

    /**
     * Tells whether Redis may let the limiter in without a change by anybody. A refused certificate will be refused
     * again.
     */
    private static boolean isAway(Exception failure) {
        return Failure.of(failure).isAway() && !(innermost(failure) instanceof GeneralSecurityException);
    }

    /**
     * Tells whether Lettuce lost what the server answered. It asks a channel for its handshake after it has connected;
     * if the server has refused that by then, the channel is closed and the reason gone.
     */
    private static boolean isUntold(Exception failure) {
        return Failure.of(failure) == Failure.SILENCE && innermost(failure) instanceof IllegalStateException;
    }

    private static IllegalStateException unfit(Exception failure) {
        Throwable cause = Failure.unwrapped(failure);
        return Failure.of(failure) == Failure.OWN && cause instanceof IllegalStateException said
                ? said
                : new IllegalStateException(
                        "Redis must let the limiter in: " + Printable.text(reason(failure)),
                        Failure.printable(failure));
    }

    /** Returns what the server answered, or else what went wrong first. */
    private static String reason(Exception failure) {
        String answer = Failure.answerIn(failure);
        return answer != null ? answer : innermost(failure).toString();
    }

    private static Throwable innermost(Throwable failure) {
        Throwable cause = failure;
        for (Throwable next = cause.getCause(); next != null; next = next.getCause()) {
            cause = next;
        }
        return cause;
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** Returns the commands of the connection; throws an exception if there is none yet. */
    RedisClusterAsyncCommands<String, String> commands() {
        Connection held = connection;
        if (held == null) {
            throw new RedisUnavailableException("Redis was away when the limiter was built, and still is", null);
        }
        return held.commands();
    }

    /** Returns the name of the node that has a key; empty if no node is known to have it, or there is no cluster. */
    String nodeOf(String key) {
        Connection held = connection;
        return held == null ? "" : held.nodeOf(key);
    }

    /** Tells whether a node has keys still. */
    boolean hasKeys(String node) {
        Connection held = connection;
        return held == null || held.hasKeys(node);
    }

    /** Tells whether what is sent now to the node that has a key can go out, or fails at once. */
    boolean isConnected(String key) {
        Connection held = connection;
        return held != null && held.isConnected(key);
    }

    /** Closes the connection, and makes no more attempts. */
    void close() {
        Connection held = end();
        if (held != null) {
            held.connection().close();
        }
    }

    private synchronized @Nullable Connection end() {
        closed = true;
        return connection != null ? connection : tried;
    }
}
