package dev.ratelimit.jdbc;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.kernel.ThrottledLog;
import dev.ratelimit.spi.QuotaStore;
import dev.ratelimit.spi.StoreUnavailableException;
import dev.ratelimit.spi.TimeSource;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import javax.sql.DataSource;

/**
 * Quotas in a relational database: PostgreSQL, H2, SQLite, MySQL or MariaDB. They outlive the process, and are the same
 * on all machines that share the database. Windows, buckets and calls in flight stay in the memory of each machine.
 *
 * <pre>{@code
 * static RateLimiter limiterWithQuotasIn(DataSource dataSource, Tier tier) {
 *   return InMemoryRateLimiter.builder()
 *       .tier(tier)
 *       .quotas(JdbcQuotas.builder(dataSource).build())
 *       .build();
 * }
 * }</pre>
 *
 * <p>The tables are made by {@link JdbcQuotasBuilder#createTables}, or by Flyway from the scripts in this module, in
 * {@code classpath:ratelimit-jdbc/postgresql} and the like. {@code ratelimit_quota} has a row for each quota in each of
 * its periods, also those that are over, until {@link #deleteBefore} deletes them.
 *
 * <p>All work is done on threads of this object, on few connections, each of which is borrowed for one piece of work.
 * Nothing is part of a transaction of the host.
 *
 * <p>Safe for use by many threads. Closing it does not close the data source.
 */
public final class JdbcQuotas implements QuotaStore {

    private static final Duration UPKEEP = Duration.ofSeconds(10);

    private final String machine;
    private final Worker worker;
    private final TakeBatch takes;
    private final ThrottledLog log = new ThrottledLog(TimeSource.system(), JdbcQuotas.class.getName());
    private volatile Upkeep.Sight sight = Upkeep.Sight.OF_ONE;

    private JdbcQuotas(String machine, Worker worker) {
        this.machine = machine;
        this.worker = worker;
        this.takes = new TakeBatch(worker);
    }

    /**
     * Begins to make a store.
     *
     * @param dataSource gives the connections, best from a pool
     * @return a builder
     */
    public static JdbcQuotasBuilder builder(DataSource dataSource) {
        return new JdbcQuotasBuilder(dataSource);
    }

    /** Makes a store whose database was asked whether it is fit. */
    static JdbcQuotas started(Setup setup, Worker worker) {
        JdbcQuotas quotas = new JdbcQuotas(setup.machine(), worker);
        try {
            quotas.keepUp().join();
        } catch (CompletionException e) {
            quotas.requireAway(requireNonNull(e.getCause(), "cause"));
        }
        worker.repeat(quotas::keepUpQuietly, UPKEEP);
        return quotas;
    }

    /** Accepts that a database is away, and nothing else. */
    private void requireAway(Throwable failure) {
        Throwable cause = failure.getCause();
        boolean isAway = failure instanceof StoreUnavailableException
                && (cause == null || !(cause instanceof SQLException) || !DatabaseFailure.isOfNoDatabase(cause));
        if (!isAway) {
            worker.close();
            throw new IllegalStateException(
                    failure instanceof StoreUnavailableException
                            ? failure.getMessage() + ": are all connections of the pool in use?"
                            : failure.getMessage(),
                    failure);
        }
        log.log(
                System.Logger.Level.WARNING,
                "away at the start",
                "the database is away, or the pool has no connection to give: each request asks again",
                failure);
    }

    private CompletableFuture<Upkeep.Sight> keepUp() {
        return worker.runInTurn((session, tables) -> new Upkeep(session, tables).run())
                .thenApply(seen -> {
                    sight = seen;
                    if (!seen.unseen().isEmpty()) {
                        log.log(
                                System.Logger.Level.WARNING,
                                "unseen",
                                "units are held by machines that were not seen for a minute, and count as used: "
                                        + seen.unseen(),
                                null);
                    }
                    return seen;
                });
    }

    private void keepUpQuietly() {
        keepUp().exceptionally(failure -> {
            log.log(System.Logger.Level.WARNING, "upkeep", "the tables of quotas were not looked after", failure);
            return Upkeep.Sight.OF_ONE;
        });
    }

    @Override
    public CompletionStage<Answer<Taken>> take(List<LeaseRequest> requests) {
        return takes.take(List.copyOf(requests));
    }

    @Override
    public CompletionStage<Answer<Set<UUID>>> report(List<Use> uses) {
        List<Use> told = List.copyOf(uses);
        return worker.runInTurn((session, tables) -> tables.report(session, told));
    }

    @Override
    public CompletionStage<Instant> giveBack(List<Use> uses) {
        List<Use> ended = List.copyOf(uses);
        return worker.runInTurn((session, tables) -> tables.giveBack(session, ended));
    }

    @Override
    public CompletionStage<Answer<List<Count>>> charge(List<Charge> charges) {
        List<Charge> all = List.copyOf(charges);
        return worker.run((session, tables) -> charge(session, tables, all));
    }

    /** Makes charges of one counter one after the other, since what is taken is bounded after each. */
    private static Answer<List<Count>> charge(Session session, QuotaTables tables, List<Charge> charges)
            throws SQLException {
        Map<UUID, Count> counts = new LinkedHashMap<>();
        Instant now = Instant.MIN;
        List<Charge> open = charges;
        while (!open.isEmpty()) {
            List<Charge> next = new ArrayList<>();
            List<Charge> later = new ArrayList<>();
            Set<CounterKey> counters = new HashSet<>();
            for (Charge charge : open) {
                (counters.add(CounterRow.key(charge.counter())) ? next : later).add(charge);
            }
            Answer<List<Count>> answer = tables.charge(session, next);
            for (int i = 0; i < next.size(); i++) {
                counts.put(next.get(i).id(), answer.value().get(i));
            }
            now = answer.now();
            open = later;
        }
        return new Answer<>(
                charges.stream().map(charge -> counts.get(charge.id())).toList(), now);
    }

    @Override
    public CompletionStage<Answer<List<Count>>> counts(List<Counter> counters) {
        List<Counter> all = List.copyOf(counters);
        return worker.run((session, tables) -> tables.counts(session, all));
    }

    @Override
    public CompletionStage<Answer<Count>> grant(UUID id, Counter counter, long units) {
        requireNonNull(id, "id");
        requireNonNull(counter, "counter");
        return worker.run((session, tables) -> tables.grant(session, id, counter, units));
    }

    @Override
    public CompletionStage<Instant> reset(Owners owners) {
        requireNonNull(owners, "owners");
        return worker.run((session, tables) -> tables.reset(session, owners, false));
    }

    @Override
    public CompletionStage<Instant> forget(Owners owners) {
        requireNonNull(owners, "owners");
        return worker.run((session, tables) -> tables.reset(session, owners, true));
    }

    /**
     * Deletes quotas of periods that are over, in batches, with the leases of them. Rows of periods that go on are
     * never deleted, so a quota in all never is.
     *
     * @param end a period that ended after this stays, for example for invoices
     * @return how many rows of {@code ratelimit_quota} were deleted; fails as the methods of {@link QuotaStore} do, and
     *     then some may be deleted
     */
    public CompletionStage<Long> deleteBefore(Instant end) {
        requireNonNull(end, "end");
        return inBatches(upkeep -> upkeep.deleteBefore(end));
    }

    /**
     * Gives back all units that a machine holds and has not used, as it told last. For an operator who knows that the
     * machine is dead, such as one of {@link JdbcQuotasStats#unseen()}. A machine tells its use every second. What it
     * used after it told last is given out again.
     *
     * @param machine its id
     * @return how many units were given back; 0 if it holds none or is not known
     */
    public CompletionStage<Long> releaseMachine(String machine) {
        requireNonNull(machine, "machine");
        return inBatches(upkeep -> upkeep.release(machine));
    }

    /** A number of rows, after which others have their turn. */
    @FunctionalInterface
    private interface OneBatch {
        Upkeep.Batch run(Upkeep upkeep) throws SQLException;
    }

    private CompletableFuture<Long> inBatches(OneBatch work) {
        CompletableFuture<Long> all = new CompletableFuture<>();
        continueAfter(0, work, all);
        return all;
    }

    /* Not by composing stages: these would wrap the exception that callers are promised. */
    private void continueAfter(long before, OneBatch work, CompletableFuture<Long> all) {
        CompletableFuture<?> unused = worker.runInTurn((session, tables) -> work.run(new Upkeep(session, tables)))
                .whenComplete((batch, failure) -> {
                    if (failure != null) {
                        all.completeExceptionally(failure);
                    } else if (batch.hasMore()) {
                        continueAfter(before + batch.done(), work, all);
                    } else {
                        all.complete(before + batch.done());
                    }
                });
    }

    /**
     * Returns what this store has done and sees.
     *
     * @return the counts; the database is not asked
     */
    public JdbcQuotasStats stats() {
        Upkeep.Sight seen = sight;
        return new JdbcQuotasStats(
                machine,
                Optional.ofNullable(worker.tables()).map(tables -> tables.dialect.product()),
                worker.tables() != null && !worker.isAway(),
                worker.answered(),
                worker.unanswered(),
                worker.failed(),
                worker.waiting() + takes.waiting(),
                seen.machines(),
                seen.unseen());
    }

    @Override
    public void close() {
        if (!worker.isAway()) {
            worker.runInTurn((session, tables) -> new Upkeep(session, tables).leave())
                    .exceptionally(failure -> false) // others find out in a minute
                    .join();
        }
        worker.close();
    }
}
