package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.Rejected;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.spi.TimeSource;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A Redis that is away when a limiter is built: an outage like any other, which ends by itself. */
@Timeout(120)
class AwayAtTheStartTest extends FaultInjectingTest {

    private static final Duration PAUSE = Duration.ofMillis(50);

    private RedisRateLimiterBuilder hasty(String uri) {
        return builder(uri).timeout(LONG).probeEvery(PAUSE);
    }

    private static boolean isDecidedByRedis(Decision decision) {
        return !(decision instanceof Rejected rejected && rejected.cause() instanceof StoreUnavailable);
    }

    /** Says that the outage has begun and ends, and that Redis decides from then on. */
    private void assertEnds(RedisRateLimiter limiter, Runnable end) throws InterruptedException {
        assertThat(outages.nextDuring(() -> {})).startsWith("away: ");
        assertThat(isDecidedByRedis(limiter.tryAcquire("acme", "chat", tokens(1))))
                .isFalse();
        assertThat(limiter.async()
                        .tryAcquire("acme", "chat", tokens(1))
                        .thenApply(AwayAtTheStartTest::isDecidedByRedis)
                        .toCompletableFuture()
                        .join())
                .isFalse();
        end.run();
        assertThat(outages.nextDuring(() -> {})).as("nobody needs to call").isEqualTo("back");
        assertGoesOnFrom(limiter, 0);
        assertThat(outages.areAllTold()).isTrue();
    }

    @Test
    void aServerThatIsStartedLaterDecidesFromThenOn() throws InterruptedException {
        RedisServer server = open(new RedisServer());
        server.kill();
        assertEnds(open(hasty(server.uri()).build()), server::restart);
    }

    @Test
    void untilThenAllIsAsTheHostChose() throws InterruptedException {
        List<UnaryOperator<RedisRateLimiterBuilder>> policies = List.of(
                RedisRateLimiterBuilder::failClosed,
                RedisRateLimiterBuilder::failOpen,
                builder -> builder.fallBackTo(
                        new ReferenceRateLimiter(anyone -> TIER, TimeSource.system()),
                        tier -> tier.withLimits(limit -> limit.dividedBy(2))));
        long[] admittedByPolicy = {0, 20, 5};
        long[] statusByPolicy = {-1, 0, AMOUNT / 2};
        for (int i = 0; i < policies.size(); i++) {
            RedisServer server = open(new RedisServer());
            server.kill();
            RedisRateLimiter limiter =
                    open(policies.get(i).apply(hasty(server.uri())).build());
            long admitted = 0;
            for (int call = 0; call < 20; call++) {
                admitted += admits(limiter, 100) ? 1 : 0;
            }
            assertThat(admitted).isEqualTo(admittedByPolicy[i]);
            AsyncReservation reservation = limiter.reserve(Caller.of("umbrella", TIER), "chat", tokens(1));
            assertThat(reservation.decision().isAdmitted()).isEqualTo(i > 0);
            assertThat(reservation.cancel()).isEqualTo(i > 0);
            assertThat(isUsed(limiter, statusByPolicy[i])).isEqualTo(i > 0);
            server.restart();
            assertThat(outages.nextDuring(() -> {})).startsWith("away: ");
            assertThat(outages.nextDuring(() -> {})).isEqualTo("back");
            assertGoesOnFrom(limiter, 0);
        }
    }

    @Test
    void aServerThatLetsClientsInAndSaysNothing() throws InterruptedException {
        RedisServer server = open(new RedisServer());
        server.suspend();
        assertEnds(open(hasty(server.uri() + "?timeout=300ms").build()), server::resume);
    }

    @Test
    void aClusterWhoseNodesAreStartedLater() throws InterruptedException {
        ThreeMasters cluster = open(new ThreeMasters());
        cluster.servers().forEach(RedisServer::kill);
        RedisClusterClient client = RedisClusterClient.create(
                RedisURI.create(cluster.servers().get(0).uri()));
        open(() -> Clients.shutDown(client));
        RedisRateLimiter limiter = open(RedisRateLimiter.builder(client)
                .tier(TIER)
                .rememberRefusals(Duration.ZERO)
                .timeout(LONG)
                .probeEvery(PAUSE)
                .outageListener(outages)
                .build());
        assertEnds(limiter, cluster::restart);
    }

    @Test
    void aSentinelThatIsStartedLater(@TempDir Path folder) throws Exception {
        RedisServer primary = open(new RedisServer());
        Path file = folder.resolve("sentinel.conf");
        Files.writeString(file, "sentinel monitor limits 127.0.0.1 %d 1%n".formatted(primary.port()));
        RedisServer sentinel = open(new RedisServer(file.toString(), "--sentinel"));
        sentinel.kill();
        String uri = "redis-sentinel://127.0.0.1:" + sentinel.port() + "#limits";
        assertEnds(open(hasty(uri).build()), sentinel::restart);
    }

    @Test
    void oneThatWantsAnotherPasswordIsReportedAndDecidesOnceItDoesNot() throws InterruptedException {
        RedisServer server = open(new RedisServer("--requirepass", "secret"));
        server.kill();
        RedisRateLimiter limiter = open(hasty(server.uri()).build());
        server.restart();
        assertThat(outages.nextDuring(() -> {})).startsWith("away: ");
        assertThat(outages.nextDuring(() -> {})).startsWith("unfit: Redis must let the limiter in: NOAUTH");
        assertThat(isDecidedByRedis(limiter.tryAcquire("acme", "chat", tokens(1))))
                .isFalse();
        assertThat(lines.with("NOAUTH")).isNotEmpty();
        RedisClient admin = RedisClient.create("redis://secret@127.0.0.1:" + server.port());
        open(() -> Clients.shutDown(admin));
        admin.connect().sync().configSet("requirepass", "");
        assertThat(outages.nextDuring(() -> {})).as("a reason is told once").isEqualTo("back");
        assertGoesOnFrom(limiter, 0);
    }

    @Test
    void oneThatTurnsOutToBeAReplicaIsReportedAndDecidesOnceItIsPromoted() throws InterruptedException {
        RedisServer primary = open(new RedisServer());
        RedisServer replica = open(new RedisServer("--replicaof", "127.0.0.1", String.valueOf(primary.port())));
        replica.kill();
        RedisRateLimiter limiter = open(hasty(replica.uri()).build());
        replica.restart();
        assertThat(outages.nextDuring(() -> {})).startsWith("away: ");
        assertThat(outages.nextDuring(() -> {})).contains("unfit: ", "READONLY");
        assertThat(isDecidedByRedis(limiter.tryAcquire("acme", "chat", tokens(1))))
                .isFalse();
        ReplicatedTest.promote(replica);
        assertThat(outages.nextDuring(() -> {})).isEqualTo("back");
        assertGoesOnFrom(limiter, 0);
    }

    private final AtomicReference<String> info = new AtomicReference<>("-LOADING Redis is loading the dataset\r\n");
    private final AtomicInteger asked = new AtomicInteger();

    private CannedServer loading() {
        return open(new CannedServer(command -> switch (command) {
            case "HELLO" -> "-ERR unknown command\r\n";
            case "PING" -> "+PONG\r\n";
            case "INFO" -> {
                asked.incrementAndGet();
                yield info.get();
            }
            case "EVALSHA" -> CannedServer.packed(1, 1);
            default -> "+OK\r\n";
        }));
    }

    @Test
    void oneThatReadsItsDataDecidesWhenItHasReadIt() throws InterruptedException {
        RedisRateLimiter limiter = open(hasty(loading().uri()).build());
        assertThat(outages.nextDuring(() -> {})).contains("LOADING");
        assertThat(isDecidedByRedis(limiter.tryAcquire("acme", "chat", tokens(1))))
                .isFalse();
        info.set(CannedServer.bulk("redis_version:7.0.15\r\n"));
        assertThat(outages.nextDuring(() -> {})).isEqualTo("back");
        assertThat(admits(limiter, 1)).isTrue();
    }

    @Test
    void oneThatIsTooOldIsReportedByItsVersion() throws InterruptedException {
        open(hasty(loading().uri()).build());
        info.set(CannedServer.bulk("redis_version:6.0.16\r\n"));
        assertThat(outages.nextDuring(() -> {})).startsWith("away: ");
        assertThat(outages.nextDuring(() -> {}))
                .isEqualTo("unfit: Redis must be of version 6.2 or later, or be a Valkey: version=6.0.16");
    }

    /** A class that is missing, say, or memory that is used up at that moment. */
    @Test
    void anAttemptThatFailsForAReasonOfItsOwnIsNotTheLast() throws InterruptedException {
        RedisServer server = open(new RedisServer());
        RedisClient client = RedisClient.create(server.uri());
        open(() -> Clients.shutDown(client));
        RedisRateLimiter limiter = open(new RedisRateLimiterBuilder(client, () -> switch (asked.incrementAndGet()) {
                    case 1 -> throw new RedisConnectionException("Unable to connect");
                    case 2 -> throw new NoClassDefFoundError("a class that is missing, for a test");
                    default -> Connection.of(client).get();
                })
                .tier(TIER)
                .rememberRefusals(Duration.ZERO)
                .timeout(LONG)
                .probeEvery(PAUSE)
                .logger(lines)
                .outageListener(outages)
                .build());
        assertThat(outages.nextDuring(() -> {})).startsWith("away: ");
        assertThat(outages.nextDuring(() -> {})).isEqualTo("back");
        assertGoesOnFrom(limiter, 0);
        assertThat(lines.thrownWith("An attempt to connect to Redis failed"))
                .singleElement()
                .isInstanceOf(NoClassDefFoundError.class);
        assertThat(lines.with("Redis is away")).singleElement().asString().contains("Unable to connect");
        assertThat(lines.with("Redis answers again")).hasSize(1);
    }

    private static boolean isConnecting() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals(Connector.THREAD));
    }

    /** It waits for an answer at that moment, and would for a minute. */
    @Test
    void closingEndsAnAttemptThatIsUnderWayAndThereIsNoOther() {
        RedisRateLimiter limiter = hasty(loading().uri()).build();
        info.set("");
        int before = asked.get();
        await("an attempt waits for an answer", () -> asked.get() > before && isConnecting());
        limiter.close();
        await("its thread ends", () -> !isConnecting());
        info.set("-LOADING Redis is loading the dataset\r\n");
        int after = asked.get();
        assertThat(isDecidedByRedis(limiter.tryAcquire("acme", "chat", tokens(1))))
                .isFalse();
        RedisRateLimiter other = hasty(loading().uri()).build();
        other.close();
        assertThat(asked.get())
                .as("no attempt but the one with which the other began")
                .isEqualTo(after + 1);
    }
}
