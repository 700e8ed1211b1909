package dev.ratelimit.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.LimitStatus;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimiter;
import dev.ratelimit.Rejected;
import dev.ratelimit.Reservation;
import dev.ratelimit.StoreUnavailable;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.Usage;
import dev.ratelimit.core.InMemoryRateLimiter;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.ds.PGSimpleDataSource;

/** The limiter whose quotas are in a database. */
class EngineTest {

    private static final Tier TIER = Tier.named("tier")
            .table(LimitTable.named("calls per month").allTogether(Quota.perMonth(1_000)))
            .table(LimitTable.named("characters in all").allTogether(Quota.lifetime(Unit.CHARACTERS, 500_000)))
            .build();

    private enum Database {
        POSTGRESQL {
            @Override
            DataSource open() {
                return PostgreSql.pool(
                        PostgreSql.port(), ((PGSimpleDataSource) PostgreSql.newSchema()).getCurrentSchema());
            }
        },
        H2 {
            @Override
            DataSource open() {
                JdbcDataSource dataSource = new JdbcDataSource();
                dataSource.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
                return dataSource;
            }
        };

        abstract DataSource open();
    }

    private static InMemoryRateLimiter limiter(DataSource dataSource) {
        return InMemoryRateLimiter.builder()
                .tier(TIER)
                .timeout(Duration.ofSeconds(10))
                .quotas(JdbcQuotas.builder(dataSource).createTables().build())
                .build();
    }

    // sample: dev/ratelimit/jdbc/JdbcQuotas.java
    static RateLimiter limiterWithQuotasIn(DataSource dataSource, Tier tier) {
        return InMemoryRateLimiter.builder()
                .tier(tier)
                .quotas(JdbcQuotas.builder(dataSource).build())
                .build();
    }
    // end of sample

    /** The same, as the page shows it. */
    static final class Page {

        private Page() {}

        // sample: docs/sql.md
        static RateLimiter limiterWithQuotasIn(DataSource dataSource, Tier tier) {
            return InMemoryRateLimiter.builder()
                    .tier(tier)
                    .quotas(JdbcQuotas.builder(dataSource).build())
                    .build();
        }
        // end of sample
    }

    @ParameterizedTest
    @EnumSource
    void twoMachinesAdmitTheAmountAndNoMore(Database database) throws Exception {
        DataSource dataSource = database.open();
        int admitted = 0;
        try (InMemoryRateLimiter one = limiter(dataSource);
                InMemoryRateLimiter two = limiter(dataSource)) {
            for (int i = 0; i < 2_000; i++) {
                RateLimiter limiter = i % 2 == 0 ? one : two;
                admitted += limiter.tryAcquire("acme", "chat").isAdmitted() ? 1 : 0;
            }
            assertThat(admitted).isBetween(990, 1_000);
        }
        try (InMemoryRateLimiter third = limiter(dataSource)) {
            while (third.tryAcquire("acme", "chat").isAdmitted()) {
                admitted++;
            }
            assertThat(admitted).as("with what came back").isEqualTo(1_000);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsUsedOutlivesTheProcess(Database database) throws Exception {
        DataSource dataSource = database.open();
        try (InMemoryRateLimiter limiter = limiter(dataSource)) {
            Reservation reservation = limiter.reserve("acme", "chat", Usage.of(Unit.CHARACTERS, 1_000));
            assertThat(reservation.settle(Usage.of(Unit.CHARACTERS, 700))).isTrue();
            assertThat(limiter.tryAcquire("Acme", "chat").isAdmitted()).isTrue();
        }
        try (InMemoryRateLimiter limiter = limiter(dataSource)) {
            assertThat(limiter.status("acme", "chat"))
                    .extracting(LimitStatus::used)
                    .containsExactlyInAnyOrder(1L, 700L);
            assertThat(limiter.status("Acme", "chat"))
                    .extracting(LimitStatus::used)
                    .containsExactlyInAnyOrder(1L, 0L);
        }
    }

    @Test
    void aCallerWhoRollsBackGetsNothingBack() throws Exception {
        DataSource dataSource = Database.POSTGRESQL.open();
        try (InMemoryRateLimiter limiter = limiter(dataSource);
                Connection mine = dataSource.getConnection();
                Statement statement = mine.createStatement()) {
            mine.setAutoCommit(false);
            statement.execute("create table orders (id int)");
            assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
            mine.rollback();
            assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(1);
        }
    }

    @Test
    void theLimiterOfTheSampleIsOneOverTheTablesThatAreThere() throws Exception {
        DataSource dataSource = Database.H2.open();
        JdbcQuotas.builder(dataSource).createTables().build().close();
        for (RateLimiter each :
                new RateLimiter[] {limiterWithQuotasIn(dataSource, TIER), Page.limiterWithQuotasIn(dataSource, TIER)}) {
            try (InMemoryRateLimiter limiter = (InMemoryRateLimiter) each) {
                assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
            }
        }
        try (InMemoryRateLimiter limiter = limiter(dataSource)) {
            assertThat(limiter.status("acme", "chat").get(0).used()).isEqualTo(2);
        }
    }

    @Test
    void aDatabaseThatIsAwayIsServedFromLeasesAndThenAsConfigured() throws Exception {
        DataSource direct = PostgreSql.newSchema();
        try (CuttingProxy proxy = new CuttingProxy(PostgreSql.port());
                InMemoryRateLimiter limiter = limiter(
                        PostgreSql.dataSource(proxy.port(), ((PGSimpleDataSource) direct).getCurrentSchema()))) {
            assertThat(limiter.tryAcquire("acme", "chat").isAdmitted()).isTrue();
            proxy.end();
            int served = 1;
            while (limiter.tryAcquire("acme", "chat").isAdmitted()) {
                served++;
            }
            assertThat(served).as("of the lease").isBetween(10, 1_000);
            assertThat(limiter.tryAcquire("other", "chat"))
                    .isInstanceOfSatisfying(
                            Rejected.class, no -> assertThat(no.cause()).isInstanceOf(StoreUnavailable.class));
        }
    }
}
