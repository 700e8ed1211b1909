package dev.ratelimit.jdbc;

import static dev.ratelimit.jdbc.Counters.answer;
import static dev.ratelimit.jdbc.Counters.count;
import static dev.ratelimit.jdbc.Counters.failure;
import static dev.ratelimit.jdbc.Counters.lease;
import static dev.ratelimit.jdbc.Counters.take;
import static dev.ratelimit.jdbc.Counters.taken;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.spi.QuotaStore.Charge;
import dev.ratelimit.spi.QuotaStore.Counter;
import dev.ratelimit.spi.QuotaStore.LeaseRequest;
import dev.ratelimit.spi.QuotaStore.Owners;
import dev.ratelimit.spi.QuotaStore.Use;
import dev.ratelimit.spi.StoreUnavailableException;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A connection that is cut at some byte of an exchange, from the first one of its start on. Whoever gets no answer asks
 * again with the same id, and all is done once.
 */
class CutConnectionTest {

    /** At how many bytes of each exchange a connection is cut: at all of them, if it is large. */
    private static final int CUTS = Integer.getInteger("sql.cuts", 12);

    private static final Counter ACME = Counters.of("acme");
    private static final Counter OTHER = Counters.of("acme", "embed");

    private final DataSource direct = PostgreSql.newSchema();
    private final CuttingProxy proxy = new CuttingProxy(PostgreSql.port());
    private JdbcQuotas quotas;
    private JdbcQuotas untouched;

    @BeforeEach
    void open() {
        PGSimpleDataSource dataSource =
                PostgreSql.dataSource(proxy.port(), ((PGSimpleDataSource) direct).getCurrentSchema());
        untouched = JdbcQuotas.builder(direct).createTables().build();
        quotas = JdbcQuotas.builder(dataSource)
                .maxConnections(1)
                .timeout(Duration.ofSeconds(10))
                .build();
    }

    @AfterEach
    void close() {
        quotas.close();
        untouched.close();
        proxy.close();
    }

    /** Asks until there is an answer. Returns how often there was none. */
    private static <T> int repeat(Supplier<CompletionStage<T>> request) {
        for (int silent = 0; ; silent++) {
            Throwable failure = answer(request.get().handle((value, thrown) -> thrown));
            if (failure == null) {
                return silent;
            }
            assertThat(failure).as("after " + silent).isInstanceOf(StoreUnavailableException.class);
            assertThat(silent).isLessThan(10);
        }
    }

    /** An exchange that is made again and again, each time with another id. */
    @FunctionalInterface
    private interface Exchange {
        CompletionStage<?> ask(UUID id);
    }

    private void cutEverywhere(Exchange exchange, Runnable check) {
        for (int i = 0; i < 2; i++) {
            proxy.count();
            UUID id = UUID.randomUUID();
            assertThat(repeat(() -> exchange.ask(id))).isZero();
            check.run();
        }
        long asked = proxy.asked();
        long answered = proxy.answered();
        assertThat(asked).isGreaterThan(500);
        assertThat(answered).isGreaterThan(100);
        long before = proxy.cuts();
        long[] ofQuestion = positions(asked);
        long[] ofAnswer = positions(answered);
        int silent = 0;
        for (int i = 0; i < ofQuestion.length + ofAnswer.length; i++) {
            if (i < ofQuestion.length) {
                proxy.cutAfterAsked(ofQuestion[i]);
            } else {
                proxy.cutAfterAnswered(ofAnswer[i - ofQuestion.length]);
            }
            UUID id = UUID.randomUUID();
            silent += repeat(() -> exchange.ask(id));
            check.run();
        }
        // An exchange may be shorter than the one that was counted, or be answered before the last bytes are cut.
        int most = ofQuestion.length + ofAnswer.length;
        assertThat(proxy.cuts() - before).as("cuts").isBetween(most * 9L / 10, (long) most);
        assertThat(silent).as("requests that were not answered").isBetween(most / 2, most);
    }

    /* The last bytes too: there the work is done, and nobody has heard of it. */
    private static long[] positions(long bytes) {
        long step = Math.max(1, bytes / CUTS);
        return ThreadLocalRandom.current()
                .longs(0, step)
                .limit(1)
                .flatMap(first -> LongStream.iterate(first, at -> at < bytes, at -> at + step))
                .toArray();
    }

    @Test
    void aLeaseIsTakenOnce() {
        long[] expected = {0};
        UUID[] last = {new UUID(0, 0)};
        cutEverywhere(
                id -> {
                    expected[0] += id.equals(last[0]) ? 0 : 3;
                    last[0] = id;
                    return quotas.take(List.of(
                            new LeaseRequest(id, ACME, expected[0], 3, 3),
                            new LeaseRequest(new UUID(~id.getMostSignificantBits(), 0), OTHER, expected[0], 3, 3)));
                },
                () -> {
                    assertThat(taken(untouched, ACME)).isEqualTo(expected[0]);
                    assertThat(taken(untouched, OTHER)).isEqualTo(expected[0]);
                });
    }

    @Test
    void aLeaseIsGivenBackOnce() {
        long[] expected = {1_000};
        UUID[] last = {new UUID(0, 0)};
        Counters.charge(untouched, UUID.randomUUID(), ACME, 1_000);
        cutEverywhere(
                id -> {
                    if (!id.equals(last[0])) {
                        take(untouched, new LeaseRequest(id, ACME, expected[0] + 5, 5, 5));
                        expected[0] += 2;
                        last[0] = id;
                    }
                    return quotas.giveBack(List.of(new Use(id, 2)));
                },
                () -> assertThat(taken(untouched, ACME)).isEqualTo(expected[0]));
    }

    @Test
    void aChargeIsMadeOnce() {
        assertSevenAreAddedOnce(id -> quotas.charge(List.of(new Charge(id, ACME, 7))), () -> taken(untouched, ACME));
    }

    @Test
    void aGrantIsMadeOnce() {
        assertSevenAreAddedOnce(
                id -> quotas.grant(id, ACME, 7), () -> count(untouched, ACME).granted());
    }

    private void assertSevenAreAddedOnce(Exchange request, LongSupplier shown) {
        long[] expected = {0};
        UUID[] last = {new UUID(0, 0)};
        cutEverywhere(
                id -> {
                    expected[0] += id.equals(last[0]) ? 0 : 7;
                    last[0] = id;
                    return request.ask(id);
                },
                () -> assertThat(shown.getAsLong()).isEqualTo(expected[0]));
    }

    @Test
    void whatAMachineHeldIsReleasedOnce() {
        long[] expected = {0};
        UUID[] last = {new UUID(0, 0)};
        cutEverywhere(
                id -> {
                    if (!id.equals(last[0])) {
                        take(untouched, new LeaseRequest(id, ACME, expected[0] + 5, 5, 5));
                        answer(untouched.report(List.of(new Use(id, 2))));
                        expected[0] += 2;
                        last[0] = id;
                    }
                    return quotas.releaseMachine(untouched.stats().machine());
                },
                () -> assertThat(taken(untouched, ACME)).isEqualTo(expected[0]));
    }

    @Test
    void aResetIsDoneWholly() {
        Counters.charge(untouched, UUID.randomUUID(), ACME, 5);
        Counters.charge(untouched, UUID.randomUUID(), OTHER, 5);
        cutEverywhere(
                id -> {
                    long acme = taken(untouched, ACME);
                    assertThat(acme).isEqualTo(taken(untouched, OTHER));
                    return quotas.reset(new Owners("acme", Optional.empty()));
                },
                () -> {
                    assertThat(taken(untouched, ACME)).isZero();
                    assertThat(taken(untouched, OTHER)).isZero();
                    Counters.charge(untouched, UUID.randomUUID(), ACME, 5);
                    Counters.charge(untouched, UUID.randomUUID(), OTHER, 5);
                });
    }

    /** The server works on a request whose connection is cut. The repetition waits for it. */
    @Test
    void aRepetitionWaitsForARequestThatIsStillUnderWay() throws Exception {
        Counters.charge(untouched, UUID.randomUUID(), ACME, 10);
        LeaseRequest request = lease(ACME, 100, 20);
        try (Connection holder = direct.getConnection();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("select * from ratelimit_quota for update");
            CompletionStage<?> first = quotas.take(List.of(request));
            awaitWaiting(1);
            proxy.cutAll();
            assertThat(failure(first)).isInstanceOf(StoreUnavailableException.class);
            CompletionStage<?> second = quotas.take(List.of(request));
            CompletionStage<?> end = untouched.giveBack(List.of(new Use(UUID.randomUUID(), 0)));
            awaitWaiting(2);
            answer(end);
            holder.rollback();
            answer(second);
        }
        assertThat(taken(untouched, ACME)).isEqualTo(30);
    }

    private void awaitWaiting(int sessions) throws Exception {
        LocksTest.awaitSome(
                direct,
                "select count(*) / " + sessions
                        + " from pg_locks where not granted and locktype in ('transactionid', 'tuple')");
    }
}
