package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ManualTime;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.cluster.RedisClusterClient;
import java.io.IOException;
import java.security.cert.CertPathBuilderException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

/** What is refused when a limiter is built. */
class BuildingTest {

    private static final Tier TIER = Tier.named("tier").build();

    private static void with(String uri, Consumer<RedisRateLimiterBuilder> check) {
        RedisClient client = RedisClient.create(uri);
        try {
            check.accept(RedisRateLimiter.builder(client));
        } finally {
            Clients.shutDown(client);
        }
    }

    @Test
    void aWrongPasswordIsNamedAsTheReason() {
        try (RedisServer server = new RedisServer("--requirepass", "secret")) {
            with(
                    "redis://wrong@127.0.0.1:" + server.port(),
                    builder -> assertThatIllegalStateException()
                            .isThrownBy(builder.tier(TIER)::build)
                            .withMessageContaining("WRONGPASS"));
            with(
                    server.uri(),
                    builder -> assertThatIllegalStateException()
                            .isThrownBy(builder.tier(TIER)::build)
                            .withMessageContaining("NOAUTH"));
            with(
                    "redis://secret@127.0.0.1:" + server.port(),
                    builder -> builder.tier(TIER).build().close());
        }
    }

    @Test
    void aServerThatIsTooOldIsNamedByItsVersion() throws IOException {
        String info = CannedServer.bulk("# Server\r\nredis_version:6.0.16\r\n");
        try (CannedServer server = new CannedServer(command -> switch (command) {
            case "HELLO" -> "-ERR unknown command\r\n";
            case "INFO" -> info;
            case "PING" -> "+PONG\r\n";
            default -> "+OK\r\n";
        })) {
            with(
                    server.uri(),
                    builder -> assertThatIllegalStateException()
                            .isThrownBy(builder.tier(TIER)::build)
                            .withMessage("Redis must be of version 6.2 or later, or be a Valkey: version=6.0.16"));
        }
    }

    @Test
    void aUserWhoMayNotRunScriptsIsRefusedWithTheReason() {
        try (RedisServer server = new RedisServer("--user", "reader", "on", ">pw", "~*", "&*", "+@all", "-evalsha")) {
            with(
                    "redis://reader:pw@127.0.0.1:" + server.port(),
                    builder -> assertThatIllegalStateException()
                            .isThrownBy(builder.tier(TIER)::build)
                            .withMessageContaining("NOPERM"));
        }
    }

    /** The rights that the README names; the server asks for those of what the script does, too. */
    @Test
    void aUserWithTheRightsThatAreNeededMayDoAll() {
        String rights =
                "+ping +client +info +evalsha +eval +script|load +time +get +mget +getrange +set +setrange +hget "
                        + "+hset +hdel +del"
                        + " +pexpireat +persist +zadd +zrange +zrem +zscan +zscore +zcount +zremrangebyscore";
        List<String> settings = new ArrayList<>(List.of("--user", "limiter", "on", ">pw", "~ratelimit:*", "-@all"));
        settings.addAll(List.of(rights.split(" ")));
        ManualTime time = new ManualTime();
        Tier tier = TIER.withTable(LimitTable.named("brief")
                        .eachOtherEndpoint(RateLimit.of(Unit.CALLS, 1_000, Duration.ofMillis(100))))
                .withTable(LimitTable.named("in all").eachOtherEndpoint(Quota.lifetime(Unit.CALLS, 1_000)))
                .withTable(LimitTable.named("burst").eachOtherEndpoint(TokenBucket.perSecond(100_000)))
                .withTable(LimitTable.named("in flight")
                        .eachOtherEndpoint(ConcurrencyLimit.of(1_000, Duration.ofMillis(150))));
        try (RedisServer server = new RedisServer(settings.toArray(String[]::new))) {
            with("redis://limiter:pw@127.0.0.1:" + server.port(), builder -> {
                RedisRateLimiter limiter = builder.tier(tier)
                        .time(ServerTime.supplied(time))
                        .maxUnlistedEndpoints(1)
                        .timeout(Duration.ofSeconds(20))
                        .build();
                for (int i = 0; i < 200; i++) {
                    Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.CALLS, 3));
                    assertThat(reservation.decision().isAdmitted()).isTrue();
                    time.advance(Duration.ofMillis(i == 150 ? 101 : 1));
                    reservation.settle(Usage.call());
                }
                limiter.tryAcquire("acme", "another");
                assertThat(limiter.status("acme")).hasSizeGreaterThan(2);
            });
        }
    }

    @Test
    void aReadOnlyReplicaIsNamedAsTheReason() {
        try (RedisServer primary = new RedisServer();
                RedisServer replica = new RedisServer("--replicaof", "127.0.0.1", String.valueOf(primary.port()))) {
            with(
                    replica.uri(),
                    builder -> assertThatIllegalStateException()
                            .isThrownBy(builder.tier(TIER)::build)
                            .withMessageContaining("READONLY"));
        }
    }

    @Test
    void aUserWhoMayNotWriteIsRefusedWithTheReason() {
        try (RedisServer server = new RedisServer("--user", "reader", "on", ">pw", "~*", "&*", "+@all", "-@write")) {
            with(
                    "redis://reader:pw@127.0.0.1:" + server.port(),
                    builder -> assertThatIllegalStateException()
                            .isThrownBy(builder.tier(TIER)::build)
                            .withMessageContaining("can't run this command"));
        }
    }

    @Test
    void aUserWhoMayNotUseTheKeysIsRefusedWithTheReason() {
        try (RedisServer server = new RedisServer("--user", "other", "on", ">pw", "~other:*", "&*", "+@all")) {
            with(
                    "redis://other:pw@127.0.0.1:" + server.port(),
                    builder -> assertThatIllegalStateException()
                            .isThrownBy(builder.tier(TIER)::build)
                            .withMessageContaining("NOPERM"));
            with(
                    "redis://other:pw@127.0.0.1:" + server.port(),
                    builder -> builder.tier(TIER).keyPrefix("other:").build().close());
        }
    }

    private static void onCluster(String uri, Consumer<RedisRateLimiterBuilder> check) {
        RedisClusterClient client = RedisClusterClient.create(uri);
        try {
            check.accept(RedisRateLimiter.builder(client));
        } finally {
            Clients.shutDown(client);
        }
    }

    @Test
    void aServerThatIsNoClusterIsNamedAsTheReason() {
        try (RedisServer server = new RedisServer()) {
            onCluster(
                    server.uri(),
                    builder -> assertThatIllegalStateException()
                            .isThrownBy(builder.tier(TIER)::build)
                            .withMessageContaining("cluster support disabled"));
        }
    }

    @Test
    void aWrongPasswordIsNamedAsTheReasonByAClusterToo() {
        try (RedisServer server = new RedisServer("--requirepass", "secret", "--cluster-enabled", "yes")) {
            onCluster(
                    "redis://wrong@127.0.0.1:" + server.port(),
                    builder -> assertThatIllegalStateException()
                            .isThrownBy(builder.tier(TIER)::build)
                            .withMessageContaining("WRONGPASS"));
        }
    }

    /** As Lettuce reports a handshake that is over before it looks: it knows no reason. The next attempt tells it. */
    @Test
    void aWrongPasswordIsNamedAlsoWhereTheFirstAttemptLostIt() {
        AtomicInteger attempts = new AtomicInteger();
        IllegalStateException lost = new IllegalStateException("RedisHandshakeHandler not registered");
        RedisClient client = RedisClient.create();
        RedisRateLimiterBuilder builder = new RedisRateLimiterBuilder(client, () -> {
            throw new RedisConnectionException(
                    "Unable to connect to 127.0.0.1/<unresolved>:6379",
                    attempts.getAndIncrement() == 0 ? lost : new RedisCommandExecutionException("WRONGPASS no"));
        });
        try {
            assertThatIllegalStateException()
                    .isThrownBy(builder.tier(TIER)::build)
                    .withMessageContaining("WRONGPASS");
            assertThat(attempts).hasValue(2);
        } finally {
            Clients.shutDown(client);
        }
    }

    /** As Lettuce reports a certificate that nobody trusts, which will be the same at the next attempt. */
    @Test
    void aCertificateThatIsRefusedIsNamedAsTheReason() {
        SSLHandshakeException refused = new SSLHandshakeException("PKIX path building failed");
        refused.initCause(new CertPathBuilderException("unable to find valid certification path to requested target"));
        RedisClient client = RedisClient.create();
        RedisRateLimiterBuilder builder = new RedisRateLimiterBuilder(client, () -> {
            throw new RedisConnectionException("Unable to connect to 127.0.0.1/<unresolved>:6379", refused);
        });
        try {
            assertThatIllegalStateException()
                    .isThrownBy(builder.tier(TIER)::build)
                    .withMessageContaining("unable to find valid certification path");
        } finally {
            Clients.shutDown(client);
        }
    }

    @Test
    void whatIsTriedWhenALimiterIsBuiltLeavesNothingBehind() {
        try (RedisServer server = new RedisServer()) {
            with(server.uri(), builder -> builder.tier(TIER).build().close());
            ThreeMasters.with(server, redis -> {
                while (!redis.keys("*").isEmpty()) {
                    Thread.onSpinWait(); // the deletion is not waited for
                }
            });
        }
    }

    @Test
    void aLimiterWithoutDefaultTierSaysWhatACallByNameNeeds() {
        with("redis://127.0.0.1:1", builder -> {
            try (RedisRateLimiter limiter = builder.build()) {
                assertThat(limiter.tryAcquire(Caller.of("acme", TIER), "chat").isAdmitted())
                        .isTrue(); // as nothing answers
                assertThatIllegalStateException()
                        .isThrownBy(() -> limiter.tryAcquire("acme", "chat"))
                        .withMessageStartingWith("a call by name needs a default tier");
            }
        });
    }

    @Test
    void timesThatAreNoTimesAreRefused() {
        with("redis://127.0.0.1:1", builder -> {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.timeout(Duration.ZERO))
                    .withMessageContaining("timeout=PT0S");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.timeout(Duration.ofHours(2)))
                    .withMessageContaining("timeout=PT2H");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> builder.probeEvery(Duration.ofMillis(-1)))
                    .withMessageContaining("pause=PT-0.001S");
        });
    }
}
