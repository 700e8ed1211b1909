package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long keys live, and how much they hold. */
class KeyLifeTest extends ServedTest {

    private static final RateLimit MINUTE = RateLimit.perMinute(1_000);
    private static final Quota DAY = Quota.of(Unit.CALLS, 1_000, QuotaPeriod.day(ZoneOffset.UTC));

    /** Says that each key lives as long as it means something, up to the longest, and at most a minute longer. */
    private void assertKeysLive(Duration shortest, Duration longest) {
        List<String> keys = redis.keys("*:m:*");
        keys.addAll(redis.keys("*:b:*"));
        assertThat(keys)
                .isNotEmpty()
                .allSatisfy(key -> assertThat(redis.pttl(key))
                        .as(key)
                        .isBetween(shortest.toMillis(), longest.plusMinutes(1).toMillis()));
    }

    @Test
    void theKeysOfAWindowOutliveItByLessThanAMinute() {
        RedisRateLimiter limiter = limiter(MINUTE);
        for (int i = 0; i < 40; i++) {
            limiter.tryAcquire("acme", "chat");
            time.advance(Duration.ofMillis(1));
        }
        assertThat(redis.keys("*:b:*")).hasSize(1);
        assertKeysLive(Duration.ofMinutes(1), Duration.ofMinutes(1));
    }

    @Test
    void theKeysOfAQuotaOutliveItsPeriodByLessThanAMinute() {
        RedisRateLimiter limiter = limiter(DAY);
        time.advance(Duration.ofHours(23));
        limiter.tryAcquire("acme", "chat");
        assertKeysLive(Duration.ofHours(1), Duration.ofHours(1));
    }

    @Test
    void aLifetimeQuotaIsTheOnlyKeyThatLivesForEverAndItsEndpointIsListedAsLong() {
        RedisRateLimiter limiter = limiter(MINUTE, DAY, Quota.lifetime(Unit.CALLS, 9));
        limiter.tryAcquire("acme", "chat");
        List<String> endless = redis.keys("*").stream()
                .filter(key -> redis.pttl(key) < 0)
                .sorted()
                .toList();
        assertThat(endless)
                .containsExactly("ratelimit:{acme}:m:default/table%00202/e/chat/calls/plifetime", "ratelimit:{acme}:n");
    }

    @Test
    void theDirectoryLivesForEverFromTheFirstLifetimeQuotaOn() {
        limiter(MINUTE).tryAcquire("acme", "chat");
        assertThat(redis.pttl("ratelimit:{acme}:n")).isPositive();
        limiter(MINUTE, Quota.lifetime(Unit.CALLS, 9)).tryAcquire("acme", "chat");
        assertThat(redis.pttl("ratelimit:{acme}:n")).isEqualTo(-1);
    }

    @Test
    void everyKeyOfABusyOrganizationExpires() {
        RedisRateLimiter limiter = limiter(MINUTE, DAY);
        for (int i = 0; i < 100; i++) {
            Reservation reservation = limiter.reserve("acme", "endpoint " + i % 3, Usage.of(Unit.CALLS, 5));
            reservation.use(Usage.of(Unit.CALLS, 6));
            time.advance(Duration.ofMillis(700));
            reservation.settle(Usage.of(Unit.CALLS, i % 9));
            limiter.status("acme");
            assertThat(redis.keys("*"))
                    .allSatisfy(key -> assertThat(redis.pttl(key))
                            .as(key)
                            .isBetween(1L, Duration.ofDays(1).plusMinutes(2).toMillis()));
        }
    }

    @Test
    void theDirectoryForgetsEndpointsThatAreIdle() {
        Tier tier = Tier.named("tier")
                .table(LimitTable.named("table").eachOtherEndpoint(RateLimit.of(Unit.CALLS, 9, Duration.ofMillis(1))))
                .build();
        RedisRateLimiter limiter = limiter(builder().tier(tier));
        limiter.tryAcquire("acme", "chat");
        redis.zadd("ratelimit:{acme}:n", 1_000_000, "long%0020ago");
        limiter.tryAcquire("acme", "embed");
        assertThat(redis.zrange("ratelimit:{acme}:n", 0, -1))
                .containsExactlyInAnyOrder("chat", "embed", RedisKeys.WRITTEN);
        assertThat(redis.pttl("ratelimit:{acme}:n")).isBetween(1L, 60_000L);
    }

    @Test
    void anEndpointIsListedAsLongAsTheLongestOfItsMetersCounts() {
        RedisRateLimiter limiter = live(RateLimit.of(Unit.CALLS, 9, Duration.ofMillis(1)), RateLimit.perHour(9));
        RedisRateLimiter brief = live(RateLimit.of(Unit.CALLS, 9, Duration.ofMillis(1)));
        limiter.tryAcquire("acme", "chat");
        redis.del("ratelimit:{acme}:m:default/table%00200/e/chat/calls/w1000000");
        Double hour = redis.zscore("ratelimit:{acme}:n", "chat");
        brief.tryAcquire("acme", "chat");
        assertThat(redis.zscore("ratelimit:{acme}:n", "chat")).isEqualTo(hour);
        assertThat(redis.pttl("ratelimit:{acme}:n"))
                .isGreaterThan(Duration.ofHours(1).toMillis());
    }

    @Test
    void receiptsLiveForSeconds() {
        RedisRateLimiter limiter = limiter(builder().tier(tierOf(MINUTE)).timeout(Duration.ofMillis(900)));
        limiter.tryAcquire("acme", "chat");
        assertThat(redis.keys("*:r:*"))
                .singleElement()
                .satisfies(key -> assertThat(redis.pttl(key)).isBetween(1L, 3_600L));
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 2_000));
        limiter.peek("acme", "chat", Usage.call());
        assertThat(redis.keys("*:r:*")).as("only what charges is kept").hasSize(1);
    }

    @Test
    void whatIsRefusedOrAskedWritesNothing() {
        RedisRateLimiter limiter = limiter(RateLimit.perMinute(1), Quota.perMonth(1));
        limiter.peek("acme", "chat", Usage.call());
        limiter.status("acme", "chat");
        limiter.status("acme");
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 2));
        limiter.tryAcquire("acme", "chat", Usage.of(Unit.CALLS, 0));
        assertThat(redis.keys("*")).isEmpty();
    }

    /** Windows of 5,000 charges each: a block holds 16 marks of 24 bytes, and sums above them. */
    @Test
    void aMeterHoldsAboutTwoThousandMarksAtMostHoweverManyChargesThereAre() {
        RateLimit second = RateLimit.of(Unit.CALLS, 100_000, Duration.ofSeconds(1));
        RedisRateLimiter limiter = limiter(second);
        long most = 0;
        for (int i = 0; i < 6_500; i++) {
            limiter.tryAcquire("acme", "chat");
            time.advance(Duration.ofNanos(200_000));
            if (i % 500 == 0) {
                most = Math.max(most, blocks());
            }
        }
        assertThat(most).as("blocks").isBetween(60L, 2_048 / 16 + 2_048 / 256 + 4L);
        time.advance(Duration.ofSeconds(2));
        limiter.tryAcquire("acme", "chat");
        assertThat(blocks()).as("when all has expired").isZero();
    }

    /** A meter that is never idle must not keep what has expired, whether a block is full before or after that. */
    @ParameterizedTest
    @ValueSource(ints = {6, 20, 300})
    void blocksThatHaveExpiredAreDeletedThoughTheMeterIsNeverIdle(int millis) {
        RedisRateLimiter limiter = limiter(RateLimit.of(Unit.CALLS, 1_000, Duration.ofMillis(millis)));
        for (int i = 0; i < 3_000; i++) {
            limiter.tryAcquire("acme", "chat");
            time.advance(Duration.ofMillis(1));
        }
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(millis - 1);
        assertThat(blocks()).isLessThanOrEqualTo(millis / 16 + 4);
    }

    /**
     * An eviction may take the blocks and leave the head; what they held must not count for ever where calls never
     * cease.
     */
    @Test
    void blocksThatSomebodyDeletesCountNoMoreOnceTheyWouldHaveExpired() {
        RedisRateLimiter limiter = limiter(RateLimit.of(Unit.CALLS, 1_000, Duration.ofMillis(100)));
        for (int i = 0; i < 300; i++) {
            limiter.tryAcquire("acme", "chat");
            time.advance(Duration.ofMillis(1));
            if (i == 50) {
                redis.keys("*:b:*").forEach(redis::del);
            }
        }
        assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(99);
    }

    private long blocks() {
        return redis.keys("*:b:*").stream().mapToLong(key -> redis.hlen(key)).sum();
    }
}
