package dev.ratelimit.redis;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The contract, on a cluster of three masters. */
class ClusterContractIT extends ContractOnRedis {

    private static ThreeMasters cluster;

    @BeforeAll
    static void start() throws InterruptedException {
        cluster = new ThreeMasters();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Override
    RedisRateLimiterBuilder builder() {
        return RedisRateLimiter.builder(cluster.client());
    }
}
