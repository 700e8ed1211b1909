package dev.ratelimit.jdbc;

import static dev.ratelimit.jdbc.Counters.answer;
import static dev.ratelimit.jdbc.Counters.failure;
import static dev.ratelimit.jdbc.Counters.lease;
import static dev.ratelimit.jdbc.Counters.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.ratelimit.spi.StoreUnavailableException;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.hsqldb.jdbc.JDBCDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;
import org.sqlite.SQLiteDataSource;

/** What a builder refuses, and that a database may be away at the start. */
class BuildingTest {

    private static JdbcDataSource h2(String name) {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setURL("jdbc:h2:mem:" + name + ";DB_CLOSE_DELAY=-1");
        return dataSource;
    }

    private static void assertRefused(DataSource dataSource, String... parts) {
        assertThatThrownBy(() -> JdbcQuotas.builder(dataSource).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll(parts);
    }

    private static void create(DataSource dataSource) {
        JdbcQuotas.builder(dataSource).createTables().build().close();
    }

    @Test
    void aMissingTableIsNamedWithWhatMakesIt(@TempDir Path folder) {
        SQLiteDataSource sqlite = new SQLiteDataSource();
        sqlite.setUrl("jdbc:sqlite:" + folder.resolve("empty.db"));
        assertRefused(PostgreSql.newSchema(), "ratelimit_quota must be there", "ratelimit-jdbc/postgresql");
        assertRefused(h2("missing"), "ratelimit_quota must be there", "createTables()", "ratelimit-jdbc/h2");
        assertRefused(sqlite, "ratelimit_quota must be there", "ratelimit-jdbc/sqlite");

        DataSource half = PostgreSql.newSchema();
        create(half);
        PostgreSql.execute(half, "drop table ratelimit_machine");
        assertRefused(half, "ratelimit_machine must be there");
    }

    @Test
    void aColumnOfAnotherTypeIsNamed() {
        DataSource text = PostgreSql.newSchema();
        create(text);
        PostgreSql.execute(text, "alter table ratelimit_quota alter column meter type text using ''");
        assertRefused(text, "ratelimit_quota.meter must be binary", "VARCHAR");

        DataSource narrow = h2("narrow");
        create(narrow);
        PostgreSql.execute(narrow, "alter table ratelimit_lease alter column units double precision");
        assertRefused(narrow, "ratelimit_lease.units must be a 64-bit integer", "DOUBLE");

        DataSource less = PostgreSql.newSchema();
        create(less);
        PostgreSql.execute(less, "alter table ratelimit_quota drop column granted");
        assertRefused(less, "ratelimit_quota must have the columns", "granted");
    }

    @Test
    void aDatabaseThatCannotBeWrittenIsRefused() {
        DataSource dataSource = PostgreSql.newSchema();
        create(dataSource);
        String schema = ((PGSimpleDataSource) dataSource).getCurrentSchema();
        PGSimpleDataSource replica = PostgreSql.dataSource(PostgreSql.port(), schema);
        replica.setOptions("-c default_transaction_read_only=on");
        assertRefused(replica, "must be writable", "read-only");

        PostgreSql.execute(dataSource, "create role reader login");
        PostgreSql.execute(dataSource, "grant usage on schema " + schema + " to reader");
        PostgreSql.execute(dataSource, "grant select on all tables in schema " + schema + " to reader");
        PGSimpleDataSource reader = PostgreSql.dataSource(PostgreSql.port(), schema);
        reader.setUser("reader");
        assertRefused(reader, "must be writable", "permission denied");
    }

    @Test
    void aUserWhomTheDatabaseDoesNotKnowIsRefused() {
        PGSimpleDataSource stranger = PostgreSql.dataSource(PostgreSql.port(), "public");
        stranger.setUser("stranger");
        assertRefused(stranger, "stranger");
    }

    @Test
    void aDatabaseWithoutADialectIsRefused() {
        JDBCDataSource hsqldb = new JDBCDataSource();
        hsqldb.setUrl("jdbc:hsqldb:mem:other");
        assertRefused(hsqldb, "PostgreSQL, H2, SQLite, MySQL, MariaDB", "product=HSQL Database Engine");
    }

    @Test
    void anExhaustedPoolIsNamed() throws Exception {
        try (HikariDataSource pool = new HikariDataSource()) {
            pool.setDataSource(PostgreSql.newSchema());
            pool.setMaximumPoolSize(1);
            pool.setConnectionTimeout(250);
            try (Connection held = pool.getConnection()) {
                assertThat(held.isValid(1)).isTrue();
                assertRefused(pool, "gave no connection", "are all connections of the pool in use?");
            }
        }
    }

    @Test
    void aDatabaseMayBeAwayAtTheStart() {
        DataSource direct = PostgreSql.newSchema();
        CuttingProxy proxy = new CuttingProxy(PostgreSql.port());
        int port = proxy.port();
        proxy.close();
        PGSimpleDataSource dataSource = PostgreSql.dataSource(port, ((PGSimpleDataSource) direct).getCurrentSchema());
        JdbcQuotas quotas = JdbcQuotas.builder(dataSource).createTables().build();
        assertThat(quotas.stats().available()).isFalse();
        assertThat(quotas.stats().database()).isEmpty();
        assertThat(failure(quotas.counts(List.of(Counters.of("acme"))))).isInstanceOf(StoreUnavailableException.class);

        try (CuttingProxy back = new CuttingProxy(PostgreSql.port(), port)) {
            assertThat(back.port()).isEqualTo(port);
            assertThat(take(quotas, lease(Counters.of("acme"), 10, 1)).value().fits())
                    .isTrue();
            assertThat(quotas.stats().available()).isTrue();
            assertThat(quotas.stats().database()).contains("PostgreSQL");
            quotas.close();
        }
    }

    /** Whoever makes the tables later does not have to start the service again. */
    @Test
    void aDatabaseThatIsFoundUnfitLaterIsAskedAgain() {
        DataSource direct = PostgreSql.newSchema();
        CuttingProxy proxy = new CuttingProxy(PostgreSql.port());
        int port = proxy.port();
        proxy.close();
        PGSimpleDataSource dataSource = PostgreSql.dataSource(port, ((PGSimpleDataSource) direct).getCurrentSchema());
        JdbcQuotas quotas = JdbcQuotas.builder(dataSource).build();
        try (CuttingProxy back = new CuttingProxy(PostgreSql.port(), port)) {
            assertThat(failure(quotas.counts(List.of(Counters.of("acme")))))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("must be there");
            create(direct);
            assertThat(answer(quotas.counts(List.of(Counters.of("acme")))).value())
                    .hasSize(1);
            assertThat(back.cuts()).isZero();
            quotas.close();
        }
    }

    @Test
    void argumentsAreChecked() {
        JdbcQuotasBuilder builder = JdbcQuotas.builder(h2("arguments"));
        assertThatThrownBy(() -> builder.machine("a b"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("machine must be 1 to 64 letters, digits and . _ : @ -: machine=a b");
        assertThatThrownBy(() -> builder.machine("x".repeat(65))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.maxConnections(0)).hasMessage("max must be >= 1 and <= 64: max=0");
        assertThatThrownBy(() -> builder.timeout(Duration.ZERO))
                .hasMessage("timeout must be >= 10 ms and <= 5 min: timeout=PT0S");
        assertThatThrownBy(() -> builder.timeout(Duration.ofMinutes(6))).isInstanceOf(IllegalArgumentException.class);
        JdbcQuotas quotas = builder.machine("web-1").createTables().build();
        assertThat(quotas.stats().machine()).isEqualTo("web-1");
        quotas.close();
    }

    @Test
    void h2MustHaveTheIsolationThatItComesWith() {
        JdbcDataSource dataSource = new JdbcDataSource();
        dataSource.setURL(
                "jdbc:h2:mem:isolation;INIT=SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE");
        assertRefused(dataSource, "READ COMMITTED");
    }
}
