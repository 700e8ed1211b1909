package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;

/** A primary, and a replica that a test can cut off from it. */
abstract class ReplicatedTest extends FaultInjectingTest {

    RedisServer primary;
    CuttingProxy between;
    RedisServer replica;

    @BeforeEach
    void start() {
        primary = open(new RedisServer("--repl-diskless-sync-delay", "0"));
        between = open(new CuttingProxy(primary));
        replica = open(new RedisServer("--replicaof", "127.0.0.1", String.valueOf(between.port())));
        awaitReplica();
    }

    /** Waits until the replica has all that is in the primary. */
    void awaitReplica() {
        ThreeMasters.with(primary, redis -> {
            // A writer waits for what it has written itself, and so for all before it.
            redis.set("written", "last");
            assertThat(redis.waitForReplication(1, TimeUnit.SECONDS.toMillis(60)))
                    .isEqualTo(1);
        });
    }

    /** Has the primary write only while a replica has lately been heard of. */
    void demandReplica() {
        ThreeMasters.with(primary, redis -> {
            redis.configSet("min-replicas-max-lag", "2");
            redis.configSet("min-replicas-to-write", "1");
        });
    }

    /** Makes calls until one outage begins or ends, and returns how many of them were admitted. */
    long callUntil(String heard, RedisRateLimiter limiter) throws InterruptedException {
        long[] admitted = new long[1];
        assertThat(outages.nextDuring(() -> admitted[0] += admits(limiter, 1) ? 1 : 0))
                .contains(heard);
        return admitted[0];
    }

    /** Makes calls until one is decided by Redis, or is not, and returns how many of them were admitted. */
    static long callUntilDecided(boolean byRedis, RedisRateLimiter limiter) {
        long admitted = 0;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() - deadline < 0) {
            Decision decision = limiter.tryAcquire("acme", "chat", tokens(1));
            admitted += decision.isAdmitted() ? 1 : 0;
            if (byRedis != (decision instanceof Rejected no && no.cause() instanceof StoreUnavailable)) {
                return admitted;
            }
        }
        throw new AssertionError("Redis " + (byRedis ? "must decide again" : "must decide no more"));
    }

    static void promote(RedisServer server) {
        ThreeMasters.with(server, redis -> redis.replicaofNoOne());
    }

    static void charge(RedisRateLimiter limiter, long tokens) {
        for (int i = 0; i < tokens / 10; i++) {
            assertThat(admits(limiter, 10)).isTrue();
        }
    }
}
