package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.protocol.CommandType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.DoubleBuffer;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the script last answered to a thread: more than the limiter tells of it. */
final class Answers {

    private static final ThreadLocal<@Nullable RedisFuture<byte[]>> LAST = new ThreadLocal<>();

    private static final Set<Object> SCRIPTS = Set.of(CommandType.EVALSHA, CommandType.EVAL);

    private Answers() {}

    /** Begins a limiter on one server whose answers are kept, for the thread that asked. */
    static RedisRateLimiterBuilder builder(RedisClient client) {
        return new RedisRateLimiterBuilder(client, () -> {
            Connection connection = Connection.of(client).get();
            return new Connection(connection.connection(), listened(connection.commands()), connection.cluster());
        });
    }

    @SuppressWarnings("unchecked")
    private static RedisClusterAsyncCommands<String, String> listened(
            RedisClusterAsyncCommands<String, String> commands) {
        return (RedisClusterAsyncCommands<String, String>) Proxy.newProxyInstance(
                Answers.class.getClassLoader(),
                new Class<?>[] {RedisClusterAsyncCommands.class},
                (proxy, method, arguments) -> {
                    Object result = invoke(method, commands, arguments);
                    if (method.getName().equals("dispatch") && SCRIPTS.contains(arguments[0])) {
                        LAST.set((RedisFuture<byte[]>) result);
                    }
                    return result;
                });
    }

    private static Object invoke(Method method, Object limitSet, Object[] arguments) throws Throwable {
        try {
            return method.invoke(limitSet, arguments);
        } catch (InvocationTargetException e) {
            throw e.getTargetException();
        }
    }

    /** Returns how the last call of this thread was admitted, to an endpoint with one limit. */
    static Charge lastCharge(Endpoint endpoint) throws Exception {
        DoubleBuffer answer = last();
        if (answer.get(0) != 1) {
            throw new IllegalStateException("Redis must have admitted the call: answer=" + answer.get(0));
        }
        return new Charge(endpoint, (long) answer.get(1), (long) answer.get(4));
    }

    /** Returns the server's clock when it answered last, in microseconds. */
    static long lastTime() throws Exception {
        return (long) last().get(1);
    }

    private static DoubleBuffer last() throws Exception {
        byte[] packed =
                requireNonNull(LAST.get(), "the server must have answered").get();
        LAST.remove();
        return Reply.unpacked(packed);
    }
}
