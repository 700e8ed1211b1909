package dev.ratelimit.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.ratelimit.Caller;
import dev.ratelimit.Decision;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.RateLimit;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Reservation;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import dev.ratelimit.testkit.Attackers;
import dev.ratelimit.testkit.ManualTime;
import dev.ratelimit.testkit.ReferenceRateLimiter;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Two organizations with quotas in one database: one attacks, the other is answered exactly as if it were alone.
 *
 * <p>The attackers name members and endpoints without end, with characters that a database does not have, use up their
 * quotas, ask again and again after that, leave reservations open, and read statuses. The other organization calls by a
 * clock that only it advances, while no attack is under way. Each of its answers, with the status of all limits, equals
 * that of a reference limiter that it has for itself.
 */
@Timeout(300)
class HostileNeighbourTest {

    private static final int CALLS = 300;
    private static final int ATTACKERS = 3;
    private static final int ENOUGH_OF_EACH = 10;
    private static final int NAMES = 5_000;
    private static final int MOST_NAMES = 20;

    private static final Tier EACH_USER = Tier.named("each user")
            .table(LimitTable.named("calls of a user").eachOtherEndpoint(Quota.perDay(15)))
            .build();

    private static final Tier TEAM = Tier.named("team")
            .table(LimitTable.named("calls per second").eachOtherEndpoint(RateLimit.perSecond(5)))
            .table(LimitTable.named("calls per hour")
                    .eachOtherEndpoint(Quota.of(Unit.CALLS, 20, QuotaPeriod.every(Duration.ofHours(1)))))
            .table(LimitTable.named("characters per day").allTogether(Quota.perDay(Unit.CHARACTERS, 2_000)))
            .member("user", EACH_USER)
            .build();

    /** What the hostile organization does. */
    private enum Attack {
        MEMBERS {
            @Override
            void make(RateLimiter limiter, Random random) {
                limiter.tryAcquire(HOSTILE.member("user", "user " + random.nextInt(NAMES)), "chat", call(random));
            }
        },
        ENDPOINTS {
            @Override
            void make(RateLimiter limiter, Random random) {
                limiter.tryAcquire(HOSTILE, "name" + random.nextInt(NAMES), call(random));
            }
        },
        STRANGE_NAMES {
            @Override
            void make(RateLimiter limiter, Random random) {
                String name = List.of("\0", "\uD800", "'; drop table ratelimit_quota; --", "x".repeat(3_000))
                                .get(random.nextInt(4))
                        + random.nextInt(NAMES);
                limiter.tryAcquire(HOSTILE.member("user", name), name, call(random));
            }
        },
        OVER_THE_QUOTA {
            @Override
            void make(RateLimiter limiter, Random random) {
                for (int i = 0; i < 50; i++) {
                    limiter.tryAcquire(HOSTILE, "chat", call(random));
                }
            }
        },
        RECORDS {
            @Override
            void make(RateLimiter limiter, Random random) {
                limiter.record(HOSTILE, "embed", Usage.of(Unit.CHARACTERS, 1_000_000_000));
            }
        },
        RESERVATIONS {
            @Override
            void make(RateLimiter limiter, Random random) {
                Reservation reservation = limiter.reserve(HOSTILE, "chat", Usage.call());
                if (random.nextBoolean()) {
                    reservation.settle(Usage.of(Unit.CHARACTERS, random.nextInt(1_000)));
                }
            }
        },
        STATUSES {
            @Override
            void make(RateLimiter limiter, Random random) {
                assertThat(limiter.status(HOSTILE)).isNotNull();
                assertThat(limiter.status(HOSTILE, "name" + random.nextInt(NAMES)))
                        .isNotEmpty();
            }
        };

        abstract void make(RateLimiter limiter, Random random);

        private static Usage call(Random random) {
            return Usage.call().and(Unit.CHARACTERS, random.nextInt(10));
        }
    }

    private static final Caller GOOD = Caller.of("good", TEAM);
    private static final Caller HOSTILE = Caller.of("hostile", TEAM);

    private final ManualTime time = new ManualTime();

    /** Attacks share it, and time advances while there is none. */
    private final ReadWriteLock attacking = new ReentrantReadWriteLock(true);

    @Test
    void anOrganizationIsAnsweredAsIfItWereAloneWhateverAnotherDoes() throws Exception {
        PGSimpleDataSource schema = (PGSimpleDataSource) PostgreSql.newSchema();
        try (HikariDataSource pool = PostgreSql.pool(PostgreSql.port(), schema.getCurrentSchema());
                InMemoryRateLimiter limiter = limiter(pool);
                Attackers<Attack> attackers =
                        Attackers.start(Attack.class, ATTACKERS, (kind, random) -> attack(limiter, kind, random))) {
            callAsIfAlone(limiter, attackers);
        }
    }

    private void attack(RateLimiter limiter, Attack kind, Random random) {
        attacking.readLock().lock();
        try {
            kind.make(limiter, random);
        } finally {
            attacking.readLock().unlock();
        }
    }

    private InMemoryRateLimiter limiter(HikariDataSource pool) {
        JdbcQuotas quotas = JdbcQuotas.builder(new ClockedDataSource(pool, time))
                .createTables()
                .timeout(Duration.ofSeconds(30))
                .build();
        return InMemoryRateLimiter.builder()
                .tier(TEAM)
                .timeSource(time)
                .maxMembers(MOST_NAMES)
                .maxUnlistedEndpoints(MOST_NAMES)
                .timeout(Duration.ofSeconds(30))
                .quotaScheduler(time.scheduler())
                .quotas(new AnsweredAtOnce(quotas))
                .build();
    }

    /** Calls until enough attacks of each kind were made, however busy the machine is. */
    private void callAsIfAlone(RateLimiter shared, Attackers<Attack> attackers) {
        RateLimiter limiter = shared.reporting();
        RateLimiter alone = new ReferenceRateLimiter(organization -> TEAM, time).reporting();
        Random random = new Random(19);
        int refused = 0;
        int calls = 0;
        while (calls < CALLS || attackers.areBusyUntil(ENOUGH_OF_EACH)) {
            String endpoint = List.of("chat", "embed", "name1").get(random.nextInt(3));
            Caller caller = random.nextBoolean() ? GOOD : GOOD.member("user", "user " + random.nextInt(3));
            Usage usage = Usage.call().and(Unit.CHARACTERS, random.nextInt(100));
            Decision answer = limiter.tryAcquire(caller, endpoint, usage);
            Decision expected = alone.tryAcquire(caller, endpoint, usage);
            assertThat(answer).as("call %s of %s", calls, caller).isEqualTo(expected);
            assertThat(answer.limits()).isEqualTo(expected.limits());
            refused += answer.isAdmitted() ? 0 : 1;
            calls++;
            advance(random.nextInt(50) == 0 ? Duration.ofMinutes(90) : Duration.ofMillis(random.nextInt(400)));
        }
        assertThat(refused).as("refused of %s", calls).isBetween(calls / 20, calls / 20 * 19);
        assertThat(attackers.haveMade(ENOUGH_OF_EACH)).as("%s", attackers).isTrue();
    }

    private void advance(Duration duration) {
        attacking.writeLock().lock();
        try {
            time.advance(duration);
        } finally {
            attacking.writeLock().unlock();
        }
    }
}
