package dev.ratelimit.redis;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Tier;
import dev.ratelimit.Usage;
import io.lettuce.core.RedisClient;
import java.time.Duration;

/** A JVM that holds calls in flight until it is killed. */
final class HoldingMachine {

    static final int CALLS = 3;
    static final Duration LONGEST = Duration.ofMillis(1_500);

    private HoldingMachine() {}

    static RedisRateLimiter limiter(RedisClient client) {
        LimitTable table = LimitTable.named("calls in flight").eachOtherEndpoint(ConcurrencyLimit.of(CALLS, LONGEST));
        return Answers.builder(client)
                .tier(Tier.named("tier").table(table).build())
                .timeout(Duration.ofSeconds(10))
                .build();
    }

    /**
     * Begins the calls, and writes for each the server's clock, in microseconds.
     *
     * @param arguments the server's URI
     */
    public static void main(String... arguments) throws Exception {
        RedisRateLimiter limiter = limiter(RedisClient.create(arguments[0]));
        limiter.peek("acme", "chat", Usage.call()); // so that the calls begin soon after one another
        for (int i = 0; i < CALLS; i++) {
            if (limiter.reserve("acme", "chat", Usage.call()).decision().isAdmitted()) {
                System.out.println(Answers.lastTime());
            }
        }
        // The end of the input is that of the test: nobody is there to kill it any more.
        if (System.in.read() >= 0) {
            throw new IllegalStateException("nobody may write to it");
        }
    }
}
