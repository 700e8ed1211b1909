package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Limit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** The memory of the server that limits with names of usual length take, as the page on Redis has it. */
class ServerMemoryTest extends ServedTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration STEP = Duration.ofMillis(10);

    private static Tier tier(Limit limit) {
        return Tier.named("tier").limits("chat", limit).build();
    }

    private RedisRateLimiter limiterOf(Limit limit) {
        redis.flushall();
        return limiter(builder().tier(tier(limit)).time(ServerTime.supplied(time)));
    }

    private void call(RedisRateLimiter limiter, int calls, Duration pause) {
        for (int i = 0; i < calls; i++) {
            assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
            time.advance(pause);
        }
    }

    private static boolean isReceipt(String key) {
        return key.contains("}:r:");
    }

    private static boolean isMeter(String key) {
        return key.contains("}:m:") || key.contains("}:b:");
    }

    private long bytes(Predicate<String> keys) {
        return redis.keys("*").stream()
                .filter(keys)
                .mapToLong(redis::memoryUsage)
                .sum();
    }

    private long meters() {
        return bytes(ServerMemoryTest::isMeter);
    }

    @Test
    void aQuotaOrABucketTakesSome250Bytes() {
        for (Limit limit : new Limit[] {Quota.perMonth(1_000_000), TokenBucket.perHour(1_000_000)}) {
            call(limiterOf(limit), 5, STEP);
            assertThat(meters()).isBetween(200L, 300L);
        }
    }

    @Test
    void aLimitInFlightTakesSome350BytesAndSome40MoreForEachCall() {
        RedisRateLimiter limiter = limiterOf(ConcurrencyLimit.of(1_000, HOUR));
        long first = 0;
        for (int i = 0; i < 101; i++) {
            limiter.reserve("acme", "chat", Usage.call());
            time.advance(STEP);
            first = i == 0 ? meters() : first;
        }
        assertThat(first).isBetween(300L, 400L);
        assertThat(meters() - first).isBetween(3_000L, 5_000L);
    }

    @Test
    void aRateLimitTakesSome250To1500BytesAndSome40MoreForEachFurtherCharge() {
        RedisRateLimiter limiter = limiterOf(RateLimit.perHour(1_000));
        call(limiter, 1, STEP);
        assertThat(meters()).isBetween(200L, 300L);
        call(limiter, 31, STEP);
        long of32 = meters();
        assertThat(of32).isBetween(1_000L, 1_500L);
        call(limiter, 400, STEP);
        assertThat(meters() - of32).isBetween(400 * 25L, 400 * 45L);
    }

    @Test
    void aRateLimitWithoutExactPrecisionTakes75KilobytesAtMost() {
        Duration slot = HOUR.dividedBy(1_024);
        call(limiterOf(RateLimit.perHour(100_000)), 3_000, slot.dividedBy(2));
        assertThat(meters()).isBetween(40_000L, 75_000L);
    }

    @Test
    void aReceiptTakesSome120Bytes() {
        call(limiterOf(RateLimit.perHour(100_000)), 1, STEP);
        assertThat(bytes(ServerMemoryTest::isReceipt)).isBetween(90L, 150L);
    }

    @Test
    void theListsOfAMemberTake300BytesAtMost() {
        RedisRateLimiter limiter = limiterOf(RateLimit.perHour(1_000));
        Caller acme = limiter.caller("acme");
        Tier each = tier(RateLimit.perHour(1_000));
        limiter.tryAcquire(acme.member("user", "user-1", each), "chat");
        long ofOne = bytes(key -> !isMeter(key) && !isReceipt(key));
        for (int i = 2; i <= 21; i++) {
            limiter.tryAcquire(acme.member("user", "user-" + i, each), "chat");
        }
        assertThat(bytes(key -> !isMeter(key) && !isReceipt(key)) - ofOne).isBetween(20 * 80L, 20 * 300L);
    }
}
