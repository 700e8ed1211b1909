package dev.ratelimit.micrometer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.redis.RedisRateLimiter;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.embedded.RedisExecProvider;

@Timeout(60)
class RedisLimiterMetricsTest {

    private static final Tier TRIAL = Tier.named("trial")
            .table(LimitTable.named("calls per minute").each(RateLimit.perMinute(2), "chat"))
            .build();

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void theBackendIsAvailableWhileRedisAnswers() throws Exception {
        int port = freePort();
        Process server = start(port);
        RedisClient client = RedisClient.create(RedisURI.create("redis://127.0.0.1:" + port));
        try (RedisRateLimiter limiter = limiter(client)) {
            RedisLimiterMetrics.of(limiter).bindTo(registry);
            for (int i = 0; i < 3; i++) {
                limiter.tryAcquire("acme", "chat");
            }

            assertThat(gauge("available")).isEqualTo(1);
            assertThat(gauge("circuits.open")).isZero();
            assertThat(gauge("settlements.waiting")).isZero();
            assertThat(gauge("leases")).isZero();
            assertThat(gauge("refusals.remembered")).isEqualTo(1);

            server.destroyForcibly().waitFor();
            for (int i = 0; i < 100 && gauge("available") == 1; i++) {
                limiter.tryAcquire("globex", "chat");
            }
            assertThat(gauge("available")).isZero();
            assertThat(gauge("circuits.open")).isEqualTo(1);
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(5));
            server.destroyForcibly().waitFor();
        }
    }

    private static RedisRateLimiter limiter(RedisClient client) {
        return RedisRateLimiter.builder(client)
                .tier(TRIAL)
                .timeout(Duration.ofSeconds(1))
                .rememberRefusals(Duration.ofHours(1))
                .build();
    }

    private double gauge(String name) {
        return registry.get("ratelimit.backend." + name).gauge().value();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Process start(int port) throws Exception {
        String executable = System.getProperty(
                "redis.server", RedisExecProvider.defaultProvider().get().getPath());
        Process server = new ProcessBuilder(
                        executable, "--port", "" + port, "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        while (!answers(port)) {
            assertThat(server.isAlive()).isTrue();
            Thread.sleep(10);
        }
        return server;
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
