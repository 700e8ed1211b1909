package dev.ratelimit.jdbc;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Member;
import dev.ratelimit.spi.QuotaStore;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.ObjIntConsumer;

/**
 * What a store does with its tables, in transactions that any database can do.
 *
 * <p><b>Rules.</b>
 *
 * <ol>
 *   <li>Whoever changes what is taken locks the counters first, in the order of their keys. So no two transactions wait
 *       for each other. What a transaction reads of leases and receipts after that, nobody else changes.
 *   <li>Each id is one row of the leases. A lease that has ended stays as a receipt for two minutes, and a charge is
 *       born as one. So the copy of a request that arrives late finds that it was done.
 *   <li>The end of a lease that is not there leaves a receipt. So a copy of its request that arrives later takes
 *       nothing.
 *   <li>A counter that is missing is inserted before, alone. A request that is then refused leaves it there, with
 *       nothing taken.
 * </ol>
 *
 * <p>A subclass may do the same in fewer round trips. Immutable.
 */
class QuotaTables {

    /** What is taken ends there, far below where it would wrap. */
    static final long MOST_TAKEN = 1L << 61;

    /** How long a machine or a lease may be silent before it counts as not seen, in seconds. */
    static final int SILENT_SECONDS = 60;

    /** After how long a use is told although it is the same, in seconds. */
    static final int TELL_SECONDS = 20;

    private static final long MOST_GRANTED = 1L << 53;

    /** The counter of a receipt of which only the id is known. */
    private static final CounterKey NO_COUNTER = new CounterKey(new byte[32], CounterRow.stored(Instant.EPOCH));

    private static final QuotaStore.Count NOTHING = new QuotaStore.Count(0, 0, 0);

    final Dialect dialect;
    final String machine;
    final Rows rows;

    /**
     * Makes the tables.
     *
     * @param dialect that of the database
     * @param machine who holds the leases
     */
    QuotaTables(Dialect dialect, String machine) {
        this.dialect = dialect;
        this.machine = machine;
        this.rows = new Rows(dialect);
    }

    /**
     * Takes the leases of several requests, and of each request all or none. No two requests have a counter in common.
     * Of several requests it may leave out those that would have to wait for others. One alone it answers.
     *
     * @param answered is given the answer to each request that is not left out, and its place
     */
    void take(
            Session session,
            List<List<QuotaStore.LeaseRequest>> requests,
            ObjIntConsumer<QuotaStore.Answer<QuotaStore.Taken>> answered)
            throws SQLException {
        for (int i = 0; i < requests.size(); i++) {
            answered.accept(takeOnce(session, requests.get(i)), i);
        }
    }

    /** Takes leases, all or none, unless a copy of the request has taken them. */
    final QuotaStore.Answer<QuotaStore.Taken> takeOnce(Session session, List<QuotaStore.LeaseRequest> request)
            throws SQLException {
        List<QuotaStore.Counter> counters =
                request.stream().map(QuotaStore.LeaseRequest::counter).toList();
        return rows.lock(session, counters, locked -> {
            List<Long> units = new ArrayList<>();
            for (QuotaStore.LeaseRequest lease : request) {
                rows.lease(session, lease.id()).ifPresent(given -> units.add(given.units()));
            }
            boolean isCopy = units.size() == request.size();
            boolean fits = isCopy || fits(request, locked);
            if (fits && !isCopy) {
                units.clear();
                long machines = machines(session);
                for (QuotaStore.LeaseRequest lease : request) {
                    units.add(take(session, lease, locked, machines));
                }
            }
            return answer(fits ? units : Collections.nCopies(request.size(), 0L), fits, request, locked);
        });
    }

    private static boolean fits(List<QuotaStore.LeaseRequest> request, Map<CounterKey, Rows.Shown> locked) {
        return request.stream().allMatch(lease -> remaining(lease, shown(locked, lease)) >= lease.least());
    }

    private static long remaining(QuotaStore.LeaseRequest lease, Rows.Shown shown) {
        return lease.amount() + shown.granted() - shown.taken();
    }

    private static Rows.Shown shown(Map<CounterKey, Rows.Shown> locked, QuotaStore.LeaseRequest lease) {
        return requireNonNull(locked.get(CounterRow.key(lease.counter())), "each counter is locked");
    }

    private long take(Session session, QuotaStore.LeaseRequest lease, Map<CounterKey, Rows.Shown> locked, long machines)
            throws SQLException {
        CounterKey key = CounterRow.key(lease.counter());
        Rows.Shown before = shown(locked, lease);
        long remaining = remaining(lease, before);
        long units = Math.min(remaining, Math.max(lease.wanted(), remaining / (4 * machines)));
        Rows.Shown after = new Rows.Shown(before.taken() + units, before.granted(), before.now());
        rows.insertLease(session, lease.id(), key, machine, units);
        rows.update(session, key, after.taken(), after.granted());
        locked.put(key, after);
        return units;
    }

    private static QuotaStore.Answer<QuotaStore.Taken> answer(
            List<Long> units, boolean fits, List<QuotaStore.LeaseRequest> request, Map<CounterKey, Rows.Shown> locked) {
        List<QuotaStore.Count> counts = new ArrayList<>();
        Instant now = Instant.MIN;
        for (QuotaStore.LeaseRequest lease : request) {
            Rows.Shown shown = shown(locked, lease);
            counts.add(new QuotaStore.Count(shown.taken(), shown.granted(), 0));
            now = shown.now();
        }
        return new QuotaStore.Answer<>(new QuotaStore.Taken(fits, units, counts), now);
    }

    private long machines(Session session) throws SQLException {
        String sql = "select count(*) from ratelimit_machine where machine <> ? and seen_at > "
                + dialect.now(SILENT_SECONDS);
        return 1 + session.query(sql, row -> row.getLong(1), machine).get(0);
    }

    /** Tells the use of leases of this machine. Returns those that it does not have. */
    QuotaStore.Answer<Set<UUID>> report(Session session, List<QuotaStore.Use> uses) throws SQLException {
        return session.inTransaction(() -> {
            Map<UUID, Long> held = held(session);
            Set<UUID> gone = new HashSet<>();
            Map<UUID, Long> changed = new TreeMap<>();
            for (QuotaStore.Use use : uses) {
                Long told = held.get(use.lease());
                if (told == null) {
                    gone.add(use.lease());
                } else if (told != use.used()) {
                    changed.put(use.lease(), use.used());
                }
            }
            for (Map.Entry<UUID, Long> use : changed.entrySet()) {
                tell(session, use.getKey(), use.getValue());
            }
            return new QuotaStore.Answer<>(gone, rows.now(session));
        });
    }

    /** Returns the leases of this machine, and what it told last of each; -1 where that is long ago. */
    private Map<UUID, Long> held(Session session) throws SQLException {
        String sql = "select id, case when seen_at < " + dialect.now(TELL_SECONDS)
                + " then -1 else used end from ratelimit_lease where machine = ?";
        Map<UUID, Long> held = new HashMap<>();
        session.query(sql, row -> held.put(Rows.id(row.getBytes(1)), row.getLong(2)), machine);
        return held;
    }

    private void tell(Session session, UUID lease, long used) throws SQLException {
        session.update(
                "update ratelimit_lease set used = ?, seen_at = " + dialect.now(0) + " where id = ? and machine = ?",
                used,
                Rows.bytes(lease),
                machine);
    }

    /** Ends leases. */
    Instant giveBack(Session session, List<QuotaStore.Use> uses) throws SQLException {
        Map<UUID, Rows.Lease> held = new TreeMap<>();
        for (QuotaStore.Use use : uses) {
            Optional<Rows.Lease> lease = rows.lease(session, use.lease());
            while (lease.isEmpty() && !rows.insertReceipt(session, use.lease(), NO_COUNTER, 0)) {
                lease = rows.lease(session, use.lease());
            }
            lease.filter(Rows.Lease::isHeld).ifPresent(found -> held.put(use.lease(), found));
        }
        end(session, held, uses);
        return rows.now(session);
    }

    /** Ends leases that were held when they were read, unless somebody else has. Returns what of them is unused. */
    final long end(Session session, Map<UUID, Rows.Lease> held, List<QuotaStore.Use> uses) throws SQLException {
        Set<CounterKey> counters = new TreeSet<>();
        held.values().forEach(lease -> counters.add(lease.counter()));
        return session.inTransaction(() -> {
            Map<CounterKey, Rows.Shown> locked = new TreeMap<>();
            for (CounterKey counter : counters) {
                rows.lock(session, counter).ifPresent(shown -> locked.put(counter, shown));
            }
            long all = 0;
            for (QuotaStore.Use use : uses) {
                Rows.Lease lease = held.get(use.lease());
                long used = lease == null ? 0 : within(use.used(), lease.units());
                if (lease != null && rows.end(session, use.lease(), used)) {
                    all += lease.units() - used;
                    giveBack(session, lease.counter(), lease.units() - used, locked);
                }
            }
            return all;
        });
    }

    private void giveBack(Session session, CounterKey key, long unused, Map<CounterKey, Rows.Shown> locked)
            throws SQLException {
        Rows.Shown before = locked.get(key);
        if (before != null && unused > 0) {
            long taken = within(before.taken() - unused, MOST_TAKEN);
            rows.update(session, key, taken, before.granted());
            locked.put(key, new Rows.Shown(taken, before.granted(), before.now()));
        }
    }

    /** Charges units, each charge once. No two charges are of one counter. */
    QuotaStore.Answer<List<QuotaStore.Count>> charge(Session session, List<QuotaStore.Charge> charges)
            throws SQLException {
        List<QuotaStore.Count> counts = new ArrayList<>();
        for (QuotaStore.Charge charge : charges) {
            counts.add(change(session, charge.id(), charge.counter(), charge.units(), 0));
        }
        return new QuotaStore.Answer<>(counts, rows.now(session));
    }

    /** Grants units beyond the amount, once. */
    final QuotaStore.Answer<QuotaStore.Count> grant(Session session, UUID id, QuotaStore.Counter counter, long units)
            throws SQLException {
        return new QuotaStore.Answer<>(change(session, id, counter, 0, units), rows.now(session));
    }

    /** Changes a counter, once. What gives back does nothing if the counter is missing. */
    private QuotaStore.Count change(Session session, UUID id, QuotaStore.Counter counter, long charged, long granted)
            throws SQLException {
        CounterKey key = CounterRow.key(counter);
        boolean givesBack = charged < 0 || granted < 0;
        if (givesBack && rows.shown(session, key).isEmpty()) {
            return NOTHING;
        }
        return rows.lock(session, List.of(counter), locked -> {
            Rows.Shown before = locked.values().iterator().next();
            if (rows.lease(session, id).isPresent()) {
                return new QuotaStore.Count(before.taken(), before.granted(), 0);
            }
            rows.insertReceipt(session, id, key, charged);
            long taken = within(before.taken() + charged, MOST_TAKEN);
            long all = within(before.granted() + granted, MOST_GRANTED);
            rows.update(session, key, taken, all);
            return new QuotaStore.Count(taken, all, 0);
        });
    }

    private static long within(long units, long most) {
        return Math.max(0, Math.min(units, most));
    }

    /** Reads counters. */
    final QuotaStore.Answer<List<QuotaStore.Count>> counts(Session session, List<QuotaStore.Counter> counters)
            throws SQLException {
        List<QuotaStore.Count> counts = new ArrayList<>();
        for (QuotaStore.Counter counter : counters) {
            counts.add(count(session, CounterRow.key(counter)));
        }
        return new QuotaStore.Answer<>(counts, rows.now(session));
    }

    private QuotaStore.Count count(Session session, CounterKey key) throws SQLException {
        String sql =
                "select q.taken, q.granted, (select coalesce(sum(l.units - l.used), 0) from ratelimit_lease l where"
                        + " l.meter = q.meter and l.period_start = q.period_start and l.machine <> ? and l.seen_at > "
                        + dialect.now(SILENT_SECONDS)
                        + ") from ratelimit_quota q where q.meter = ? and q.period_start = ?";
        return session
                .query(
                        sql,
                        row -> new QuotaStore.Count(row.getLong(1), row.getLong(2), row.getLong(3)),
                        machine,
                        key.meter(),
                        key.start())
                .stream()
                .findFirst()
                .orElse(NOTHING);
    }

    /** Sets what is used to nothing; if told, grants too. */
    final Instant reset(Session session, QuotaStore.Owners owners, boolean forgets) throws SQLException {
        return session.inTransaction(() -> {
            for (CounterKey counter : current(session, owners)) {
                reset(session, counter, forgets);
            }
            return rows.now(session);
        });
    }

    /** Locks the counters of owners whose period is not over. */
    private List<CounterKey> current(Session session, QuotaStore.Owners owners) throws SQLException {
        Set<ByteBuffer> members = new HashSet<>();
        for (Member member : owners.members().orElse(Set.of())) {
            members.add(ByteBuffer.wrap(CounterRow.memberHash(owners.organization(), member)));
        }
        String sql = "select meter, period_start, member_hash from ratelimit_quota where organization_hash = ? and"
                + " period_end > " + dialect.now(0) + " order by meter, period_start" + dialect.forUpdate();
        List<CounterKey> counters = new ArrayList<>();
        session.query(
                sql,
                row -> {
                    byte[] member = row.getBytes(3);
                    boolean isMeant =
                            member == null || owners.members().isEmpty() || members.contains(ByteBuffer.wrap(member));
                    return isMeant && counters.add(new CounterKey(row.getBytes(1), session.time(row, 2)));
                },
                (Object) CounterRow.organizationHash(owners.organization()));
        return counters;
    }

    private void reset(Session session, CounterKey counter, boolean forgets) throws SQLException {
        byte[] meter = counter.meter();
        Instant start = counter.start();
        String ofCounter = " where meter = ? and period_start = ?";
        session.update(
                "update ratelimit_quota set taken = (select coalesce(sum(l.units - l.used), 0)"
                        + " from ratelimit_lease l where l.meter = ? and l.period_start = ? and l.machine is not null)"
                        + (forgets ? ", granted = 0" : "") + ofCounter,
                meter,
                start,
                meter,
                start);
        if (forgets) {
            session.update("delete from ratelimit_quota" + ofCounter + " and taken = 0", meter, start);
        }
    }
}
