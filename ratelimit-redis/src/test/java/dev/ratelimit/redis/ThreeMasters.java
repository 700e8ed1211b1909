package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A cluster of three masters. */
final class ThreeMasters implements AutoCloseable {

    private static final int MASTERS = 3;

    private final List<RedisServer> servers =
            Stream.generate(ThreeMasters::start).limit(MASTERS).toList();
    private final RedisClusterClient client;

    ThreeMasters() throws InterruptedException {
        for (int i = 0; i < MASTERS; i++) {
            join(i);
        }
        for (RedisServer server : servers) {
            awaitOk(server);
        }
        client = RedisClusterClient.create(servers.get(0).uri());
    }

    private static RedisServer start() {
        return new RedisServer(
                "--cluster-enabled", "yes", "--cluster-node-timeout", "5000", "--cluster-require-full-coverage", "no");
    }

    private void join(int i) {
        int first = SlotHash.SLOT_COUNT * i / MASTERS;
        int end = SlotHash.SLOT_COUNT * (i + 1) / MASTERS;
        with(servers.get(i), redis -> {
            redis.clusterAddSlots(IntStream.range(first, end).toArray());
            redis.clusterMeet("127.0.0.1", servers.get(0).port());
        });
    }

    private static void awaitOk(RedisServer server) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        boolean[] ok = new boolean[1];
        while (!ok[0]) {
            assertThat(System.nanoTime() - deadline)
                    .as("time to become a cluster")
                    .isNegative();
            with(server, redis -> {
                String info = redis.clusterInfo();
                ok[0] = info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:" + MASTERS);
            });
            Thread.sleep(20);
        }
    }

    /** What a test does with one of the servers. */
    interface Look {
        void at(RedisCommands<String, String> redis);
    }

    static void with(RedisServer server, Look look) {
        RedisClient single = RedisClient.create(server.uri());
        try (StatefulRedisConnection<String, String> connection = single.connect()) {
            look.at(connection.sync());
        } finally {
            Clients.shutDown(single);
        }
    }

    /** Starts all again, and waits until they are a cluster. */
    void restart() {
        servers.forEach(RedisServer::restart);
        try {
            for (RedisServer server : servers) {
                awaitOk(server);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    List<RedisServer> servers() {
        return servers;
    }

    RedisClusterClient client() {
        return client;
    }

    @Override
    public void close() {
        Clients.shutDown(client);
        servers.forEach(RedisServer::close);
    }
}
