package dev.ratelimit.redis;

import io.lettuce.core.RedisClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract, on one server. */
class RedisRateLimiterTest extends ContractOnRedis {

    private static RedisServer server;
    private static RedisClient client;

    @BeforeAll
    static void start() {
        server = new RedisServer();
        client = RedisClient.create(server.uri());
    }

    @AfterAll
    static void stop() {
        client.shutdown();
        server.close();
    }

    @Override
    RedisRateLimiterBuilder builder() {
        return RedisRateLimiter.builder(client);
    }
}
