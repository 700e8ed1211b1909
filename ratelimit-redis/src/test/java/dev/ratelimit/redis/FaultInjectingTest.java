package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import io.lettuce.core.RedisClient;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;

/**
 * Servers that break, or what is before them, and limiters on them: a window and a quota of as many tokens, of one
 * organization.
 */
abstract class FaultInjectingTest {

    static final long AMOUNT = 1_000;
    static final Duration LONG = Duration.ofSeconds(30);

    static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("hours").eachOtherEndpoint(RateLimit.of(Unit.TOKENS, AMOUNT, Duration.ofHours(1))))
            .table(LimitTable.named("in all").eachOtherEndpoint(Quota.lifetime(Unit.TOKENS, AMOUNT)))
            .build();

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    final Outages outages = new Outages();
    final LogLines lines = new LogLines();

    @AfterEach
    void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    /** Has something closed after the test, the last one first. */
    <T extends AutoCloseable> T open(T resource) {
        opened.push(resource);
        return resource;
    }

    RedisRateLimiterBuilder builder(String uri) {
        RedisClient client = RedisClient.create(uri);
        open(() -> Clients.shutDown(client));
        return RedisRateLimiter.builder(client)
                .tier(TIER)
                .rememberRefusals(Duration.ZERO)
                .logger(lines)
                .outageListener(outages);
    }

    /** A limiter whose calls wait until they are answered. */
    RedisRateLimiter patient(String uri) {
        return open(builder(uri).timeout(LONG).build());
    }

    /** A limiter whose calls do not wait for a server that is away. */
    RedisRateLimiter impatient(String uri) {
        return open(builder(uri)
                .timeout(Duration.ofMillis(500))
                .probeEvery(Duration.ofMillis(50))
                .build());
    }

    /** Waits until something holds. */
    static void await(String what, BooleanSupplier holds) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as(what).isNegative();
            LockSupport.parkNanos(100_000); // the others need the processor too
        }
    }

    static boolean isUsed(RedisRateLimiter limiter, long tokens) {
        try {
            return limiter.status("acme", "chat").stream().allMatch(status -> status.used() == tokens);
        } catch (RedisUnavailableException e) {
            return false;
        }
    }

    static Usage tokens(long n) {
        return Usage.of(Unit.TOKENS, n);
    }

    static boolean admits(RedisRateLimiter limiter, long tokens) {
        return limiter.tryAcquire("acme", "chat", tokens(tokens)).isAdmitted();
    }

    static void assertUsed(RedisRateLimiter limiter, long tokens) {
        assertThat(limiter.status("acme", "chat")).extracting(LimitStatus::used).containsExactly(tokens, tokens);
    }

    /** Says that so much is remembered, and that it and what is admitted from now on come to the amount and no more. */
    static void assertGoesOnFrom(RedisRateLimiter limiter, long tokens) {
        assertUsed(limiter, tokens);
        assertThat(admits(limiter, AMOUNT - tokens + 1)).isFalse();
        assertThat(admits(limiter, AMOUNT - tokens)).isTrue();
        assertThat(admits(limiter, 1)).isFalse();
        assertUsed(limiter, AMOUNT);
    }
}
