package dev.ratelimit.checks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import io.lettuce.core.RedisClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

/** What the page on Redis shows does what it says. */
class RedisPageSamplesTest {

    @Test
    void theSampleDecidesByTheShareOfTheMachineWhileRedisIsAway() throws IOException {
        Tier hourly = Tier.named("tier")
                .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.perHour(10)))
                .build();
        RedisClient client = RedisClient.create("redis://127.0.0.1:" + closedPort());
        try {
            RateLimiter limiter = RedisPageSamples.limiterOn(client, hourly, 3);
            int admitted = 0;
            for (int i = 0; i < 10; i++) {
                admitted += limiter.tryAcquire("acme", "chat").isAdmitted() ? 1 : 0;
            }
            assertThat(admitted).isEqualTo(3);
        } finally {
            client.shutdown();
        }
    }

    /** Returns a port that nothing listens to. */
    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
