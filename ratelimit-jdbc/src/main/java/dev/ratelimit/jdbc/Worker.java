package dev.ratelimit.jdbc;

import dev.ratelimit.spi.StoreUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Works on the database, on threads of its own.
 *
 * <p>A caller's thread may be in a transaction of the host. Its roll-back would give units back that were used, and
 * where all callers hold a connection of the pool, none would get another one. So there are few threads, each needs one
 * connection at a time, and no thread of a caller waits for one.
 *
 * <p>A connection is borrowed for one task. Its autocommit mode and its time-out are put back.
 *
 * <p>A task is answered in time, whatever the driver does. If it is late, its thread goes on until the driver returns.
 * Safe for use by many threads.
 */
final class Worker implements AutoCloseable {

    /** The most tasks that wait for a thread. */
    static final int MOST_WAITING = 10_000;

    /** The most tasks that are done in turn. */
    private static final int MOST_IN_TURN = 1_000;

    private static final String NO_ANSWER = "the database did not answer ";

    private static final Duration IDLE = Duration.ofSeconds(30);

    /** Work on the tables. */
    @FunctionalInterface
    interface Task<T> {
        T run(Session session, QuotaTables tables) throws SQLException;
    }

    private final DataSource dataSource;
    private final Setup setup;
    private final Duration timeout;
    private final ThreadPoolExecutor threads;
    private final InTurn inTurn;
    private final ScheduledThreadPoolExecutor timer;
    private final LongAdder answered = new LongAdder();
    private final LongAdder unanswered = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private volatile boolean isAway;

    /** Null until the database was reached and found fit. */
    private volatile @Nullable QuotaTables tables;

    /**
     * Makes a worker.
     *
     * @param dataSource gives the connections
     * @param setup finds out what database it is
     * @param timeout the longest time of a task
     * @param connections the most connections at a time
     */
    Worker(DataSource dataSource, Setup setup, Duration timeout, int connections) {
        this.dataSource = dataSource;
        this.setup = setup;
        this.timeout = timeout;
        this.threads = new ThreadPoolExecutor(
                connections,
                connections,
                IDLE.toSeconds(),
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MOST_WAITING),
                daemons("ratelimit-jdbc-"));
        this.threads.allowCoreThreadTimeOut(true);
        this.inTurn = new InTurn(threads, MOST_IN_TURN);
        this.timer = new ScheduledThreadPoolExecutor(1, daemons("ratelimit-jdbc-timer-"));
        this.timer.setRemoveOnCancelPolicy(true);
    }

    private static ThreadFactory daemons(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** Does a task. */
    <T> CompletableFuture<T> run(Task<T> task) {
        return run(threads, task);
    }

    /** Does a task that no call waits for, after all such tasks before. So they leave connections to calls. */
    <T> CompletableFuture<T> runInTurn(Task<T> task) {
        return run(inTurn, task);
    }

    private <T> CompletableFuture<T> run(Executor executor, Task<T> task) {
        CompletableFuture<T> answer = inTime();
        execute(executor, answer, () -> complete(answer, task));
        return answer;
    }

    /** Makes an answer that comes in time: that of the work, or that the database is away. */
    <T> CompletableFuture<T> inTime() {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            ScheduledFuture<?> late = timer.schedule(
                    () -> fail(answer, new StoreUnavailableException(NO_ANSWER + "within " + timeout)),
                    timeout.toMillis(),
                    TimeUnit.MILLISECONDS);
            CompletableFuture<T> unused = answer.whenComplete((value, failure) -> late.cancel(false));
        } catch (RejectedExecutionException e) {
            fail(answer, new StoreUnavailableException(NO_ANSWER + "because the store is closed", e));
        }
        return answer;
    }

    /** Has a thread do what completes an answer. */
    void execute(CompletableFuture<?> answer, Runnable work) {
        execute(threads, answer, work);
    }

    private void execute(Executor executor, CompletableFuture<?> answer, Runnable work) {
        try {
            executor.execute(work);
        } catch (RejectedExecutionException e) {
            reject(answer, e);
        }
    }

    void reject(CompletableFuture<?> answer, RejectedExecutionException e) {
        String why = threads.isShutdown() ? "because the store is closed" : "while too many requests wait";
        fail(answer, new StoreUnavailableException(NO_ANSWER + why, e));
    }

    /** Does something after a pause, unless it is cancelled before or the worker is closed. For what is short. */
    Future<?> after(Duration pause, Runnable task) {
        try {
            return timer.schedule(task, pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            return CompletableFuture.completedFuture(null);
        }
    }

    private <T> void complete(CompletableFuture<T> answer, Task<T> task) {
        if (answer.isDone()) {
            return; // it waited for too long
        }
        try {
            succeed(answer, runNow(task));
        } catch (Throwable e) {
            fail(answer, e);
        }
    }

    <T> void succeed(CompletableFuture<T> answer, T value) {
        isAway = false;
        count(answered, () -> answer.complete(value));
    }

    void fail(CompletableFuture<?> answer, Throwable failure) {
        RuntimeException told = DatabaseFailure.of(failure);
        isAway = told instanceof StoreUnavailableException;
        count(isAway ? unanswered : failed, () -> answer.completeExceptionally(told));
    }

    /* Counts first, so that whoever gets the answer finds it counted. */
    private static void count(LongAdder counter, BooleanSupplier completed) {
        counter.increment();
        if (!completed.getAsBoolean()) {
            counter.decrement();
        }
    }

    /** Does a task on the calling thread, which is one of this worker's. */
    <T> T runNow(Task<T> task) throws SQLException {
        try (Connection connection = borrow()) {
            boolean autoCommit = connection.getAutoCommit();
            int before = boundNetwork(connection, Math.toIntExact(2 * timeout.toMillis()));
            if (!autoCommit) {
                connection.setAutoCommit(true);
            }
            try {
                return task.run(session(connection), tables(connection));
            } finally {
                putBack(connection, autoCommit, before);
            }
        }
    }

    /* Where a pool has none to give, the exception is the pool's own, of no state that a database has. */
    private Connection borrow() throws SQLException {
        try {
            return dataSource.getConnection();
        } catch (SQLException e) {
            if (DatabaseFailure.isSilence(e) || DatabaseFailure.isOfNoDatabase(e)) {
                throw new StoreUnavailableException("the data source gave no connection: " + e.getMessage(), e);
            }
            throw e;
        }
    }

    private Session session(Connection connection) throws SQLException {
        return new Session(connection, tables(connection).dialect, seconds());
    }

    private QuotaTables tables(Connection connection) throws SQLException {
        QuotaTables known = tables;
        if (known == null) {
            synchronized (setup) {
                known = tables;
                if (known == null) {
                    known = setup.open(connection, seconds());
                    tables = known;
                }
            }
        }
        return known;
    }

    private int seconds() {
        return Math.toIntExact((timeout.toMillis() + 999) / 1_000);
    }

    /** Returns the time-out that the connection had; -1 if it has none. */
    private static int boundNetwork(Connection connection, int millis) throws SQLException {
        try {
            int before = connection.getNetworkTimeout();
            connection.setNetworkTimeout(Runnable::run, millis);
            return before;
        } catch (SQLFeatureNotSupportedException e) {
            return -1;
        }
    }

    /* A connection on which that fails is broken, which is for its pool to see. The task has its own outcome. */
    private static void putBack(Connection connection, boolean autoCommit, int networkTimeout) {
        try {
            if (!autoCommit) {
                connection.setAutoCommit(false);
            }
            if (networkTimeout >= 0) {
                connection.setNetworkTimeout(Runnable::run, networkTimeout);
            }
        } catch (SQLException e) {
            abort(connection);
        }
    }

    private static void abort(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            // It is closed already.
        }
    }

    /** Does something again and again, a pause before each time. */
    void repeat(Runnable task, Duration pause) {
        ScheduledFuture<?> unused =
                timer.scheduleWithFixedDelay(task, pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Returns the database; null if it was not reached yet. */
    @Nullable
    QuotaTables tables() {
        return tables;
    }

    boolean isAway() {
        return isAway;
    }

    long answered() {
        return answered.sum();
    }

    long unanswered() {
        return unanswered.sum();
    }

    long failed() {
        return failed.sum();
    }

    int waiting() {
        return threads.getQueue().size() + inTurn.waiting();
    }

    /** Waits for what is under way, no longer than a task may take. */
    @Override
    public void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
        timer.shutdown(); // after which what is not answered is still told that it is late
    }
}
