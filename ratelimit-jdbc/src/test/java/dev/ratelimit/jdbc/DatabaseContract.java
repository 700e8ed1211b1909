package dev.ratelimit.jdbc;

import static dev.ratelimit.jdbc.Counters.answer;
import static dev.ratelimit.jdbc.Counters.failure;
import static dev.ratelimit.jdbc.Counters.giveBack;
import static dev.ratelimit.jdbc.Counters.lease;
import static dev.ratelimit.jdbc.Counters.take;
import static dev.ratelimit.jdbc.Counters.taken;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.QuotaPeriod;
import dev.ratelimit.spi.QuotaStore;
import dev.ratelimit.spi.QuotaStore.Counter;
import dev.ratelimit.spi.QuotaStore.LeaseRequest;
import dev.ratelimit.spi.QuotaStore.Use;
import dev.ratelimit.spi.StoreUnavailableException;
import dev.ratelimit.testkit.QuotaStoreContract;
import java.time.Instant;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a store does on every database: what any store must do, and what its operator asks. */
abstract class DatabaseContract extends QuotaStoreContract {

    private static final Counter ACME = Counters.of("acme");

    private @Nullable DataSource dataSource;
    private @Nullable JdbcQuotas first;

    /** Returns connections to a database without tables. */
    abstract DataSource newDataSource();

    @Override
    protected final QuotaStore create() {
        JdbcQuotas made = newQuotas();
        assertThat(made.stats().available()).isTrue();
        assertThat(made.stats().failed()).isZero();
        first = first == null ? made : first;
        return made;
    }

    private JdbcQuotas newQuotas() {
        dataSource = dataSource == null ? newDataSource() : dataSource;
        return JdbcQuotas.builder(dataSource).createTables().build();
    }

    /** Returns the first machine of the test. */
    private JdbcQuotas quotas() {
        return requireNonNull(first, "made before each test");
    }

    @Test
    void theShareIsSmallerWhereThereAreMoreMachines() {
        JdbcQuotas another = newQuotas();
        assertThat(take(quotas(), lease(ACME, 1_000, 1)).value().units()).containsExactly(125L);
        another.close();
        assertThat(take(quotas(), lease(ACME, 1_000, 1)).value().units()).containsExactly(218L);
    }

    /** Such as one that was in a queue somewhere while the limiter gave up. */
    @Test
    void aRequestThatArrivesAfterTheEndOfItsLeaseTakesNothing() {
        LeaseRequest neverSeen = lease(ACME, 100, 40);
        giveBack(quotas(), neverSeen.id(), 0);
        quotas().take(List.of(neverSeen))
                .toCompletableFuture()
                .handle((answer, failure) -> 0)
                .join();
        assertThat(taken(quotas(), ACME)).isZero();

        LeaseRequest given = lease(ACME, 100, 40);
        take(quotas(), given);
        giveBack(quotas(), given.id(), 7);
        quotas().take(List.of(given))
                .toCompletableFuture()
                .handle((answer, failure) -> 0)
                .join();
        assertThat(taken(quotas(), ACME)).isEqualTo(7);
    }

    @Test
    void theUnitsOfAMachineThatIsDeadAreReleasedAsItToldLast() {
        LeaseRequest held = lease(ACME, 100, 40);
        take(quotas(), held);
        answer(quotas().report(List.of(new Use(held.id(), 30))));
        JdbcQuotas another = newQuotas();
        assertThat(answer(another.releaseMachine(quotas().stats().machine()))).isEqualTo(10);
        assertThat(taken(another, ACME)).isEqualTo(30);
        assertThat(answer(another.releaseMachine(quotas().stats().machine()))).isZero();
        assertThat(answer(another.releaseMachine("nobody"))).isZero();
        assertThat(answer(quotas().report(List.of(new Use(held.id(), 31)))).value())
                .containsExactly(held.id());
        another.close();
    }

    @Test
    void onlyPeriodsThatAreOverAreDeleted() {
        QuotaPeriod.Interval former = Counters.MONTH.at(ACME.bounds().start().minusNanos(1));
        Counter past = new Counter(ACME.key(), former);
        Counter inAll = Counters.of("acme", QuotaPeriod.lifetime());
        take(quotas(), lease(past, 10, 1), lease(ACME, 10, 1), lease(inAll, 10, 1));
        Instant end = former.end();
        assertThat(answer(quotas().deleteBefore(end.minusSeconds(1)))).isZero();
        assertThat(answer(quotas().deleteBefore(end))).isEqualTo(1);
        assertThat(answer(quotas().deleteBefore(Instant.MAX))).isZero();
        assertThat(taken(quotas(), past)).isZero();
        assertThat(taken(quotas(), ACME)).isEqualTo(2);
        assertThat(taken(quotas(), inAll)).isEqualTo(2);
    }

    @Test
    void whatIsAskedAfterTheEndIsAway() {
        quotas().close();
        assertThat(failure(quotas().counts(List.of(ACME))))
                .isInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining("closed");
    }
}
