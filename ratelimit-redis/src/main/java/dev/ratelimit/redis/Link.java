package dev.ratelimit.redis;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ByteArrayOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The connection to Redis: sends the script, bounds the time of what it sends, and tells the circuit how it went. */
final class Link {

    private final RedisClusterAsyncCommands<String, String> commands;
    private final Deadlines deadlines;
    private final Circuits circuits;

    Link(RedisClusterAsyncCommands<String, String> commands, Duration timeout, Circuits circuits) {
        this.commands = commands;
        this.deadlines = new Deadlines(timeout);
        this.circuits = circuits;
    }

    /** What takes one run of the script, or a few one after the other. */
    final class Exchange {

        private volatile @Nullable RedisFuture<?> sent;
        private volatile boolean over;

        /** Runs the script once: one round trip, and a second one if the server does not know the script. */
        CompletableFuture<byte[]> run(Request request) {
            // A primary that knew the script may have run it before one took over that does not.
            return answer(CommandType.EVALSHA, request.arguments(Script.DIGEST, false))
                    .exceptionallyCompose(failure -> unwrapped(failure) instanceof RedisNoScriptException
                            ? answer(CommandType.EVAL, request.arguments(Script.TEXT, true))
                            : CompletableFuture.failedFuture(failure));
        }

        private CompletableFuture<byte[]> answer(CommandType type, CommandArgs<String, String> arguments) {
            RedisFuture<byte[]> command = commands.dispatch(type, new ByteArrayOutput<>(StringCodec.UTF8), arguments);
            sent = command;
            // Who gives up says so and then looks at what was sent; so one of the two cancels it.
            if (over) {
                command.cancel(true);
            }
            return command.toCompletableFuture();
        }

        /** Sees to it that what nobody waits for any more is not sent when Lettuce has connected again. */
        void giveUp() {
            over = true;
            RedisFuture<?> last = sent;
            if (last != null) {
                last.cancel(true);
            }
        }
    }

    /** Tells whether the node that has a key answered when it was last asked. */
    boolean isSteady(String key) {
        return circuits.of(key).isSteady();
    }

    /** Does an exchange about keys that are on the node of one. The future fails if that may not be asked, or does not answer in time. */
    <T> CompletableFuture<T> within(String key, Function<Exchange, CompletableFuture<T>> steps) {
        Circuit circuit = circuits.of(key);
        if (!circuit.allows(key)) {
            return CompletableFuture.failedFuture(
                    new RedisUnavailableException("Redis is not asked for a while", null));
        }
        Exchange exchange = new Exchange();
        return deadlines.bound(begin(exchange, steps)).whenComplete((answer, failure) -> {
            if (failure == null) {
                circuit.succeeded();
            } else {
                exchange.giveUp();
                circuit.failed(unwrapped(failure));
            }
        });
    }

    private static <T> CompletableFuture<T> begin(Exchange exchange, Function<Exchange, CompletableFuture<T>> steps) {
        try {
            return steps.apply(exchange);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Waits for an exchange, which ends in time by itself; if it fails, asks what to do instead. */
    static <T> T await(CompletableFuture<T> exchange, Function<Throwable, T> away) {
        try {
            return exchange.join();
        } catch (CompletionException e) {
            return away.apply(unwrapped(e));
        }
    }

    /**
     * Returns an exchange that, if it fails, asks what to do instead, on a thread of the common pool: a fallback may take its time. What
     * depends on it runs there too, never on the thread that ends what takes too long: it may wait for another answer, which that thread
     * would have to end. (A stage that is asynchronous would take a thread for an answer too; one that is composed may be completed by
     * the thread that failed the exchange, if the other stage is done by then.)
     */
    static <T> CompletableFuture<T> otherwise(CompletableFuture<T> exchange, Function<Throwable, T> away) {
        CompletableFuture<T> result = new CompletableFuture<>();
        CompletableFuture<T> unused = exchange.whenComplete((answer, failure) -> {
            if (failure == null) {
                result.complete(answer);
            } else {
                CompletableFuture<T> unusedSame = result.completeAsync(() -> away.apply(failure));
            }
        });
        return result;
    }

    static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }
}
