package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A primary that is lost, and a replica that takes over: Redis answers before a replica has what was charged. */
class FailoverTest extends ReplicatedTest {

    @Test
    void whatAReplicaHadNotReceivedIsAdmittedAgainExactlyOnceItIsPromoted() {
        RedisRateLimiter limiter = patient(primary.uri());
        charge(limiter, 300);
        awaitReplica();
        between.hold();
        charge(limiter, 200);
        assertUsed(limiter, 500);
        primary.kill();
        promote(replica);
        assertGoesOnFrom(patient(replica.uri()), 300);
    }

    @Test
    void aPrimaryThatMustHaveAReplicaAndHasNoneChargesNothingAndCallsAreDecidedWithoutIt() {
        demandReplica();
        RedisRateLimiter limiter = impatient(primary.uri());
        charge(limiter, 300);
        replica.kill();
        long admitted = callUntilDecided(false, limiter);
        replica.restart();
        admitted += callUntilDecided(true, limiter);
        assertThat(outages.areAllTold()).as("it answers all the time").isTrue();
        assertGoesOnFrom(limiter, 300 + admitted);
    }

    @Test
    void aPrimaryThatIsMadeAReplicaDecidesNothingAndTheOtherGoesOn() {
        RedisRateLimiter limiter = impatient(primary.uri());
        charge(limiter, 300);
        awaitReplica();
        promote(replica);
        ThreeMasters.with(primary, redis -> redis.replicaof("127.0.0.1", replica.port()));
        assertThat(callUntilDecided(false, limiter)).isZero();
        assertThat(outages.areAllTold()).as("it answers all the time").isTrue();
        assertGoesOnFrom(patient(replica.uri()), 300);
    }

    /** Calls go on by themselves: Lettuce asks Sentinel for the primary whenever it connects. */
    @Test
    void aReplicaThatSentinelPromotesDecidesFromWhatItHadReceived(@TempDir Path folder) throws Exception {
        String sentinel = startSentinel(folder);
        RedisRateLimiter limiter = impatient(sentinel);
        charge(limiter, 300);
        awaitReplica();
        between.hold();
        charge(limiter, 200);
        primary.kill();
        assertThat(callUntil("away", limiter)).isZero();
        assertThat(outages.nextDuring(() -> limiter.peek("acme", "chat", tokens(1))))
                .isEqualTo("back");
        assertGoesOnFrom(limiter, 300);
    }

    private String startSentinel(Path folder) throws IOException {
        Path file = folder.resolve("sentinel.conf");
        Files.writeString(file, """
                sentinel monitor limits 127.0.0.1 %d 1
                sentinel down-after-milliseconds limits 1000
                """.formatted(primary.port()));
        RedisServer sentinel = open(new RedisServer(file.toString(), "--sentinel"));
        awaitReplicaKnownTo(sentinel);
        return "redis-sentinel://127.0.0.1:" + sentinel.port() + "#limits";
    }

    private static void awaitReplicaKnownTo(RedisServer sentinel) {
        RedisClient client = RedisClient.create();
        try (StatefulRedisSentinelConnection<String, String> connection =
                client.connectSentinel(RedisURI.create(sentinel.uri()))) {
            while (connection.sync().replicas("limits").isEmpty()) {
                Thread.onSpinWait();
            }
        } finally {
            Clients.shutDown(client);
        }
    }
}
