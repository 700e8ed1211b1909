package dev.ratelimit.redis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two organizations of one limiter: one attacks, the other is served exactly as if it were alone.
 *
 * <p>The attacker damages its own keys, sends names of a megabyte, floods the limiter with names, with names that a
 * pattern matches and with members, and asks for its status all the time. The other one makes random calls by a clock
 * that only it advances. Each of its answers equals that of a reference limiter that it has for itself. The load is
 * bounded: two attacking threads, one request each at a time, until the other organization is done.
 */
class ChaosTest extends ServedTest {

    private static final int STEPS = 600;
    private static final int ATTACKERS = 2;
    private static final int ENOUGH_ATTACKS = 50;
    private static final int MOST_ROUNDS = 50;
    private static final String GOOD = "good";
    private static final String HOSTILE = "hostile";
    private static final Duration SECOND = Duration.ofSeconds(1);

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("seconds").eachOtherEndpoint(RateLimit.perSecond(5)))
            .table(LimitTable.named("tokens")
                    .otherEndpointsTogether("all", RateLimit.of(Unit.TOKENS, 300, Duration.ofSeconds(10))))
            .table(LimitTable.named("days")
                    .otherEndpointsTogether("all", Quota.of(Unit.CALLS, 400, QuotaPeriod.day(ZoneOffset.UTC))))
            .table(LimitTable.named("models").each(RateLimit.perSecond(3), "model/*"))
            .member(
                    "user",
                    Tier.named("user")
                            .table(LimitTable.named("bursts").each(TokenBucket.perSecond(2), "model/*", "chat"))
                            .table(LimitTable.named("days per user")
                                    .allTogether(Quota.of(Unit.CALLS, 150, QuotaPeriod.day(ZoneOffset.UTC))))
                            .build())
            .build();

    /** What the host chose for a Redis that is away. */
    enum Policy {
        REJECT {
            @Override
            RedisRateLimiterBuilder in(RedisRateLimiterBuilder builder, RateLimiter fallback) {
                return builder.failClosed();
            }
        },
        ADMIT {
            @Override
            RedisRateLimiterBuilder in(RedisRateLimiterBuilder builder, RateLimiter fallback) {
                return builder.failOpen();
            }
        },
        FALL_BACK {
            @Override
            RedisRateLimiterBuilder in(RedisRateLimiterBuilder builder, RateLimiter fallback) {
                return builder.fallBackTo(fallback);
            }
        };

        abstract RedisRateLimiterBuilder in(RedisRateLimiterBuilder builder, RateLimiter fallback);
    }

    private final AtomicInteger attacks = new AtomicInteger();
    private final AtomicInteger undecided = new AtomicInteger();
    private volatile boolean over;

    @ParameterizedTest
    @EnumSource
    void anOrganizationIsServedAsIfItWereAloneWhateverAnotherDoes(Policy policy) {
        Outages outages = new Outages();
        RateLimiter fallback = new ReferenceRateLimiter(organization -> TIER, time);
        RedisRateLimiter limiter = limiter(policy.in(builder(), fallback)
                .tier(TIER)
                .time(ServerTime.supplied(time))
                .rememberRefusals(SECOND)
                .timeout(SECOND)
                .maxMembers(100)
                .outageListener(outages));
        RateLimiter alone = new ReferenceRateLimiter(organization -> TIER, time);

        List<CompletableFuture<Void>> attackers = new ArrayList<>();
        for (int i = 0; i < ATTACKERS; i++) {
            Random random = new Random(i);
            attackers.add(CompletableFuture.runAsync(() -> attack(limiter, random)));
        }
        try {
            Random random = new Random(policy.name().hashCode());
            callAsIfAlone(limiter, alone, random);
            // On a busy machine the attackers may hardly have run, or not on a damaged key: then the calls go on.
            for (int more = 0; more < MOST_ROUNDS && !isAttackedEnough(policy); more++) {
                callAsIfAlone(limiter, alone, random);
            }
        } finally {
            over = true;
            attackers.forEach(CompletableFuture::join);
        }

        Caller user = Caller.of(GOOD, TIER).member("user", "user 1");
        assertThat(limiter.status(user)).isEqualTo(alone.status(user));
        assertThat(outages.areAllTold()).as("no outage").isTrue();
        assertThat(isAttackedEnough(policy))
                .as("%s attacks, %s calls on damaged keys", attacks, undecided)
                .isTrue();
    }

    /** Enough attacks were made, and a call met a damaged key, which only the policy that rejects tells. */
    private boolean isAttackedEnough(Policy policy) {
        return attacks.get() > ENOUGH_ATTACKS && (policy != Policy.REJECT || undecided.get() > 0);
    }

    private void callAsIfAlone(RedisRateLimiter limiter, RateLimiter alone, Random random) {
        int refused = 0;
        Reservation one = null;
        Reservation other = null;
        for (int step = 0; step < STEPS; step++) {
            String endpoint = List.of("chat", "embed", "model/a").get(random.nextInt(3));
            Caller good = Caller.of(GOOD, TIER);
            good = random.nextBoolean() ? good : good.member("user", "user " + random.nextInt(3));
            Usage usage = Usage.of(Unit.TOKENS, random.nextInt(40));
            String as = "step " + step;
            switch (random.nextInt(8)) {
                case 0 -> assertThat(limiter.status(good, endpoint)).as(as).isEqualTo(alone.status(good, endpoint));
                case 1 ->
                    assertThat(limiter.peek(good, endpoint, usage)).as(as).isEqualTo(alone.peek(good, endpoint, usage));
                case 2 -> {
                    one = limiter.reserve(good, endpoint, usage);
                    other = alone.reserve(good, endpoint, usage);
                    assertThat(one.decision()).as(as).isEqualTo(other.decision());
                }
                case 3 -> {
                    if (one != null) {
                        assertThat(one.settle(usage))
                                .as(as)
                                .isEqualTo(requireNonNull(other).settle(usage));
                    }
                }
                default -> {
                    Decision expected = alone.tryAcquire(good, endpoint, usage);
                    assertThat(limiter.tryAcquire(good, endpoint, usage)).as(as).isEqualTo(expected);
                    refused += expected.isAdmitted() ? 0 : 1;
                }
            }
            time.advance(Duration.ofNanos(1_000L * random.nextInt(400_000)));
        }
        assertThat(refused).as("refused of %s", STEPS).isBetween(20, STEPS - 100);
    }

    private void attack(RedisRateLimiter limiter, Random random) {
        while (!over) {
            switch (random.nextInt(10)) {
                case 8 -> {
                    for (int i = 0; i < 20; i++) {
                        note(limiter.tryAcquire(HOSTILE, "model/" + random.nextInt(5_000), Usage.call()));
                    }
                }
                case 9 -> {
                    Caller member = Caller.of(HOSTILE, TIER);
                    for (int i = 0; i < 20; i++) {
                        member = Caller.of(HOSTILE, TIER).member("user", "user " + random.nextInt(5_000));
                        note(limiter.tryAcquire(member, "chat", Usage.of(Unit.TOKENS, 0)));
                    }
                    Caller last = member;
                    ask(() -> limiter.status(last));
                }
                case 0 -> damageKeys(random);
                case 1 -> limiter.tryAcquire(HOSTILE, random.nextInt() + "x".repeat(1 << 20));
                case 2 -> ask(() -> limiter.status(HOSTILE));
                case 3 -> ask(() -> limiter.status(HOSTILE, "chat"));
                case 4 -> {
                    Reservation reservation = limiter.reserve(HOSTILE, "chat", Usage.of(Unit.TOKENS, 5));
                    note(reservation.decision());
                    reservation.settle(Usage.of(Unit.TOKENS, random.nextInt(10)));
                }
                case 5 -> note(limiter.tryAcquire(HOSTILE, "chat"));
                default -> {
                    for (int i = 0; i < 20; i++) {
                        note(limiter.tryAcquire(HOSTILE, "name " + random.nextInt(5_000), Usage.of(Unit.TOKENS, 0)));
                    }
                }
            }
            attacks.incrementAndGet();
        }
    }

    private void note(Decision decision) {
        if (decision instanceof Rejected rejected && rejected.cause() instanceof StoreUnavailable) {
            undecided.incrementAndGet();
        }
    }

    /** A status of damaged keys has no answer. */
    private static void ask(Supplier<List<LimitStatus>> status) {
        try {
            assertThat(status.get()).isNotNull();
        } catch (RedisUnavailableException damaged) {
            assertThat(damaged).hasMessageContaining("Redis");
        }
    }

    private synchronized void damageKeys(Random random) {
        List<String> keys = redis.keys("ratelimit:{" + HOSTILE + "}:*");
        for (int i = 0; i < 9 && !keys.isEmpty(); i++) {
            String key = keys.get(random.nextInt(keys.size()));
            if (random.nextBoolean()) {
                redis.set(key, "\u0000\u00ff garbage".repeat(random.nextInt(40)));
            } else {
                redis.lpush("spare", "another type");
                redis.rename("spare", key);
            }
        }
    }
}
