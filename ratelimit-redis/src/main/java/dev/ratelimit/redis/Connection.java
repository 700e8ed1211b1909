package dev.ratelimit.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.Partitions;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection of Lettuce's, to one server or to a cluster.
 *
 * @param connection is to be closed
 * @param commands what both kinds understand
 * @param partitions tells what nodes a cluster has as far as Lettuce knows; null if there is no cluster
 */
record Connection(
        StatefulConnection<String, String> connection,
        RedisClusterAsyncCommands<String, String> commands,
        @Nullable Supplier<Partitions> partitions) {

    private static final Duration LONGEST = Duration.ofHours(1);

    static Supplier<Connection> of(RedisClient client) {
        return () -> {
            StatefulRedisConnection<String, String> connection = client.connect(StringCodec.UTF8);
            return new Connection(connection, connection.async(), null);
        };
    }

    static Supplier<Connection> of(RedisClusterClient client) {
        return () -> {
            StatefulRedisClusterConnection<String, String> connection = client.connect(StringCodec.UTF8);
            return new Connection(connection, connection.async(), connection::getPartitions);
        };
    }

    /** Returns the name of the node that has a key. */
    String nodeOf(String key) {
        RedisClusterNode node = partitions == null ? null : partitions.get().getPartitionBySlot(SlotHash.getSlot(key));
        return node == null ? "" : node.getNodeId();
    }

    /** Tells whether a node has keys still. */
    boolean hasKeys(String name) {
        if (partitions == null) {
            return true;
        }
        RedisClusterNode node = partitions.get().getPartitionByNodeId(name);
        return node != null && !node.hasNoSlots();
    }

    /** Tells whether what is sent now can go out; true of a cluster, which has a connection for each node. */
    boolean isConnected() {
        return partitions != null || connection.isOpen();
    }

    /** Connects, sees whether the server is good for the script, loads it, and lets it be tried. */
    static Connection open(Supplier<Connection> kind, Consumer<Connection> trial) {
        try {
            Connection opened = kind.get();
            try {
                opened.prepare();
                trial.accept(opened);
                return opened;
            } catch (RuntimeException e) {
                opened.connection.close();
                throw e;
            }
        } catch (RedisException | CompletionException e) {
            throw new IllegalStateException("Redis must let the limiter in when it is built: " + innermost(e), e);
        }
    }

    private void prepare() {
        ServerVersion.requireSupported(await(commands.info("server")));
        await(commands.scriptLoad(Script.TEXT));
    }

    private <T> T await(RedisFuture<T> command) {
        return command.toCompletableFuture()
                .orTimeout(patience().toNanos(), TimeUnit.NANOSECONDS)
                .join();
    }

    /** Returns how long building may wait for an answer: as long as the client has commands wait. */
    Duration patience() {
        Duration timeout = connection.getTimeout();
        boolean endless = timeout.isZero() || timeout.isNegative() || timeout.compareTo(LONGEST) > 0;
        return endless ? LONGEST : timeout;
    }

    private static String innermost(Throwable failure) {
        Throwable cause = failure;
        for (Throwable next = cause.getCause(); next != null; next = next.getCause()) {
            cause = next;
        }
        return cause.toString();
    }
}
