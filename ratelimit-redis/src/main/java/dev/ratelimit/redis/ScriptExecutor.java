package dev.ratelimit.redis;

import dev.ratelimit.kernel.CircuitBreaker;
import dev.ratelimit.kernel.Listeners;
import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.spi.RoundTrip;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ByteArrayOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs the script on Redis, bounds the time of each exchange, and reports the result to the circuit breaker.
 *
 * <p>Only {@link #await} blocks a thread. Lettuce queues a command that it cannot send, and connects meanwhile.
 */
final class ScriptExecutor {

    private final Supplier<RedisClusterAsyncCommands<String, String>> commands;
    private final Timeouts timeouts;
    private final CircuitBreakers circuits;
    private final Listeners listeners;
    private final Executor pool;
    private final ThrottledLog log;
    private volatile Runnable whenBack = () -> {};

    /**
     * Makes a link.
     *
     * @param commands gives those by which something is sent; throws an exception while there is no connection
     * @param listeners hear of each round trip
     * @param pool runs what a host may hold up
     */
    ScriptExecutor(
            Supplier<RedisClusterAsyncCommands<String, String>> commands,
            Timeouts timeouts,
            CircuitBreakers circuits,
            Listeners listeners,
            Executor pool,
            ThrottledLog log) {
        this.commands = commands;
        this.timeouts = timeouts;
        this.circuits = circuits;
        this.listeners = listeners;
        this.pool = pool;
        this.log = log;
    }

    /** One run of the script, or a few runs one after the other. */
    final class Exchange {

        private volatile @Nullable RedisFuture<?> sent;
        private volatile boolean over;

        /** Runs the script once: one round trip, and a second one if the server does not know the script. */
        CompletableFuture<byte[]> run(Request request) {
            // A primary that knew the script may have run it before one took over that does not.
            return roundTrip(CommandType.EVALSHA, request, Script.DIGEST, false)
                    .exceptionallyCompose(failure -> Failure.unwrapped(failure) instanceof RedisNoScriptException
                            ? roundTrip(CommandType.EVAL, request, Script.TEXT, true)
                            : CompletableFuture.failedFuture(failure));
        }

        private CompletableFuture<byte[]> roundTrip(CommandType type, Request request, String script, boolean again) {
            CommandArgs<String, String> arguments = request.arguments(script, again);
            RedisClusterAsyncCommands<String, String> connection = commands.get();
            RoundTrip told = listeners.onRoundTrip(request.operation());
            try {
                CompletableFuture<byte[]> answer = answer(connection, type, arguments);
                return told == RoundTrip.UNHEARD
                        ? answer
                        : answer.whenComplete((bytes, failure) ->
                                told.onEnd(Optional.ofNullable(failure).map(Failure::unwrapped)));
            } catch (Throwable e) {
                told.onEnd(Optional.of(e));
                throw e;
            }
        }

        private CompletableFuture<byte[]> answer(
                RedisClusterAsyncCommands<String, String> connection,
                CommandType type,
                CommandArgs<String, String> arguments) {
            RedisFuture<byte[]> command = connection.dispatch(type, new ByteArrayOutput<>(StringCodec.UTF8), arguments);
            sent = command;
            // Who gives up says so and then looks at what was sent; so one of the two cancels it.
            if (over) {
                command.cancel(true);
            }
            return command.toCompletableFuture();
        }

        /** Cancels the command, so that Lettuce does not send it after it has connected again. */
        void giveUp() {
            over = true;
            RedisFuture<?> last = sent;
            if (last != null) {
                last.cancel(true);
            }
        }
    }

    /** Counts the nodes whose circuit is open. */
    int openCircuits() {
        return circuits.numberOpen();
    }

    /** Sets a task that runs each time when a node answers again after a failure. */
    void whenBack(Runnable task) {
        whenBack = task;
    }

    /** Tells whether the node that has a key answered when it was last asked. */
    boolean isSteady(String key) {
        return circuits.of(key).isSteady();
    }

    /**
     * Runs an exchange with the node that has a key. The future fails if the node may not be asked, or does not answer
     * in time.
     */
    <T> CompletableFuture<T> within(String key, Function<Exchange, CompletableFuture<T>> steps) {
        CompletableFuture<T> exchange = ifAllowed(key, steps);
        return exchange != null ? exchange : notAsked();
    }

    /** Runs an exchange as {@link #within} does, but returns null if the node may not be asked. */
    <T> @Nullable CompletableFuture<T> ifAllowed(String key, Function<Exchange, CompletableFuture<T>> steps) {
        return exchange(key, circuit -> circuit.allows(key), true, steps);
    }

    /**
     * Runs an exchange as {@link #within} does, but also if the breaker is open: for requests that cannot be sent
     * later.
     */
    <T> @Nullable CompletableFuture<T> regardless(String key, Function<Exchange, CompletableFuture<T>> steps) {
        return exchange(key, circuit -> true, true, steps);
    }

    /**
     * Runs an exchange that may take the server long, in proportion to the state of an organization. Its success says
     * nothing about the server. So the breaker does not count it, and while the breaker is open the exchange fails.
     */
    <T> CompletableFuture<T> uncounted(String key, Function<Exchange, CompletableFuture<T>> steps) {
        CompletableFuture<T> exchange = exchange(key, circuit -> !circuit.isOpen(), false, steps);
        return exchange != null ? exchange : notAsked();
    }

    private static <T> CompletableFuture<T> notAsked() {
        return CompletableFuture.failedFuture(new RedisUnavailableException("Redis is not asked for a while", null));
    }

    private <T> @Nullable CompletableFuture<T> exchange(
            String key, Predicate<CircuitBreaker> may, boolean counts, Function<Exchange, CompletableFuture<T>> steps) {
        try {
            CircuitBreaker circuit = circuits.of(key);
            return may.test(circuit) ? begin(key, counts ? circuit : null, steps) : null;
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private <T> CompletableFuture<T> begin(
            String key, @Nullable CircuitBreaker told, Function<Exchange, CompletableFuture<T>> steps) {
        Exchange exchange = new Exchange();
        // Bounded before anything is sent: what could not be ended in time is not begun.
        CompletableFuture<T> bounded = timeouts.bound(new CompletableFuture<>());
        if (!bounded.isDone()) {
            CompletableFuture<?> unused = taken(exchange, steps).whenComplete((answer, failure) -> {
                if (failure == null) {
                    bounded.complete(answer);
                } else {
                    bounded.completeExceptionally(Failure.printable(Failure.unwrapped(failure)));
                }
            });
        }
        return bounded.whenComplete((answer, failure) -> {
            if (failure != null) {
                exchange.giveUp();
                logIfAnswered(key, failure);
            }
            if (told != null) {
                tell(told, failure);
            }
        });
    }

    private static <T> CompletableFuture<T> taken(Exchange exchange, Function<Exchange, CompletableFuture<T>> steps) {
        try {
            return steps.apply(exchange);
        } catch (Throwable e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void tell(CircuitBreaker circuit, @Nullable Throwable failure) {
        if (failure == null) {
            answered(circuit);
            return;
        }
        Failure kind = Failure.of(failure);
        if (kind == Failure.OF_THE_CALL) {
            answered(circuit);
        } else if (kind.isAnswer()) {
            circuit.refused();
        } else if (kind == Failure.SILENCE) {
            circuit.failed(failure);
        }
    }

    private void answered(CircuitBreaker circuit) {
        if (circuit.succeeded()) {
            whenBack.run();
        }
    }

    private void logIfAnswered(String key, Throwable failure) {
        Failure kind = Failure.of(failure);
        if (kind.isAnswer()) {
            String error = String.valueOf(failure.getMessage());
            Object about = kind == Failure.OF_THE_CALL ? key : kind;
            log.log(
                    System.Logger.Level.WARNING,
                    about,
                    "Redis answered an error: keys=" + key + "*, error=" + error,
                    null);
        }
    }

    /** Waits for an exchange, whose time is bounded; if it fails, asks the outage policy. */
    <T> T await(CompletableFuture<T> exchange, Function<Throwable, T> outagePolicy) {
        try {
            return timeouts.await(exchange);
        } catch (ExecutionException e) {
            return instead(Failure.unwrapped(e), outagePolicy);
        }
    }

    /**
     * Returns a future that asks the outage policy if an exchange fails, on a thread of the common pool: a fallback may
     * be slow. Its dependents run there too, never on the thread of the timeouts: they may wait for another answer,
     * which that thread would have to end. (A stage that is asynchronous would take a thread for an answer too; one
     * that is composed may be completed by the thread that failed the exchange, if the other stage is done by then.)
     */
    <T> CompletableFuture<T> otherwise(CompletableFuture<T> exchange, Function<Throwable, T> outagePolicy) {
        CompletableFuture<T> result = new CompletableFuture<>();
        CompletableFuture<T> unused = exchange.whenComplete((answer, failure) -> {
            if (failure == null) {
                result.complete(answer);
                return;
            }
            elsewhere(() -> {
                try {
                    result.complete(instead(Failure.unwrapped(failure), outagePolicy));
                } catch (Throwable e) {
                    result.completeExceptionally(e);
                }
            });
        });
        return result;
    }

    /**
     * Runs a task that a host may delay, on a thread of the pool; on this thread if no thread can be started, so that
     * nobody waits for ever.
     */
    void elsewhere(Runnable task) {
        try {
            pool.execute(task);
        } catch (Throwable e) {
            task.run();
        }
    }

    /**
     * Decides a call whose exchange failed, also by a fault of this library: the host gets an answer to its call, and
     * finds the fault in the log. An error of the JVM is thrown, since no later step could be relied on.
     */
    private <T> T instead(Throwable failure, Function<Throwable, T> outagePolicy) {
        if (failure instanceof VirtualMachineError error) {
            throw error;
        }
        Throwable printable = Failure.printable(failure);
        if (Failure.of(failure) == Failure.OWN) {
            logOwn(printable);
        }
        return outagePolicy.apply(printable);
    }

    /** Logs that the host probably wants something else. */
    void warn(String message) {
        log.log(System.Logger.Level.WARNING, "use", message, null);
    }

    /** Logs a fault of this library's. */
    void logOwn(Throwable fault) {
        log.log(
                System.Logger.Level.ERROR,
                Failure.OWN,
                "The limiter itself failed, and the call is decided as while Redis is away",
                fault);
    }

    /** Deletes a key, without waiting for that. */
    void delete(String key) {
        CommandArgs<String, String> arguments = new CommandArgs<>(StringCodec.UTF8).addKey(key);
        RedisFuture<Long> unused =
                commands.get().dispatch(CommandType.DEL, new IntegerOutput<>(StringCodec.UTF8), arguments);
    }
}
