package dev.ratelimit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Caller;
import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitReached;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Member;
import dev.ratelimit.PerCallLimit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.spi.RateLimitListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Members of an organization, as Redis keeps them. */
class MembersTest extends ServedTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Tier USER = Tier.named("user")
            .table(LimitTable.named("calls per user").allTogether(RateLimit.perHour(5)))
            .table(LimitTable.named("bursts per user").eachOtherEndpoint(TokenBucket.perMinute(5)))
            .build();
    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("calls").eachOtherEndpoint(RateLimit.perHour(1_000)))
            .member("user", USER)
            .build();

    private static Caller user(String name) {
        return Caller.of("acme", TIER).member("user", name);
    }

    private static Usage calls(long n) {
        return Usage.of(Unit.CALLS, n);
    }

    private RedisRateLimiterBuilder timed() {
        return builder().tier(TIER).time(ServerTime.supplied(time));
    }

    private void assertRoundTrips(long expected, Runnable question) {
        forgetCounts();
        question.run();
        assertThat(sent("evalsha")).isEqualTo(expected);
        assertThat(sent("eval")).isZero();
    }

    private static AppliedLimit refusing(Decision decision) {
        return ((LimitReached) ((Rejected) decision).cause()).applied();
    }

    private static List<Long> used(RedisRateLimiter limiter, Caller caller) {
        return limiter.status(caller, "chat").stream().map(LimitStatus::used).toList();
    }

    @Test
    void allPartiesDecideInOneRoundTripWithKeysOfOneSlot() {
        RedisRateLimiter limiter = limiter(builder().tier(TIER));
        Caller both = user("u1").member("project", "p1", tierOf(Quota.perMonth(100)));
        assertRoundTrips(1, () -> limiter.tryAcquire(both, "chat"));
        assertRoundTrips(1, () -> limiter.tryAcquire(both, "chat"));
        assertRoundTrips(1, () -> limiter.tryAcquire(user("u2"), "embed", calls(6)));
        assertRoundTrips(1, () -> limiter.peek(user("u2"), "embed", calls(1)));
        assertRoundTrips(1, () -> limiter.status(both, "chat"));
        assertRoundTrips(2, () -> limiter.reserve(both, "chat", calls(1)).cancel());
        assertThat(redis.keys("*")).isNotEmpty().allMatch(key -> key.startsWith("ratelimit:{acme}:"));
        assertThat(redis.keys("*/user/u1")).hasSize(3);
        assertThat(redis.keys("*/project/p1")).hasSize(2);
        assertThat(redis.zrange("ratelimit:{acme}:p", 0, -1))
                .contains("default/user/u1", "default/project/p1")
                .doesNotContain("default/user/u2");
        assertThat(redis.zrange("ratelimit:{acme}:n:default/user/u1", 0, -1)).containsExactly("%t", "chat");
    }

    /** The fast part of the script asks for no list, and for no head of a window as a whole. */
    @Test
    void theirUsualCallsWriteNoList() {
        Tier single = USER.withTable(LimitTable.named("largest").allTogether(PerCallLimit.of(Unit.CALLS, 9)));
        Caller caller = Caller.of("acme", TIER)
                .member(
                        "user",
                        "u1",
                        single.withLimits(limit -> limit instanceof RateLimit
                                ? limit.withAmount(1_000)
                                : limit instanceof TokenBucket ? limit.withAmount(60_000) : limit));
        RedisRateLimiter limiter = limiter(timed());
        limiter.tryAcquire(caller, "chat");
        forgetCounts();
        for (int i = 0; i < 300; i++) {
            assertThat(limiter.tryAcquire(caller, "chat").isAdmitted()).isTrue();
            time.advance(Duration.ofMillis(1));
        }
        assertThat(sent("getrange") + sent("get")).isGreaterThan(800);
        assertThat(sent("mget")).isLessThan(20);
        assertThat(sent("zadd")).isZero();
    }

    @Test
    void beyondTheBoundTheyShareUntilNothingThatTheyCountedCountsAnyMore() {
        LogLines lines = new LogLines();
        RedisRateLimiter limiter = limiter(timed().maxMembers(1).logger(lines));
        assertThat(limiter.tryAcquire(user("u1"), "chat", calls(5)).isAdmitted())
                .isTrue();
        assertThat(limiter.stats().furtherMembers()).isZero();
        assertThat(limiter.tryAcquire(user("u2"), "chat", calls(3)).isAdmitted())
                .isTrue();
        Decision refused = limiter.tryAcquire(user("u3"), "chat", calls(3));
        assertThat(refusing(refused).member()).contains(Member.overflow("user"));
        assertThat(limiter.stats().furtherMembers()).isEqualTo(2);
        assertThat(lines.with("more members")).hasSize(1);
        time.advance(HOUR);
        assertThat(limiter.tryAcquire(user("u1"), "chat", calls(5)).isAdmitted())
                .isTrue();
        assertThat(limiter.tryAcquire(user("u4"), "chat", calls(1)).isAdmitted())
                .isTrue();
        assertThat(used(limiter, user("u5"))).as("u4 shares still").containsExactly(6L, 1L, 1L);
        time.advance(HOUR.multipliedBy(3));
        assertThat(limiter.tryAcquire(user("u5"), "chat", calls(1)).isAdmitted())
                .isTrue();
        assertThat(limiter.status(user("u5"), "chat"))
                .extracting(status -> status.applied().member())
                .containsExactly(
                        Optional.empty(), Optional.of(new Member("user", "u5")), Optional.of(new Member("user", "u5")));
    }

    @Test
    void whatWasReservedOfAMemberThatSharesIsSettledThere() {
        RedisRateLimiter limiter = limiter(timed().maxMembers(0));
        Reservation reservation = limiter.reserve(user("u1"), "chat", calls(2));
        assertThat(reservation.use(calls(4)).isAdmitted()).isTrue();
        assertThat(used(limiter, user("u2"))).containsExactly(4L, 4L, 4L);
        reservation.settle(calls(1));
        assertThat(used(limiter, user("u2"))).containsExactly(1L, 1L, 1L);
        assertThat(limiter.record(user("u3"), "chat", calls(7)).answer().isAdmitted())
                .isFalse();
        assertThat(used(limiter, user("u2"))).containsExactly(8L, 8L, 8L);
    }

    @Test
    void theyKeepTheirPlaceWhileTheirCallsAreInFlight() {
        Tier each = tierOf(ConcurrencyLimit.of(1, HOUR));
        RedisRateLimiter limiter = limiter(timed().maxMembers(1));
        Caller one = Caller.of("acme", TIER).member("user", "u1", each);
        Reservation reservation = limiter.reserve(one, "chat", calls(1));
        for (int i = 0; i < 3; i++) {
            time.advance(HOUR.minusMinutes(1));
            assertThat(reservation.renew()).isTrue();
        }
        limiter.reserve(Caller.of("acme", TIER).member("user", "u2", each), "chat", calls(1));
        assertThat(refusing(limiter.reserve(one, "chat", calls(1)).decision()).member())
                .contains(new Member("user", "u1"));
        reservation.cancel();
        assertThat(limiter.reserve(one, "chat", calls(1)).decision().isAdmitted())
                .isTrue();
    }

    @Test
    void theirKeysExpire() {
        RedisRateLimiter limiter = limiter(timed().maxMembers(1));
        limiter.tryAcquire(user("u1"), "chat", calls(1));
        limiter.tryAcquire(user("u2"), "chat", calls(1));
        assertThat(redis.keys("*"))
                .hasSizeGreaterThan(8)
                .allSatisfy(key -> assertThat(redis.pttl(key)).isBetween(0L, 2 * 3_600_000L + 120_000));
        redis.flushall();
        Caller forGood = Caller.of("acme", TIER).member("user", "u1", tierOf(Quota.lifetime(Unit.CALLS, 9)));
        limiter.tryAcquire(forGood, "chat", calls(1));
        assertThat(redis.pttl("ratelimit:{acme}:p")).isEqualTo(-1);
    }

    @Test
    void aHostActsOnThePartiesThatItNames() {
        List<String> heard = new ArrayList<>();
        RedisRateLimiter limiter = limiter(timed().listener(new RateLimitListener() {
            @Override
            public void onReset(String organization) {
                heard.add("reset " + organization);
            }

            @Override
            public void onForgotten(String organization) {
                heard.add("forgotten " + organization);
            }
        }));
        limiter.tryAcquire(user("u1"), "chat", calls(4));
        limiter.tryAcquire(user("u2"), "chat", calls(3));
        limiter.admin().reset(user("u1"));
        assertThat(used(limiter, user("u1"))).containsExactly(0L, 0L, 0L);
        assertThat(used(limiter, user("u2"))).containsExactly(0L, 3L, 3L);
        limiter.admin().reset("acme");
        assertThat(used(limiter, user("u2"))).containsExactly(0L, 3L, 3L);
        limiter.admin().forget(user("u2"));
        assertThat(used(limiter, user("u2"))).containsExactly(0L, 0L, 0L);
        assertThat(heard).containsExactly("reset acme", "forgotten acme");
    }

    @Test
    void aGrantIsThePartysWhoseQuotaItIs() {
        Tier each = tierOf(Quota.perMonth(5));
        Caller one = Caller.of("acme", TIER).member("user", "u1", each);
        Caller other = Caller.of("acme", TIER).member("user", "u2", each);
        RedisRateLimiter limiter = limiter(timed());
        AppliedLimit quota = limiter.status(one, "chat").get(1).applied();
        assertThat(limiter.admin().grant(one, quota, 3))
                .isEqualTo(limiter.status(one, "chat").get(1));
        assertThat(limiter.tryAcquire(one, "chat", calls(8)).isAdmitted()).isTrue();
        assertThat(limiter.tryAcquire(other, "chat", calls(6)).isAdmitted()).isFalse();
        RedisRateLimiter bounded = limiter(timed().maxMembers(0));
        bounded.admin().grant(other, quota.of(new Member("user", "u2")), 1);
        assertThat(bounded.tryAcquire(Caller.of("acme", TIER).member("user", "u3", each), "chat", calls(6))
                        .isAdmitted())
                .as("granted to all that share")
                .isTrue();
    }

    @Test
    void aChangeOfPlanIsCarriedOverForEachParty() {
        Tier before = tierOf(Quota.perMonth(50)).withMember("user", tierOf(Quota.perMonth(9)));
        Tier after = tierOf(Quota.perWeek(50)).withMember("user", tierOf(Quota.perWeek(9)));
        RedisRateLimiter limiter = limiter(timed());
        Caller former = Caller.of("acme", before).member("user", "u1");
        limiter.tryAcquire(former, "chat", calls(4));
        limiter.tryAcquire(Caller.of("acme", before).member("user", "u2"), "chat", calls(2));
        Caller now = Caller.of("acme", after).member("user", "u1");
        assertThat(limiter.admin().carryOver(now, former))
                .extracting(LimitStatus::used)
                .containsExactly(6L, 4L);
        assertThat(used(limiter, now)).containsExactly(6L, 4L);
        assertThat(used(limiter, Caller.of("acme", after).member("user", "u2"))).containsExactly(6L, 0L);
    }

    @Test
    void eachHasLeasesOfItsOwn() {
        Machine machine = new Machine(time, 0);
        RedisRateLimiter limiter =
                limiter(timed().leases(2, Duration.ofMillis(100)).leaseTime(machine, machine));
        assertRoundTrips(
                1,
                () -> assertThat(limiter.tryAcquire(user("u1"), "chat").isAdmitted())
                        .isTrue());
        assertRoundTrips(
                0,
                () -> assertThat(limiter.tryAcquire(user("u1"), "chat").isAdmitted())
                        .isTrue());
        assertRoundTrips(
                1,
                () -> assertThat(limiter.tryAcquire(user("u2"), "chat").isAdmitted())
                        .isTrue());
        assertThat(limiter.stats().leases()).isEqualTo(2);
        Caller smaller = Caller.of("acme", TIER).member("user", "u2", USER.withLimits(limit -> limit.withAmount(1)));
        assertThat(limiter.tryAcquire(smaller, "chat").isAdmitted())
                .as("by its own tier")
                .isFalse();
        time.advance(HOUR.plusSeconds(1));
        machine.ring();
        assertThat(used(limiter, user("u1"))).containsExactly(0L, 0L, 0L);
    }

    @Test
    void aRunawayMemberCostsRedisNothing() {
        RedisRateLimiter limiter = limiter(timed().rememberRefusals(Duration.ofMinutes(1)));
        limiter.tryAcquire(user("u1"), "chat", calls(5));
        assertThat(limiter.tryAcquire(user("u1"), "chat").isAdmitted()).isFalse();
        assertRoundTrips(0, () -> {
            for (int i = 0; i < 100; i++) {
                assertThat(refusing(limiter.tryAcquire(user("u1"), "chat")).member())
                        .contains(new Member("user", "u1"));
            }
        });
        assertRoundTrips(
                1,
                () -> assertThat(limiter.tryAcquire(user("u2"), "chat").isAdmitted())
                        .isTrue());
        limiter.admin().reset(user("u1"));
        assertThat(limiter.tryAcquire(user("u1"), "chat").isAdmitted()).isTrue();
    }

    @Test
    void listenersHearOfTheirNearLimits() {
        List<String> heard = new ArrayList<>();
        RedisRateLimiter limiter = limiter(timed().listener(new RateLimitListener() {
            @Override
            public List<Double> nearLimitAt() {
                return List.of(0.8);
            }

            @Override
            public void onNearLimit(Caller caller, String endpoint, LimitStatus status) {
                heard.add(status.applied().table() + " of " + status.applied().member() + " " + status.used());
            }
        }));
        limiter.tryAcquire(user("u1"), "chat", calls(3));
        limiter.tryAcquire(user("u2"), "chat", calls(3));
        limiter.tryAcquire(user("u1"), "chat", calls(1));
        assertThat(heard)
                .containsExactly(
                        "calls per user of Optional[user \"u1\"] 4", "bursts per user of Optional[user \"u1\"] 4");
    }

    @Test
    void namesThatCallersMakeUpAreKeptApart() {
        RedisRateLimiter limiter = limiter(timed());
        List<String> names = List.of(
                "", " ", "\n", "%o", "%t", "u/1", "u1", "u1 chat", "user/u1", "{x}", "u".repeat(300), "u".repeat(301));
        for (String name : names) {
            assertThat(limiter.tryAcquire(user(name), "a b\n1 1 x y", calls(5)).isAdmitted())
                    .as(name)
                    .isTrue();
            assertThat(limiter.tryAcquire(user(name), "a b\n1 1 x y", calls(1)).isAdmitted())
                    .as(name)
                    .isFalse();
        }
        assertThat(redis.zcard("ratelimit:{acme}:p")).isEqualTo(names.size() + 1L);
        assertThat(redis.keys("*")).allMatch(key -> key.startsWith("ratelimit:{acme}:") && key.length() < 700);
        assertThat(limiter.status(user("u/1")))
                .extracting(status -> status.applied().scope().name() + " " + status.used())
                .containsExactly("a b\n1 1 x y 60", "calls per user 5", "a b\n1 1 x y 5");
    }
}
