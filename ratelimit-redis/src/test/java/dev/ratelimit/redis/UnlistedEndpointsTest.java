package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What becomes of endpoints that no table names, where there are many. */
class UnlistedEndpointsTest extends ServedTest {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("hours").each(RateLimit.perHour(5), "chat").eachOtherEndpoint(RateLimit.perHour(5)))
            .table(LimitTable.named("in all").otherEndpointsTogether("others", Quota.lifetime(Unit.CALLS, 1_000)))
            .build();

    private RedisRateLimiter limiterOf(int max) {
        return limiter(builder().tier(TIER).maxUnlistedEndpoints(max));
    }

    private static void assertUsed(RedisRateLimiter limiter, String endpoint, long calls) {
        assertThat(limiter.status("acme", endpoint).get(0).used()).as(endpoint).isEqualTo(calls);
    }

    private static boolean admits(RedisRateLimiter limiter, String endpoint, long calls) {
        return limiter.tryAcquire("acme", endpoint, Usage.of(Unit.CALLS, calls)).isAdmitted();
    }

    @Test
    void furtherOnesShareTheMetersOfOne() {
        RedisRateLimiter limiter = limiterOf(2);
        assertThat(admits(limiter, "a", 5)).isTrue();
        assertThat(admits(limiter, "b", 4)).isTrue();
        assertThat(admits(limiter, "c", 3)).isTrue();
        assertThat(limiter.peek("acme", "d", Usage.of(Unit.CALLS, 3)).isAdmitted())
                .isFalse();
        assertThat(admits(limiter, "d", 3)).isFalse();
        assertThat(admits(limiter, "d", 2)).isTrue();
        assertUsed(limiter, "c", 5);
        assertUsed(limiter, "e", 5);
        assertUsed(limiter, "a", 5);
        assertUsed(limiter, "b", 4);
        assertThat(admits(limiter, "chat", 5)).as("one that a table names").isTrue();
        assertThat(limiter.status("acme", "a").get(1).used()).as("all together").isEqualTo(19);
    }

    @Test
    void whatWasReservedThereIsAddedToAndSettledThere() {
        RedisRateLimiter limiter = limiterOf(0);
        Reservation reservation = limiter.reserve("acme", "a", Usage.of(Unit.CALLS, 2));
        assertThat(reservation.use(Usage.of(Unit.CALLS, 4)).isAdmitted()).isTrue();
        assertUsed(limiter, "b", 4);
        assertThat(reservation.settle(Usage.of(Unit.CALLS, 1))).isTrue();
        assertUsed(limiter, "b", 1);
        assertThat(redis.keys("*/e/*")).hasSize(1);
    }

    @Test
    void aRunawayClientOfOneThatSharesCostsRedisNothing() {
        RedisRateLimiter limiter =
                limiter(builder().tier(TIER).maxUnlistedEndpoints(0).rememberRefusals(Duration.ofHours(1)));
        Reservation reservation = limiter.reserve("acme", "a", Usage.of(Unit.CALLS, 4));
        Decision first = limiter.tryAcquire("acme", "b", Usage.of(Unit.CALLS, 2));
        assertThat(admits(limiter, "c", 3)).isFalse();
        forgetCounts();
        for (int i = 0; i < 1_000; i++) {
            assertThat(admits(limiter, "b", 2)).isFalse();
            assertThat(admits(limiter, "c", 3)).isFalse();
        }
        assertThat(sent("evalsha")).isZero();
        assertThat(first).isInstanceOf(Rejected.class);
        assertThat(admits(limiter, "b", 1)).as("a smaller call").isTrue();
        reservation.cancel();
        assertThat(admits(limiter, "b", 3)).as("what is given back is noticed").isTrue();
        assertThat(admits(limiter, "c", 2)).isFalse();
        assertThat(admits(limiter, "b", 1)).isTrue();
    }

    @Test
    void onceOneSharesNewOnesDoEvenWhenThereIsRoomForNames() {
        RedisRateLimiter limiter = limiterOf(2);
        admits(limiter, "a", 1);
        admits(limiter, "b", 1);
        admits(limiter, "c", 1);
        redis.zrem("ratelimit:{acme}:n", "a", "b");
        admits(limiter, "d", 1);
        assertUsed(limiter, "d", 2);
        redis.zadd("ratelimit:{acme}:n", 1_000_000, RedisKeys.OVERFLOW); // they are idle
        admits(limiter, "e", 1);
        assertUsed(limiter, "e", 1);
    }

    @Test
    void theyAreARowOfTheOverviewAndOtherOrganizationsAreNotTouched() {
        RedisRateLimiter limiter = limiterOf(1);
        admits(limiter, "a", 1);
        admits(limiter, "b", 1);
        assertThat(limiter.status("acme"))
                .extracting(LimitStatus::applied)
                .extracting(limit -> limit.scope().name())
                .containsExactly("chat", "others", "(further endpoints)", "a");
        Caller umbrella = Caller.of("umbrella", TIER);
        limiter.tryAcquire(umbrella, "b");
        assertThat(limiter.status(umbrella)).extracting(LimitStatus::used).containsExactly(0L, 1L, 1L);
    }

    @Test
    void eachRowWithPatternsHasAMeterOfItsOwnForFurtherOnes() {
        Tier patterns = Tier.named("tier")
                .table(LimitTable.named("hours")
                        .each(RateLimit.perHour(5), "chat/*")
                        .eachOtherEndpoint(RateLimit.perHour(5)))
                .build();
        RedisRateLimiter limiter = limiter(builder().tier(patterns).maxUnlistedEndpoints(1));
        for (int i = 0; i < 3; i++) {
            limiter.peek("acme", "chat/peeked " + i, Usage.call());
            limiter.status("acme", "chat/asked " + i);
        }
        assertThat(redis.keys("*")).isEmpty();
        assertThat(admits(limiter, "chat/1", 5)).isTrue();
        assertThat(admits(limiter, "chat/2", 5)).isTrue();
        assertThat(admits(limiter, "embed", 5)).isTrue();
        assertThat(admits(limiter, "chat/3", 1)).isFalse();
        assertThat(admits(limiter, "rerank", 1)).isFalse();
        String hours = "ratelimit:{acme}:m:default/hours/e/";
        assertThat(redis.keys("*:m:*"))
                .containsExactlyInAnyOrder(
                        hours + "chat%002f1/calls/w3600000000000",
                        hours + "%0028further%0020endpoints%0020of%0020chat%002f%002a%0029/calls/w3600000000000",
                        hours + "%o/calls/w3600000000000");
        assertThat(redis.zrange("ratelimit:{acme}:n", 0, -1)).containsExactlyInAnyOrder("chat%002f1", "%o", "%t");
        assertThat(limiter.status("acme"))
                .extracting(status -> status.applied().scope().name() + " " + status.used())
                .containsExactly("(further endpoints of chat/*) 5", "(further endpoints) 5", "chat/1 5");
        limiter.admin().reset("acme");
        assertThat(limiter.status("acme")).isEmpty();
    }
}
