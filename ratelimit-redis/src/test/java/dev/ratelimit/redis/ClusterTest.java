package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import io.lettuce.core.cluster.SlotHash;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a cluster of three masters adds: keys in slots, and a script that each node must learn. */
class ClusterTest {

    private static final List<String> ORGANIZATIONS = IntStream.range(0, 60)
            .mapToObj(i -> List.of("plain", "{brace}", "}{", "ünïcode").get(i % 4) + i)
            .toList();

    private static ThreeMasters cluster;

    private RedisRateLimiter limiter;

    @BeforeAll
    static void start() throws InterruptedException {
        cluster = new ThreeMasters();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void build() {
        cluster.servers().forEach(server -> ThreeMasters.with(server, redis -> redis.flushall()));
        limiter = RedisRateLimiter.builder(cluster.client())
                .tier(tierOf(
                        RateLimit.of(Unit.TOKENS, 100, Duration.ofMinutes(10)),
                        RateLimit.perHour(50),
                        Quota.lifetime(Unit.TOKENS, 1_000)))
                .timeout(Duration.ofSeconds(10))
                .build();
    }

    @AfterEach
    void close() {
        limiter.close();
    }

    private static Tier tierOf(Limit... limits) {
        Tier tier = Tier.named("tier").build();
        for (int i = 0; i < limits.length; i++) {
            tier = tier.withTable(LimitTable.named("table {" + i + "}").eachOtherEndpoint(limits[i]));
        }
        return tier;
    }

    @Test
    void eachOrganizationIsDecidedOnOneNodeAndAllNodesAreUsed() {
        for (String organization : ORGANIZATIONS) {
            Reservation reservation = limiter.reserve(organization, "chat", Usage.of(Unit.TOKENS, 60));
            assertThat(reservation.decision().isAdmitted()).as(organization).isTrue();
            assertThat(limiter.tryAcquire(organization, "chat", Usage.of(Unit.TOKENS, 41))
                            .isAdmitted())
                    .as(organization)
                    .isFalse();
            assertThat(reservation.settle(Usage.of(Unit.TOKENS, 10))).isTrue();
            assertThat(limiter.status(organization))
                    .as(organization)
                    .extracting(LimitStatus::used)
                    .containsExactly(10L, 1L, 10L);
        }
        for (RedisServer server : cluster.servers()) {
            ThreeMasters.with(server, redis -> assertThat(redis.keys("*n")).isNotEmpty());
        }
    }

    /** One organization in turn with the next: that the others are answered must not hide that one node is lost. */
    @Test
    void aNodeThatIsLostIsNotAskedWhileTheOthersAre() throws InterruptedException {
        Outages outages = new Outages();
        RedisServer lost = cluster.servers().get(1);
        try (RedisRateLimiter patient = RedisRateLimiter.builder(cluster.client())
                .tier(tierOf(RateLimit.perHour(1_000)))
                .timeout(Duration.ofSeconds(1))
                .probeEvery(Duration.ofMillis(300))
                .outageListener(outages)
                .build()) {
            lost.kill();
            for (String organization : ORGANIZATIONS) {
                boolean isThere = SlotHash.getSlot(RedisKeys.encode(organization)) / (SlotHash.SLOT_COUNT / 3) == 1;
                assertThat(patient.tryAcquire(organization, "chat").isAdmitted())
                        .as(organization)
                        .isEqualTo(!isThere);
            }
            assertThat(outages.nextDuring(() -> {})).startsWith("away: ");
            assertThat(outages.areAllTold()).isTrue();
            lost.restart();
            assertThat(outages.nextDuring(() ->
                            ORGANIZATIONS.forEach(organization -> patient.peek(organization, "chat", Usage.call()))))
                    .isEqualTo("back");
        }
    }

    @Test
    @Timeout(60)
    void aNodeThatIsLostIsKnownNotToBeConnectedWhileTheOthersAre() throws InterruptedException {
        Connection connection = Connection.of(cluster.client()).get();
        RedisServer lost = cluster.servers().get(1);
        String there = keyOnNode(1);
        connection.commands().get(there).toCompletableFuture().join();
        assertThat(connection.isConnected(there)).isTrue();
        lost.kill();
        while (connection.isConnected(there)) {
            Thread.sleep(5);
        }
        assertThat(connection.isConnected(keyOnNode(0))).isTrue();
        lost.restart();
        while (!connection.isConnected(there) || !isAnswered(connection, there)) {
            Thread.sleep(5);
        }
        connection.connection().close();
        assertThat(connection.isConnected(there)).as("it fails at once").isTrue();
    }

    private static String keyOnNode(int node) {
        return IntStream.range(0, 1_000)
                .mapToObj(i -> "key" + i)
                .filter(key -> SlotHash.getSlot(key) / (SlotHash.SLOT_COUNT / 3) == node)
                .findFirst()
                .orElseThrow();
    }

    private static boolean isAnswered(Connection connection, String key) {
        return connection
                .commands()
                .get(key)
                .handle((value, failure) -> failure == null)
                .toCompletableFuture()
                .join();
    }

    @Test
    void aNodeThatForgotTheScriptLearnsItWithTheNextCall() {
        cluster.servers()
                .forEach(server -> ThreeMasters.with(server, redis -> {
                    redis.scriptFlush();
                    redis.configResetstat();
                }));
        for (String organization : ORGANIZATIONS) {
            assertThat(limiter.tryAcquire(organization, "chat").isAdmitted()).isTrue();
        }
        for (RedisServer server : cluster.servers()) {
            ThreeMasters.with(
                    server, redis -> assertThat(redis.info("commandstats")).contains("cmdstat_eval:calls=1,"));
        }
    }
}
