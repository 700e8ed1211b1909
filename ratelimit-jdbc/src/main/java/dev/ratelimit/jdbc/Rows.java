package dev.ratelimit.jdbc;

import dev.ratelimit.spi.QuotaStore;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Single rows of the tables, read and written as any database can do it. Immutable. */
final class Rows {

    /** What a counter shows, and the time of the database then. */
    record Shown(long taken, long granted, Instant now) {}

    /**
     * A lease.
     *
     * @param isHeld whether a machine holds it; if not, it is a receipt
     */
    record Lease(CounterKey counter, boolean isHeld, long units) {}

    /** Work on counters that are locked. */
    @FunctionalInterface
    interface OnCounters<T> {
        T run(Map<CounterKey, Shown> counters) throws SQLException;
    }

    private static final String OF_COUNTER = " where meter = ? and period_start = ?";

    private static final String VALUES = "(?" + ", ?".repeat(CounterRow.COLUMNS.size() - 1) + ")";

    private static final String INSERT =
            "insert into ratelimit_quota (" + String.join(", ", CounterRow.COLUMNS) + ") values " + VALUES;

    private final Dialect dialect;

    Rows(Dialect dialect) {
        this.dialect = dialect;
    }

    /** Returns the time of the database. */
    Instant now(Session session) throws SQLException {
        return session.query("select " + dialect.now(0), row -> session.time(row, 1))
                .get(0);
    }

    /** Locks counters in their order, and works on them in the same transaction. Missing ones are inserted before. */
    <T> T lock(Session session, List<QuotaStore.Counter> counters, OnCounters<T> work) throws SQLException {
        Map<CounterKey, QuotaStore.Counter> sorted = new TreeMap<>();
        counters.forEach(counter -> sorted.put(CounterRow.key(counter), counter));
        while (true) {
            List<QuotaStore.Counter> missing = new ArrayList<>();
            Optional<T> result = session.inTransaction(() -> {
                missing.clear();
                Map<CounterKey, Shown> locked = new TreeMap<>();
                for (CounterKey key : sorted.keySet()) {
                    lock(session, key)
                            .ifPresentOrElse(shown -> locked.put(key, shown), () -> missing.add(sorted.get(key)));
                }
                return missing.isEmpty() ? Optional.of(work.run(locked)) : Optional.empty();
            });
            if (result.isPresent()) {
                return result.get();
            }
            for (QuotaStore.Counter counter : missing) {
                insert(session, counter);
            }
        }
    }

    /** Locks a counter until the transaction ends, if it is there. */
    Optional<Shown> lock(Session session, CounterKey key) throws SQLException {
        return shown(session, key, dialect.forUpdate());
    }

    Optional<Shown> shown(Session session, CounterKey key) throws SQLException {
        return shown(session, key, "");
    }

    private Optional<Shown> shown(Session session, CounterKey key, String lock) throws SQLException {
        String sql = "select taken, granted, " + dialect.now(0) + " from ratelimit_quota" + OF_COUNTER + lock;
        return session
                .query(
                        sql,
                        row -> new Shown(row.getLong(1), row.getLong(2), session.time(row, 3)),
                        key.meter(),
                        key.start())
                .stream()
                .findFirst();
    }

    /** Inserts a counter of which nothing is taken, unless it is there. */
    void insert(Session session, QuotaStore.Counter counter) throws SQLException {
        insertOnce(session, INSERT, CounterRow.values(counter));
    }

    /**
     * Returns a statement that inserts counters of which nothing is taken, unless they are there. For a database that
     * has something to say for that.
     */
    String insertAll(int counters) {
        return INSERT + (", " + VALUES).repeat(counters - 1) + dialect.orNothing();
    }

    /**
     * Returns the parameters of such a statement.
     *
     * @param counters in the order of their keys, in which all insert them: an insert waits for one of the same key
     */
    List<@Nullable Object> values(Collection<QuotaStore.Counter> counters) {
        List<@Nullable Object> values = new ArrayList<>();
        counters.forEach(counter -> Collections.addAll(values, CounterRow.values(counter)));
        return values;
    }

    /** Returns false if the row is there already. */
    private boolean insertOnce(Session session, String sql, @Nullable Object... values) throws SQLException {
        try {
            return session.update(sql + dialect.orNothing(), values) == 1;
        } catch (SQLException e) {
            if (dialect.isDuplicate(e)) {
                return false;
            }
            throw e;
        }
    }

    void update(Session session, CounterKey key, long taken, long granted) throws SQLException {
        session.update(
                "update ratelimit_quota set taken = ?, granted = ?" + OF_COUNTER,
                taken,
                granted,
                key.meter(),
                key.start());
    }

    Optional<Lease> lease(Session session, UUID id) throws SQLException {
        String sql = "select meter, period_start, machine, units from ratelimit_lease where id = ?";
        return session
                .query(
                        sql,
                        row -> new Lease(
                                new CounterKey(row.getBytes(1), session.time(row, 2)),
                                row.getString(3) != null,
                                row.getLong(4)),
                        bytes(id))
                .stream()
                .findFirst();
    }

    /** Inserts a lease that a machine holds. */
    void insertLease(Session session, UUID id, CounterKey key, String machine, long units) throws SQLException {
        session.update(insertLease(), Rows.bytes(id), key.meter(), key.start(), machine, units, 0L);
    }

    /** Inserts a receipt, unless a row of the same id is there. Returns whether it did. */
    boolean insertReceipt(Session session, UUID id, CounterKey key, long units) throws SQLException {
        return insertOnce(session, insertLease(), bytes(id), key.meter(), key.start(), null, units, units);
    }

    private String insertLease() {
        return "insert into ratelimit_lease (id, meter, period_start, machine, units, used, seen_at) values"
                + " (?, ?, ?, ?, ?, ?, " + dialect.now(0) + ")";
    }

    /** Makes a lease a receipt, unless it is one. Returns whether it was a lease. */
    boolean end(Session session, UUID id, long used) throws SQLException {
        String sql = "update ratelimit_lease set machine = null, used = ?, seen_at = " + dialect.now(0)
                + " where id = ? and machine is not null";
        return session.update(sql, used, bytes(id)) == 1;
    }

    static byte[] bytes(UUID id) {
        return ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
    }

    static UUID id(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new UUID(buffer.getLong(), buffer.getLong());
    }
}
