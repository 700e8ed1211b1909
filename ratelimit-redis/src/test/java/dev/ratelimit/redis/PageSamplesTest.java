package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Tier;
import io.lettuce.core.RedisClient;
import org.junit.jupiter.api.Test;

/** What the page on Redis shows does what it says. */
class PageSamplesTest {

    private static Tier hourly(int calls) {
        return Tier.named("tier")
                .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.perHour(calls)))
                .build();
    }

    @Test
    void theSampleDecidesByTheShareOfTheMachineWhileRedisIsAway() {
        try (RedisServer server = new RedisServer()) {
            RedisClient client = RedisClient.create(server.uri());
            try {
                RateLimiter limiter = PageSamples.limiterOn(client, hourly(10), 3);
                server.kill();
                int admitted = 0;
                for (int i = 0; i < 10; i++) {
                    admitted += limiter.tryAcquire("acme", "chat").isAdmitted() ? 1 : 0;
                }
                assertThat(admitted).isEqualTo(3);
            } finally {
                Clients.shutDown(client);
            }
        }
    }
}
