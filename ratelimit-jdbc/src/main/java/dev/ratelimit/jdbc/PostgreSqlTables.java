package dev.ratelimit.jdbc;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.spi.QuotaStore;
import java.sql.Array;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.ObjIntConsumer;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What PostgreSQL does in one statement, and so in one round trip, with any number of counters.
 *
 * <p>Each statement locks its counters in the part {@code locked}, which is materialized and so comes first: the other
 * parts read it. A row that another transaction has changed since the statement began is read again when it is locked,
 * so both what is decided and what is added go by the latest count. All parts see the leases as they were when the
 * statement began. Therefore no part decides by leases: the unique key of an id, and the lock of a row that is changed,
 * decide. The leases that have ended are changed without a lock of their counter where nothing of them is left: that
 * changes no counter.
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
                 for update of q%s)""";

    private static final String TAKE = """
            with want as (
              select * from unnest(?::int[], ?::bytea[], ?::bytea[], ?::timestamptz[], ?::int8[], ?::int8[], ?::int8[])
                as w(request, id, meter, period_start, amount, fewest, wanted) where length(id) = 16),
            """ + LOCKED.formatted("want", "%s") + """
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
            select g.id, g.taken, g.granted, g.taken is null and not exists (
                     select from ratelimit_quota q where q.meter = g.meter and q.period_start = g.period_start),
                   g.fits, g.lease, clock_timestamp()
              from given g""";

    private static final String GIVE_BACK = """
            with want as (select * from unnest(?::bytea[], ?::int8[]) as w(id, used) where length(id) = 16),
            held as materialized (select l.*, w.used as told from ratelimit_lease l join want w on l.id = w.id),
            unused as (
              select h.meter, h.period_start from held h where h.machine is not null and h.told < h.units),
            """ + LOCKED.formatted("unused", " skip locked") + """
            ,
            ready as (
              select h.* from held h left join locked k using (meter, period_start)
               where k.meter is not null or h.machine is null or h.told >= h.units),
            ended as (
              update ratelimit_lease l
                 set machine = null, used = least(greatest(r.told, 0), l.units), seen_at = clock_timestamp()
                from ready r, (select count(*) from locked) as after_the_lock
               where l.id = r.id and l.machine is not null
              returning l.meter, l.period_start, l.units - l.used as unused),
            lowered as (
              update ratelimit_quota q set taken = greatest(0, q.taken - e.unused)
                from (select meter, period_start, sum(unused)::int8 as unused
                        from ended where unused > 0 group by 1, 2) e
               where q.meter = e.meter and q.period_start = e.period_start)
            select clock_timestamp(), array(select r.id from ready r)""";

    private static final String CHARGE = """
            with want as (
              select * from unnest(?::bytea[], ?::bytea[], ?::timestamptz[], ?::int8[])
                as w(id, meter, period_start, units) where length(id) = 16),
            """ + LOCKED.formatted("want", "") + """
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
    private final String takeFree;
    private final String report;

    PostgreSqlTables(Dialect dialect, String machine) {
        super(dialect, machine);
        String known = dialect.now(SILENT_SECONDS);
        this.take = TAKE.formatted("", known);
        this.takeFree = TAKE.formatted(" skip locked", known);
        this.report = REPORT.formatted(dialect.now(TELL_SECONDS));
    }

    /** What the statement answers of one lease; an empty count if the counter is missing, or locked and left out. */
    private record Given(Optional<QuotaStore.Count> count, boolean isMissing, boolean fits, long units, Instant now) {}

    /**
     * Takes the leases of those counters that nobody else has locked. For others it waits only if there is one request:
     * no statement waits while it has what others wait for. Counters that are missing are inserted in the same round
     * trip and transaction that then take their leases: all insert in the order of keys, and lock no row before that.
     */
    @Override
    void take(
            Session session,
            List<List<QuotaStore.LeaseRequest>> requests,
            ObjIntConsumer<QuotaStore.Answer<QuotaStore.Taken>> answered)
            throws SQLException {
        String sql = requests.size() == 1 ? take : takeFree;
        List<Integer> open = IntStream.range(0, requests.size()).boxed().toList();
        Map<CounterKey, QuotaStore.Counter> missing = Map.of();
        do {
            Map<UUID, Given> given = take(
                    session,
                    missing.values(),
                    sql,
                    open.stream().map(requests::get).toList());
            missing = new TreeMap<>();
            List<Integer> lacking = new ArrayList<>();
            for (int i : open) {
                List<QuotaStore.LeaseRequest> request = requests.get(i);
                if (findMissing(request, given, missing)) {
                    lacking.add(i);
                } else if (request.stream()
                        .allMatch(lease -> given(lease, given).count.isPresent())) {
                    answered.accept(answer(request, given), i);
                }
            }
            open = lacking;
        } while (!open.isEmpty());
    }

    /** Adds the counters that a request lacks. Returns whether it lacks some. */
    private static boolean findMissing(
            List<QuotaStore.LeaseRequest> request,
            Map<UUID, Given> given,
            Map<CounterKey, QuotaStore.Counter> missing) {
        boolean lacks = false;
        for (QuotaStore.LeaseRequest lease : request) {
            if (given(lease, given).isMissing) {
                missing.put(CounterRow.key(lease.counter()), lease.counter());
                lacks = true;
            }
        }
        return lacks;
    }

    private static Given given(QuotaStore.LeaseRequest lease, Map<UUID, Given> given) {
        return requireNonNull(given.get(lease.id()), "each lease is answered");
    }

    /**
     * Takes leases by a statement.
     *
     * @param missing counters to be inserted before, in the order of their keys
     */
    private Map<UUID, Given> take(
            Session session,
            Collection<QuotaStore.Counter> missing,
            String sql,
            List<List<QuotaStore.LeaseRequest>> requests)
            throws SQLException {
        Map<UUID, Given> given = new HashMap<>();
        List<Integer> numbers = new ArrayList<>();
        List<QuotaStore.LeaseRequest> leases = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            numbers.addAll(Collections.nCopies(requests.get(i).size(), i));
            leases.addAll(requests.get(i));
        }
        List<CounterKey> keys =
                leases.stream().map(lease -> CounterRow.key(lease.counter())).toList();
        List<@Nullable Object> parameters = rows.values(missing);
        Collections.addAll(
                parameters,
                array(session, "int4", numbers.toArray()),
                ids(session, leases, QuotaStore.LeaseRequest::id),
                meters(session, keys),
                starts(session, keys),
                numbers(session, leases, QuotaStore.LeaseRequest::amount),
                numbers(session, leases, QuotaStore.LeaseRequest::least),
                numbers(session, leases, QuotaStore.LeaseRequest::wanted),
                machine,
                machine);
        session.query(
                missing.isEmpty() ? sql : rows.insertAll(missing.size()) + "; " + sql,
                row -> {
                    long taken = row.getLong(2);
                    Optional<QuotaStore.Count> before = row.wasNull()
                            ? Optional.empty()
                            : Optional.of(new QuotaStore.Count(taken, row.getLong(3), 0));
                    return given.put(
                            Rows.id(row.getBytes(1)),
                            new Given(
                                    before,
                                    row.getBoolean(4),
                                    row.getBoolean(5),
                                    row.getLong(6),
                                    session.time(row, 7)));
                },
                parameters.toArray());
        return given;
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

    /** Ends leases as they are taken: those first whose counters nobody else has locked. */
    @Override
    Instant giveBack(Session session, List<QuotaStore.Use> uses) throws SQLException {
        List<QuotaStore.Use> open = uses;
        while (true) {
            QuotaStore.Answer<Set<UUID>> ended = idsAnswered(
                    session,
                    GIVE_BACK,
                    ids(session, open, QuotaStore.Use::lease),
                    numbers(session, open, QuotaStore.Use::used));
            open = others(open, ended.value());
            if (open.isEmpty()) {
                return ended.now();
            }
            Instant now = super.giveBack(session, open.subList(0, 1));
            open = open.subList(1, open.size());
            if (open.isEmpty()) {
                return now;
            }
        }
    }

    private static List<QuotaStore.Use> others(List<QuotaStore.Use> uses, Set<UUID> than) {
        return uses.stream().filter(use -> !than.contains(use.lease())).toList();
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

    /** Most counters of a request begin at the same time, whose text takes longer to make than to find. */
    private static Array starts(Session session, List<CounterKey> keys) throws SQLException {
        Map<Instant, String> texts = new HashMap<>();
        return array(
                session,
                "timestamptz",
                keys.stream()
                        .map(key -> texts.computeIfAbsent(key.start(), Instant::toString))
                        .toArray());
    }

    private static <T> Array numbers(Session session, List<T> of, ToLongFunction<T> number) throws SQLException {
        return array(session, "int8", of.stream().map(number::applyAsLong).toArray());
    }

    private static Array array(Session session, String type, Object[] elements) throws SQLException {
        return session.connection().createArrayOf(type, elements);
    }
}
