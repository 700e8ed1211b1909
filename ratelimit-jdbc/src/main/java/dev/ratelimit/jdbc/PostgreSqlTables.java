package dev.ratelimit.jdbc;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.QuotaStore;
import java.sql.Array;
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
import java.util.UUID;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * What PostgreSQL does in one statement, and so in one round trip, with any number of counters.
 *
 * <p>Each statement locks its counters in the part {@code locked}, which is materialized and so comes first: the other
 * parts read it. A row that another transaction has changed since the statement began is read again when it is locked,
 * so both what is decided and what is added go by the latest count. All parts see the leases as they were when the
 * statement began. Therefore no part decides by leases: the unique key of an id, and the lock of a row that is changed,
 * decide.
 *
 * <p>Each id has 16 bytes. The condition that says so makes PostgreSQL expect one row of each array, and look rows up
 * by their keys. It would expect ten, and go on reading the whole of a table that was small when it made the plan.
 *
 * <p>Not {@code insert .. on conflict do update .. where}: of several rows it updates those that fit, and it inserts a
 * first row without asking the condition.
 */
final class PostgreSqlTables extends QuotaTables {

    private static final String LOCKED = """
            locked as materialized (
              select q.meter, q.period_start, q.taken, q.granted
                from ratelimit_quota q
               where (q.meter, q.period_start) in (select w.meter, w.period_start from %s w)
               order by q.meter, q.period_start
                 for update of q)""";

    private static final String TAKE = """
            with want as (
              select * from unnest(?::int[], ?::bytea[], ?::bytea[], ?::timestamptz[], ?::int8[], ?::int8[], ?::int8[])
                as w(request, id, meter, period_start, amount, fewest, wanted) where length(id) = 16),
            """ + LOCKED.formatted("want") + """
            ,
            others as materialized (
              select count(*) as machines from ratelimit_machine where machine <> ? and seen_at > %s),
            remaining as materialized (
              select w.*, l.taken, l.granted, w.amount + l.granted - l.taken as units
                from want w left join locked l using (meter, period_start)),
            given as materialized (
              select r.*, bool_and(coalesce(r.units >= r.fewest, false)) over (partition by r.request) as fits,
                     least(r.units, greatest(r.wanted, r.units / (4 * (1 + o.machines)))) as lease
                from remaining r, others o),
            leased as (
              insert into ratelimit_lease (id, meter, period_start, machine, units, used, seen_at)
              select g.id, g.meter, g.period_start, ?, g.lease, 0, clock_timestamp() from given g where g.fits),
            raised as (
              update ratelimit_quota q set taken = q.taken + g.lease from given g
               where g.fits and q.meter = g.meter and q.period_start = g.period_start)
            select g.id, g.taken, g.granted, g.fits, g.lease, clock_timestamp() from given g""";

    private static final String GIVE_BACK = """
            with want as (select * from unnest(?::bytea[], ?::int8[]) as w(id, used) where length(id) = 16),
            held as materialized (select l.* from ratelimit_lease l join want w on l.id = w.id),
            """ + LOCKED.formatted("held") + """
            ,
            ended as (
              update ratelimit_lease l
                 set machine = null, used = least(greatest(w.used, 0), l.units), seen_at = clock_timestamp()
                from want w, (select count(*) from locked) as after_the_lock
               where l.id = w.id and l.machine is not null
              returning l.meter, l.period_start, l.units - l.used as unused),
            lowered as (
              update ratelimit_quota q set taken = greatest(0, q.taken - e.unused)
                from (select meter, period_start, sum(unused)::int8 as unused from ended group by 1, 2) e
               where q.meter = e.meter and q.period_start = e.period_start)
            select clock_timestamp(), array(select h.id from held h)""";

    private static final String CHARGE = """
            with want as (
              select * from unnest(?::bytea[], ?::bytea[], ?::timestamptz[], ?::int8[])
                as w(id, meter, period_start, units) where length(id) = 16),
            """ + LOCKED.formatted("want") + """
            ,
            receipt as (
              insert into ratelimit_lease (id, meter, period_start, machine, units, used, seen_at)
              select w.id, w.meter, w.period_start, null, w.units, w.units, clock_timestamp()
                from want w join locked l using (meter, period_start)
              on conflict (id) do nothing
              returning id, meter, period_start, units),
            changed as (
              update ratelimit_quota q set taken = least(%d, greatest(0, q.taken + r.units)) from receipt r
               where q.meter = r.meter and q.period_start = r.period_start
              returning q.meter, q.period_start, q.taken)
            select clock_timestamp(), w.id, coalesce(c.taken, l.taken), l.granted
              from want w left join locked l using (meter, period_start)
                   left join changed c using (meter, period_start)""".formatted(MOST_TAKEN);

    private static final String REPORT = """
            with want as (select * from unnest(?::bytea[], ?::int8[]) as w(id, used) where length(id) = 16),
            told as (
              update ratelimit_lease l set used = w.used, seen_at = clock_timestamp() from want w
               where l.id = w.id and l.machine = ? and (l.used <> w.used or l.seen_at < %s))
            select clock_timestamp(), array(
              select w.id from want w
               where not exists (select from ratelimit_lease l where l.id = w.id and l.machine = ?))""";

    private final String take;
    private final String report;

    PostgreSqlTables(Dialect dialect, String machine) {
        super(dialect, machine);
        this.take = TAKE.formatted(dialect.now(SILENT_SECONDS));
        this.report = REPORT.formatted(dialect.now(TELL_SECONDS));
    }

    /** What the statement answers of one lease; empty counts if the counter is missing. */
    private record Given(Optional<QuotaStore.Count> count, boolean fits, long units, Instant now) {}

    @Override
    List<QuotaStore.Answer<QuotaStore.Taken>> take(Session session, List<List<QuotaStore.LeaseRequest>> requests)
            throws SQLException {
        Map<UUID, Given> given = new HashMap<>();
        List<List<QuotaStore.LeaseRequest>> open = requests;
        while (!open.isEmpty()) {
            take(session, open, given);
            open = open.stream()
                    .filter(request -> request.stream().anyMatch(lease -> isMissing(lease, given)))
                    .toList();
            for (List<QuotaStore.LeaseRequest> request : open) {
                for (QuotaStore.LeaseRequest lease : request) {
                    if (isMissing(lease, given)) {
                        rows.insert(session, lease.counter());
                    }
                }
            }
        }
        return requests.stream().map(request -> answer(request, given)).toList();
    }

    private static boolean isMissing(QuotaStore.LeaseRequest lease, Map<UUID, Given> given) {
        return given(lease, given).count.isEmpty();
    }

    private static Given given(QuotaStore.LeaseRequest lease, Map<UUID, Given> given) {
        return requireNonNull(given.get(lease.id()), "each lease is answered");
    }

    private void take(Session session, List<List<QuotaStore.LeaseRequest>> requests, Map<UUID, Given> given)
            throws SQLException {
        List<Integer> numbers = new ArrayList<>();
        List<QuotaStore.LeaseRequest> leases = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            numbers.addAll(Collections.nCopies(requests.get(i).size(), i));
            leases.addAll(requests.get(i));
        }
        List<CounterKey> keys =
                leases.stream().map(lease -> CounterRow.key(lease.counter())).toList();
        session.query(
                take,
                row -> {
                    long taken = row.getLong(2);
                    Optional<QuotaStore.Count> before = row.wasNull()
                            ? Optional.empty()
                            : Optional.of(new QuotaStore.Count(taken, row.getLong(3), 0));
                    return given.put(
                            Rows.id(row.getBytes(1)),
                            new Given(before, row.getBoolean(4), row.getLong(5), session.time(row, 6)));
                },
                array(session, "int4", numbers.toArray()),
                ids(session, leases, QuotaStore.LeaseRequest::id),
                meters(session, keys),
                starts(session, keys),
                numbers(session, leases, QuotaStore.LeaseRequest::amount),
                numbers(session, leases, QuotaStore.LeaseRequest::least),
                numbers(session, leases, QuotaStore.LeaseRequest::wanted),
                machine,
                machine);
    }

    private static QuotaStore.Answer<QuotaStore.Taken> answer(
            List<QuotaStore.LeaseRequest> request, Map<UUID, Given> all) {
        boolean fits = given(request.get(0), all).fits;
        List<Long> units = new ArrayList<>();
        List<QuotaStore.Count> counts = new ArrayList<>();
        for (QuotaStore.LeaseRequest lease : request) {
            Given given = given(lease, all);
            QuotaStore.Count before = given.count.orElseThrow();
            units.add(fits ? given.units : 0);
            counts.add(new QuotaStore.Count(before.taken() + (fits ? given.units : 0), before.granted(), 0));
        }
        return new QuotaStore.Answer<>(new QuotaStore.Taken(fits, units, counts), given(request.get(0), all).now);
    }

    @Override
    QuotaStore.Answer<Set<UUID>> report(Session session, List<QuotaStore.Use> uses) throws SQLException {
        return idsAnswered(
                session,
                report,
                ids(session, uses, QuotaStore.Use::lease),
                numbers(session, uses, QuotaStore.Use::used),
                machine,
                machine);
    }

    @Override
    Instant giveBack(Session session, List<QuotaStore.Use> uses) throws SQLException {
        QuotaStore.Answer<Set<UUID>> found = idsAnswered(
                session,
                GIVE_BACK,
                ids(session, uses, QuotaStore.Use::lease),
                numbers(session, uses, QuotaStore.Use::used));
        List<QuotaStore.Use> missing = uses.stream()
                .filter(use -> !found.value().contains(use.lease()))
                .toList();
        return missing.isEmpty() ? found.now() : super.giveBack(session, missing);
    }

    private static QuotaStore.Answer<Set<UUID>> idsAnswered(Session session, String sql, Object... parameters)
            throws SQLException {
        return session.query(
                        sql,
                        row -> {
                            Set<UUID> ids = new HashSet<>();
                            for (byte[] id : (byte[][]) row.getArray(2).getArray()) {
                                ids.add(Rows.id(id));
                            }
                            return new QuotaStore.Answer<>(ids, session.time(row, 1));
                        },
                        parameters)
                .get(0);
    }

    @Override
    QuotaStore.Answer<List<QuotaStore.Count>> charge(Session session, List<QuotaStore.Charge> charges)
            throws SQLException {
        List<CounterKey> keys =
                charges.stream().map(charge -> CounterRow.key(charge.counter())).toList();
        Map<UUID, QuotaStore.Count> counts = new HashMap<>();
        Instant now = session.query(
                        CHARGE,
                        row -> {
                            long taken = row.getLong(3);
                            if (!row.wasNull()) {
                                UUID id = Rows.id(row.getBytes(2));
                                counts.put(id, new QuotaStore.Count(taken, row.getLong(4), 0));
                            }
                            return session.time(row, 1);
                        },
                        ids(session, charges, QuotaStore.Charge::id),
                        meters(session, keys),
                        starts(session, keys),
                        numbers(session, charges, QuotaStore.Charge::units))
                .get(0);
        List<QuotaStore.Count> all = new ArrayList<>();
        for (QuotaStore.Charge charge : charges) {
            QuotaStore.Count count = counts.get(charge.id());
            all.add(count != null ? count : chargeMissing(session, charge));
        }
        return new QuotaStore.Answer<>(all, now);
    }

    /** Charges a counter that was missing. */
    private QuotaStore.Count chargeMissing(Session session, QuotaStore.Charge charge) throws SQLException {
        return super.charge(session, List.of(charge)).value().get(0);
    }

    private static <T> Array ids(Session session, List<T> of, Function<T, UUID> id) throws SQLException {
        return array(
                session,
                "bytea",
                of.stream().map(each -> Rows.bytes(id.apply(each))).toArray(byte[][]::new));
    }

    private static Array meters(Session session, List<CounterKey> keys) throws SQLException {
        return array(session, "bytea", keys.stream().map(CounterKey::meter).toArray(byte[][]::new));
    }

    private static Array starts(Session session, List<CounterKey> keys) throws SQLException {
        return array(
                session,
                "timestamptz",
                keys.stream().map(key -> key.start().toString()).toArray());
    }

    private static <T> Array numbers(Session session, List<T> of, ToLongFunction<T> number) throws SQLException {
        return array(session, "int8", of.stream().map(number::applyAsLong).toArray());
    }

    private static Array array(Session session, String type, Object[] elements) throws SQLException {
        return session.connection().createArrayOf(type, elements);
    }
}
