package dev.ratelimit.jdbc;

import dev.ratelimit.spi.QuotaStore;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** What keeps the tables in order: who is there, who is not seen, and what nobody needs any more. Immutable. */
final class Upkeep {

    /**
     * What is seen of all machines.
     *
     * @param machines how many were heard of in the last minute, this one included
     * @param unseen those that hold leases and were not
     */
    record Sight(long machines, List<UnseenMachine> unseen) {

        static final Sight OF_ONE = new Sight(1, List.of());
    }

    /**
     * What was done.
     *
     * @param done how much
     * @param hasMore whether there may be more to do
     */
    record Batch(long done, boolean hasMore) {}

    /** How long a receipt is kept, in seconds. No copy of a request arrives later. */
    private static final int RECEIPT_SECONDS = 120;

    /** After how long a machine without leases is forgotten, in seconds. */
    private static final int FORGET_SECONDS = 86_400;

    private static final int MOST_UNSEEN = 100;

    /** How many rows are deleted or released in one transaction: it locks them for a moment only. */
    private static final int BATCH = 1_000;

    private final Session session;
    private final QuotaTables tables;
    private final Dialect dialect;

    Upkeep(Session session, QuotaTables tables) {
        this.session = session;
        this.tables = tables;
        this.dialect = tables.dialect;
    }

    /** Tells that this machine is there, forgets what is old, and looks who else is there. */
    Sight run() throws SQLException {
        beSeen();
        deleteReceipts();
        session.update("delete from ratelimit_machine where seen_at < " + dialect.now(FORGET_SECONDS));
        long machines = session.query(
                        "select count(*) from ratelimit_machine where seen_at > "
                                + dialect.now(QuotaTables.SILENT_SECONDS),
                        row -> row.getLong(1))
                .get(0);
        return new Sight(machines, unseen());
    }

    private void beSeen() throws SQLException {
        String now = dialect.now(0);
        if (session.update("update ratelimit_machine set seen_at = " + now + " where machine = ?", tables.machine)
                == 0) {
            session.update("insert into ratelimit_machine (machine, seen_at) values (?, " + now + ")", tables.machine);
        }
    }

    /** Forgets this machine, when it ends. Leases that it could not give back stay. */
    boolean leave() throws SQLException {
        return session.update("delete from ratelimit_machine where machine = ?", tables.machine) == 1;
    }

    private void deleteReceipts() throws SQLException {
        List<byte[]> old;
        do {
            old = session.query(
                    "select id from ratelimit_lease where machine is null and seen_at < " + dialect.now(RECEIPT_SECONDS)
                            + " order by id limit " + BATCH,
                    row -> row.getBytes(1));
            List<byte[]> batch = old;
            session.inTransaction(() -> {
                for (byte[] id : batch) {
                    session.update("delete from ratelimit_lease where id = ? and machine is null", (Object) id);
                }
                return batch.size();
            });
        } while (old.size() == BATCH);
    }

    private List<UnseenMachine> unseen() throws SQLException {
        return session.query(
                "select l.machine, count(*), sum(l.units - l.used) from ratelimit_lease l join ratelimit_quota q on"
                        + " q.meter = l.meter and q.period_start = l.period_start where l.machine is not null and"
                        + " l.seen_at < " + dialect.now(QuotaTables.SILENT_SECONDS) + " and q.period_end > "
                        + dialect.now(0) + " group by l.machine order by 3 desc limit " + MOST_UNSEEN,
                row -> new UnseenMachine(row.getString(1), row.getLong(2), row.getLong(3)));
    }

    /** Gives back units that a machine holds, as it told last, of a number of leases. */
    Batch release(String machine) throws SQLException {
        Map<UUID, Rows.Lease> held = new TreeMap<>();
        List<QuotaStore.Use> uses = session.query(
                "select id, used, meter, period_start, units from ratelimit_lease where machine = ? order by id limit "
                        + BATCH,
                row -> {
                    QuotaStore.Use use = new QuotaStore.Use(Rows.id(row.getBytes(1)), row.getLong(2));
                    CounterKey counter = new CounterKey(row.getBytes(3), session.time(row, 4));
                    held.put(use.lease(), new Rows.Lease(counter, true, row.getLong(5)));
                    return use;
                },
                machine);
        session.update("delete from ratelimit_machine where machine = ?", machine);
        return new Batch(tables.end(session, held, uses), held.size() == BATCH);
    }

    /** Deletes a number of counters whose period ended before a time, and is over, with their leases. */
    Batch deleteBefore(Instant end) throws SQLException {
        List<CounterKey> old = session.query(
                "select meter, period_start from ratelimit_quota where period_end <= ? and period_end <= "
                        + dialect.now(0) + " order by meter, period_start limit " + BATCH,
                row -> new CounterKey(row.getBytes(1), session.time(row, 2)),
                CounterRow.stored(end));
        return new Batch(session.inTransaction(() -> delete(old)), old.size() == BATCH);
    }

    private long delete(List<CounterKey> counters) throws SQLException {
        String ofCounter = " where meter = ? and period_start = ?";
        long deleted = 0;
        for (CounterKey counter : counters) {
            deleted += session.update("delete from ratelimit_quota" + ofCounter, counter.meter(), counter.start());
            session.update(
                    "delete from ratelimit_lease" + ofCounter + " and machine is not null",
                    counter.meter(),
                    counter.start());
        }
        return deleted;
    }
}
