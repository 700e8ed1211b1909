package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A status of many limits, which must not hold the server up for all others. */
class StatusInPiecesTest extends ServedTest {

    private static final int ENDPOINTS = 1_000;

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("hours")
                    .each(RateLimit.perHour(50), "named")
                    .eachOtherEndpoint(RateLimit.perHour(50)))
            .table(LimitTable.named("tokens").eachOtherEndpoint(RateLimit.of(Unit.TOKENS, 50, Duration.ofHours(2))))
            .table(LimitTable.named("months").eachOtherEndpoint(Quota.perMonth(50)))
            .build();

    /**
     * Counts how often the script is run, and how often it reads heads: it reads up to 100 with a command, whatever it
     * is asked.
     */
    private void assertRuns(long most, Runnable question) {
        forgetCounts();
        question.run();
        assertThat(sent("evalsha")).isLessThanOrEqualTo(most);
        assertThat(sent("mget")).as("at most 100 limits a run").isLessThanOrEqualTo(sent("evalsha"));
    }

    @Test
    void ofThousandEndpointsWithThreeLimitsEachIsToldAHundredLimitsAtATime() {
        RedisRateLimiter limiter = limiter(builder().tier(TIER));
        for (int i = 0; i < ENDPOINTS; i++) {
            limiter.tryAcquire(
                    "acme", "endpoint " + i, Usage.of(Unit.CALLS, 1 + i % 9).and(Unit.TOKENS, i % 5));
        }
        // 31 for 3,003 limits, and the names in pieces of 250, or twice as many where hashes agree
        assertRuns(31 + 6, () -> {
            Map<String, List<LimitStatus>> byEndpoint = limiter.status("acme").stream()
                    .collect(Collectors.groupingBy(
                            status -> status.applied().scope().name()));
            for (int i = 0; i < ENDPOINTS; i++) {
                Function<LimitStatus, Long> used = LimitStatus::used;
                List<Long> expected = List.of(1L + i % 9, (long) (i % 5), 1L + i % 9).stream()
                        .filter(units -> units > 0)
                        .toList();
                assertThat(byEndpoint.get("endpoint " + i)).extracting(used).isEqualTo(expected);
            }
            assertThat(byEndpoint).hasSize(ENDPOINTS + 1);
        });
    }

    @Test
    void ofAnEndpointWithManyLimitsIsToldAHundredAtATimeToo() {
        Tier tier = tierOf(IntStream.range(0, 250)
                .mapToObj(i -> RateLimit.of(Unit.CALLS, 100 + i, Duration.ofHours(1)))
                .toArray(RateLimit[]::new));
        RedisRateLimiter limiter = limiter(builder().tier(tier).maxUnlistedEndpoints(1));
        limiter.tryAcquire("acme", "chat");
        limiter.tryAcquire("acme", "shared", Usage.of(Unit.CALLS, 2));
        assertRuns(
                3,
                () -> assertThat(limiter.status("acme", "chat"))
                        .hasSize(250)
                        .extracting(LimitStatus::used)
                        .containsOnly(1L));
        assertRuns(
                6,
                () -> assertThat(limiter.status("acme", "another"))
                        .hasSize(250)
                        .extracting(LimitStatus::used)
                        .containsOnly(2L));
        assertRuns(
                6,
                () -> assertThat(limiter.status("acme"))
                        .hasSize(500)
                        .extracting(LimitStatus::used)
                        .containsOnly(1L, 2L));
    }

    @Test
    void ofAnOrganizationThatHasUsedNothingIsToldWithoutWriting() {
        RedisRateLimiter limiter = limiter(builder().tier(TIER));
        assertRuns(2, () -> assertThat(limiter.status("acme")).hasSize(3));
        assertThat(redis.keys("*")).isEmpty();
    }

    @Test
    void namesThatAreListedTwiceOrLeftOverAreShownOnceOrNotAtAll() {
        RedisRateLimiter limiter = limiter(builder().tier(TIER));
        limiter.tryAcquire("acme", "endpoint");
        limiter.tryAcquire("acme", "named");
        redis.zadd("ratelimit:{acme}:t", 1e18, "endpoint");
        redis.zadd("ratelimit:{acme}:n", 1e18, "idle");
        assertThat(limiter.status("acme"))
                .filteredOn(status -> status.applied().table().equals("hours"))
                .extracting(status -> status.applied().scope().name())
                .containsExactly("named", "endpoint");
    }
}
