package dev.ratelimit.jdbc;

import static dev.ratelimit.jdbc.Counters.answer;
import static dev.ratelimit.jdbc.Counters.charge;
import static dev.ratelimit.jdbc.Counters.count;
import static dev.ratelimit.jdbc.Counters.giveBack;
import static dev.ratelimit.jdbc.Counters.lease;
import static dev.ratelimit.jdbc.Counters.take;
import static dev.ratelimit.jdbc.Counters.taken;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spi.QuotaStore.Count;
import dev.ratelimit.spi.QuotaStore.Counter;
import dev.ratelimit.spi.QuotaStore.LeaseRequest;
import dev.ratelimit.spi.QuotaStore.Use;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What time makes of rows. Minutes pass by hand. */
class UpkeepTest {

    private static final Counter ACME = Counters.of("acme");

    private final JdbcDataSource dataSource = new JdbcDataSource();
    private JdbcQuotas quotas;

    @BeforeEach
    void open() {
        dataSource.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        quotas = newQuotas("web-1");
    }

    @AfterEach
    void close() {
        quotas.close();
    }

    private JdbcQuotas newQuotas(String machine) {
        return JdbcQuotas.builder(dataSource).machine(machine).createTables().build();
    }

    private void pass(int seconds) {
        PostgreSql.execute(
                dataSource, "update ratelimit_lease set seen_at = dateadd(second, -" + seconds + ", seen_at)");
        PostgreSql.execute(
                dataSource, "update ratelimit_machine set seen_at = dateadd(second, -" + seconds + ", seen_at)");
    }

    private long rows(String table) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select count(*) from " + table)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    @Test
    void aMachineThatIsSilentForAMinuteIsTold() {
        LeaseRequest held = lease(ACME, 100, 40);
        take(quotas, held);
        answer(quotas.report(List.of(new Use(held.id(), 10))));
        JdbcQuotas another = newQuotas("web-2");
        assertThat(another.stats().machines()).isEqualTo(2);
        assertThat(another.stats().unseen()).isEmpty();
        assertThat(count(another, ACME).unusedElsewhere()).isEqualTo(30);
        another.close();

        pass(61);
        another = newQuotas("web-2");
        assertThat(another.stats().machines()).isEqualTo(1);
        assertThat(another.stats().unseen()).containsExactly(new UnseenMachine("web-1", 1, 30));
        assertThat(count(another, ACME)).as("they count as used").isEqualTo(new Count(40, 0, 0));

        assertThat(answer(quotas.report(List.of(new Use(held.id(), 10)))).value())
                .isEmpty();
        assertThat(count(another, ACME).unusedElsewhere()).as("it is back").isEqualTo(30);
        another.close();
    }

    @Test
    void whatALeaseHeldInAPeriodThatIsOverIsNotTold() {
        Counter past = new Counter(
                ACME.key(), ACME.key().period().at(ACME.bounds().start().minusSeconds(1)));
        take(quotas, lease(past, 100, 40));
        pass(61);
        JdbcQuotas another = newQuotas("web-2");
        assertThat(another.stats().unseen()).isEmpty();
        another.close();
    }

    @Test
    void receiptsAreKeptForTwoMinutes() throws SQLException {
        LeaseRequest held = lease(ACME, 100, 40);
        LeaseRequest ended = lease(ACME, 100, 40);
        take(quotas, held);
        take(quotas, ended);
        giveBack(quotas, ended.id(), 1);
        UUID id = UUID.randomUUID();
        charge(quotas, id, ACME, 3);
        pass(110);
        newQuotas("web-2").close();
        assertThat(rows("ratelimit_lease")).isEqualTo(3);
        charge(quotas, id, ACME, 3);
        assertThat(taken(quotas, ACME)).isEqualTo(44);
        pass(11);
        newQuotas("web-2").close();
        assertThat(rows("ratelimit_lease")).as("the lease that is held").isEqualTo(1);
    }

    @Test
    void machinesAreForgottenAfterADayAndWhenTheyEnd() throws SQLException {
        newQuotas("web-2").close();
        assertThat(rows("ratelimit_machine")).isEqualTo(1);
        pass(86_401);
        JdbcQuotas another = newQuotas("web-3");
        assertThat(rows("ratelimit_machine")).isEqualTo(1);
        another.close();
    }

    @Test
    void statsTellWhatWasAsked() {
        JdbcQuotasStats before = quotas.stats();
        take(quotas, lease(ACME, 100, 40));
        take(quotas, lease(ACME, 100, 40));
        JdbcQuotasStats stats = quotas.stats();
        assertThat(stats.answered() - before.answered()).isEqualTo(2);
        assertThat(stats.unanswered()).isZero();
        assertThat(stats.failed()).isZero();
        assertThat(stats.waiting()).isZero();
        assertThat(stats.available()).isTrue();
        assertThat(stats.toString())
                .startsWith("JdbcQuotasStats[machine=web-1, database=H2, available=true, answered=")
                .endsWith("waiting=0, machines=1, unseen=[]]");
        PostgreSql.execute(dataSource, "drop table ratelimit_quota");
        assertThat(Counters.failure(quotas.counts(List.of(ACME))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("answered with an error");
        assertThat(quotas.stats().failed()).isEqualTo(1);
        assertThat(quotas.stats().available()).as("it has answered").isTrue();
    }
}
