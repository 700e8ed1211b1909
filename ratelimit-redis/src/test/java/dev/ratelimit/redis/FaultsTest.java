package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is lost, and what is not, when a server or a connection breaks. */
class FaultsTest {

    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.of(Unit.TOKENS, 1_000, Duration.ofHours(1))))
            .table(LimitTable.named("in all").eachOtherEndpoint(Quota.lifetime(Unit.TOKENS, 5_000)))
            .build();

    private static Usage tokens(long n) {
        return Usage.of(Unit.TOKENS, n);
    }

    private static void assertUsed(RedisRateLimiter limiter, long tokens) {
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsOnly(tokens);
    }

    @Test
    void aChargeWhoseAnswerIsCutOffIsSentAgainAndChargedOnce() throws IOException {
        try (RedisServer server = new RedisServer();
                CuttingProxy proxy = new CuttingProxy(server)) {
            RedisClient client = RedisClient.create(proxy.uri());
            try (RedisRateLimiter limiter =
                    RedisRateLimiter.builder(client).tier(TIER).timeout(LONG).build()) {
                limiter.tryAcquire("acme", "chat", tokens(1));
                proxy.cutNextAnswer();
                Reservation reservation = limiter.reserve("acme", "chat", tokens(100));
                assertThat(reservation.decision().isAdmitted()).isTrue();
                assertUsed(limiter, 101);
                proxy.cutNextAnswer();
                assertThat(reservation.settle(tokens(30))).isTrue();
                assertUsed(limiter, 31);
                assertThat(proxy.cutsDone()).isEqualTo(2);
            } finally {
                Clients.shutDown(client);
            }
        }
    }

    /** Each write is on the disk before it is answered, so what was admitted is not forgotten. */
    @Test
    void aServerThatIsKilledGoesOnWithItsFileAndTheListenerHearsBoth() throws InterruptedException {
        Outages outages = new Outages();
        try (RedisServer server = new RedisServer("--appendonly", "yes", "--appendfsync", "always")) {
            RedisClient client = RedisClient.create(server.uri());
            try (RedisRateLimiter limiter = RedisRateLimiter.builder(client)
                    .tier(TIER)
                    .timeout(Duration.ofMillis(500))
                    .probeEvery(Duration.ofMillis(50))
                    .outageListener(outages)
                    .build()) {
                Reservation reservation = limiter.reserve("acme", "chat", tokens(500));
                for (int i = 0; i < 40; i++) {
                    assertThat(limiter.tryAcquire("acme", "chat", tokens(10)).isAdmitted())
                            .isTrue();
                }
                server.kill();
                for (int i = 0; i < 4; i++) {
                    assertThat(limiter.tryAcquire("acme", "chat", tokens(10)).isAdmitted())
                            .isFalse();
                }
                assertThat(outages.nextDuring(() -> {})).startsWith("away: ");
                server.restart();
                assertThat(outages.nextDuring(() -> limiter.peek("acme", "chat", tokens(1))))
                        .isEqualTo("back");
                assertUsed(limiter, 900);
                assertThat(limiter.tryAcquire("acme", "chat", tokens(101)).isAdmitted())
                        .isFalse();
                assertThat(reservation.settle(tokens(100))).isTrue();
                assertUsed(limiter, 500);
            } finally {
                Clients.shutDown(client);
            }
        }
    }

    @Test
    @Timeout(20)
    void aConnectionThatIsLostIsKnownToBe() throws InterruptedException {
        try (RedisServer server = new RedisServer()) {
            RedisClient client = RedisClient.create(server.uri());
            try {
                Connection connection = Connection.of(client).get();
                assertThat(connection.isConnected("key")).isTrue();
                server.kill();
                while (connection.isConnected("key")) {
                    Thread.sleep(5);
                }
                server.restart();
                while (!connection.isConnected("key")) {
                    Thread.sleep(5);
                }
            } finally {
                Clients.shutDown(client);
            }
        }
    }
}
