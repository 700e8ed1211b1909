package dev.ratelimit.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection of Lettuce's, to one server or to a cluster.
 *
 * @param connection is to be closed
 * @param commands what both kinds understand
 * @param cluster the connection, if it is to a cluster: tells what nodes there are as far as Lettuce knows
 */
record Connection(
        StatefulConnection<String, String> connection,
        RedisClusterAsyncCommands<String, String> commands,
        @Nullable StatefulRedisClusterConnection<String, String> cluster) {

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
            return new Connection(connection, connection.async(), connection);
        };
    }

    /** Returns the name of the node that has a key; empty if no node is known to have it, or there is no cluster. */
    String nodeOf(String key) {
        RedisClusterNode node = cluster == null ? null : nodeOf(key, cluster);
        return node == null ? "" : node.getNodeId();
    }

    private static @Nullable RedisClusterNode nodeOf(
            String key, StatefulRedisClusterConnection<String, String> cluster) {
        return cluster.getPartitions().getPartitionBySlot(SlotHash.getSlot(key));
    }

    /** Tells whether a node has keys still. */
    boolean hasKeys(String name) {
        if (cluster == null) {
            return true;
        }
        RedisClusterNode node = cluster.getPartitions().getPartitionByNodeId(name);
        return node != null && !node.hasNoSlots();
    }

    /**
     * Tells whether a command that is sent now to the node that has a key goes out, or fails at once. Lettuce connects
     * to a node of a cluster at its first command. Later it queues commands while the connection is lost.
     */
    boolean isConnected(String key) {
        if (cluster == null) {
            return connection.isOpen();
        }
        RedisClusterNode node = nodeOf(key, cluster);
        if (node == null) {
            return true;
        }
        try {
            // By its address, as Lettuce does for a key: by its name it would get another connection.
            CompletableFuture<StatefulRedisConnection<String, String>> used = cluster.getConnectionAsync(
                    node.getUri().getHost(), node.getUri().getPort());
            return !used.isDone()
                    || used.isCompletedExceptionally()
                    || used.join().isOpen();
        } catch (RuntimeException e) {
            return true; // it is closed, or the node is not known any more: what is asked then fails at once
        }
    }

    /** Requires a server that can run the script, and loads it. */
    void prepare(Timeouts patient) throws ExecutionException {
        ServerVersion.requireSupported(
                patient.await(patient.bound(commands.info("server").toCompletableFuture())));
        patient.await(patient.bound(commands.scriptLoad(Script.TEXT).toCompletableFuture()));
    }

    /** Returns how long building may wait for an answer: as long as the client has commands wait. */
    Duration patience() {
        Duration timeout = connection.getTimeout();
        boolean endless = timeout.isZero() || timeout.isNegative() || timeout.compareTo(LONGEST) > 0;
        return endless ? LONGEST : timeout;
    }
}
