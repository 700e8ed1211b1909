package dev.ratelimit.bench;

import static java.util.Objects.requireNonNull;

import com.zaxxer.hikari.HikariDataSource;
import dev.ratelimit.Quota;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.Counted;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures quotas on one PostgreSQL: this library's, and Bucket4j's with each of its locks, in turn, some times. First
 * amounts that nobody uses up: one quota, two quotas, and one organization that all threads call for. Then amounts that
 * several JVMs use up. It prints two Markdown tables.
 *
 * <pre>{@code
 * java -cp ratelimit-bench/target/benchmarks.jar dev.ratelimit.bench.SqlComparison
 * }</pre>
 *
 * <p>It takes about five minutes. Exit codes: 0; 1 if a call is refused that fits, or too many are admitted; 2 if the
 * options are wrong.
 */
@Command(
        name = "SqlComparison",
        description = "Measures quotas on one PostgreSQL, and prints Markdown tables.",
        mixinStandardHelpOptions = true)
public final class SqlComparison implements Callable<Integer> {

    private static final long LARGE = 1_000_000_000;
    private static final Scopes ONE = new Scopes("1", List.of(List.of(Quota.perMonth(LARGE))));
    private static final Scopes TWO = new Scopes(
            "2", List.of(List.of(Quota.perMonth(LARGE)), List.of(Quota.perMonth(Unit.CHARACTERS, 100 * LARGE))));

    private static final String NOTES = """

            The last column is this library's decisions per second divided by those in the line: above 1, this library
            is faster. p99 is of a sample of the calls of all runs; in the second table, of the calls of all machines,
            and of the machine where it was longest. This library takes leases, and decides most calls in memory.
            Bucket4j decides each call in a transaction, and needs a bucket, and so a transaction, for each quota. So a
            machine that crashes loses this library's leases, and none of Bucket4j's units. Its p99 is that of a
            transaction; this library has calls that wait for one too, few of them while amounts are large. All threads
            have a connection in Bucket4j's pool; this library uses two. Server and clients share the processors.
            """;

    private final PrintWriter out;

    @Option(
            names = "--jdbc",
            description = "the JDBC URL of a PostgreSQL, with user and password, in which schemas are made and dropped;"
                    + " unless stated, one is started")
    private @Nullable String url;

    @Option(names = "--millis", converter = Positive.class, description = "how long a run is, 2000 unless stated")
    private int millis = 2_000;

    @Option(
            names = "--runs",
            converter = Positive.class,
            description = "how many runs there are for each line, 3 unless stated")
    private int runs = 3;

    @Option(names = "--threads", converter = Positive.class, description = "how many threads call, 8 unless stated")
    private int threads = 8;

    @Option(
            names = "--organizations",
            converter = Positive.class,
            description = "how many organizations call, 1000 unless stated")
    private int organizations = 1_000;

    @Option(
            names = "--amount",
            converter = Positive.class,
            description = "the units of each organization that several JVMs use up, 1000 unless stated")
    private int amount = 1_000;

    @Option(names = "--machines", converter = Positive.class, description = "how many JVMs those are, 4 unless stated")
    private int machines = 4;

    @Option(
            names = "--seconds",
            converter = Positive.class,
            description = "after which time these JVMs stop, if not all is used up; 30 unless stated")
    private int seconds = 30;

    @Option(
            names = "--warm-up",
            converter = Positive.class,
            description = "for how many seconds these JVMs use up other organizations before; 10 unless stated")
    private int warmUp = 10;

    SqlComparison(PrintWriter out) {
        this.out = out;
    }

    /**
     * Runs the comparison and ends the JVM.
     *
     * @param arguments the command line; {@code --help} explains it
     */
    public static void main(String... arguments) {
        SqlComparison comparison = new SqlComparison(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        System.exit(new CommandLine(comparison).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException, SQLException {
        if (url != null) {
            compare(new SqlServer(url));
            return 0;
        }
        // As PostgreSQL comes: each commit is on the disk before it is answered.
        try (EmbeddedPostgres server = EmbeddedPostgres.builder()
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setOutputRedirector(ProcessBuilder.Redirect.DISCARD)
                .setErrorRedirector(ProcessBuilder.Redirect.DISCARD)
                .start()) {
            compare(new SqlServer(server.getJdbcUrl("postgres", "postgres")));
        }
        return 0;
    }

    private void compare(SqlServer server) throws IOException, InterruptedException, SQLException {
        Machine.lines().forEach(out::println);
        out.println("- server: PostgreSQL %s, fsync %s, synchronous_commit %s"
                .formatted(server.told("server_version"), server.told("fsync"), server.told("synchronous_commit")));
        out.printf(
                "- runs: %,d of %,d ms for each line, of which the median is told; %s%n",
                runs, millis, Counted.of(threads, "threads"));
        out.println("""

                | quotas | organizations | limiter | decisions/s | p99 in µs | this library to it |
                |--:|--:|---|--:|--:|--:|""");
        compare(server, ONE, organizations);
        compare(server, TWO, organizations);
        compare(server, ONE, 1);
        out.printf(
                """

                %s x %s, used up by %s of %s within %,d s, after %,d s with others:

                | limiter | admitted/s | p99 in µs | of one machine | used up | exact, above it | this library to it |
                |---|--:|--:|--:|--:|--:|--:|
                """,
                Counted.of(organizations, "organizations"),
                Counted.of(amount, "units"),
                Counted.of(machines, "JVMs"),
                Counted.of(DrainingMachine.THREADS, "threads"),
                seconds,
                warmUp);
        drain(server);
        out.print(NOTES);
        out.flush();
    }

    private void compare(SqlServer server, Scopes quotas, int callers) throws InterruptedException, SQLException {
        String schema = "rates";
        server.reset(schema);
        Map<SqlLimiter, List<AskingThreads.Pace>> paces = new EnumMap<>(SqlLimiter.class);
        Map<SqlLimiter, SqlRival> rivals = new EnumMap<>(SqlLimiter.class);
        List<HikariDataSource> pools = new ArrayList<>();
        try {
            for (SqlLimiter limiter : SqlLimiter.values()) {
                HikariDataSource pool = SqlServer.pool(server.url(), schema, threads);
                pools.add(pool);
                SqlRival rival = limiter.open(pool, quotas, callers);
                rivals.put(limiter, rival);
                paces.put(limiter, new ArrayList<>());
                warmUp(rival, callers);
            }
            for (int i = 0; i < runs; i++) {
                for (Map.Entry<SqlLimiter, SqlRival> each : rivals.entrySet()) {
                    requireNonNull(paces.get(each.getKey()))
                            .add(AskingThreads.measure(
                                    each.getValue(), callers, threads, TimeUnit.MILLISECONDS.toNanos(millis)));
                }
            }
        } finally {
            rivals.values().forEach(SqlRival::close);
            pools.forEach(HikariDataSource::close);
        }
        print(paces, quotas, callers);
    }

    /** Asks once for each organization, so that what is measured is no first call, and then for as long as a run. */
    private void warmUp(SqlRival rival, int callers) throws InterruptedException {
        for (int i = 0; i < callers; i++) {
            Answers.require(rival.ask(i), "every call must be admitted", i);
        }
        AskingThreads.Pace unused =
                AskingThreads.measure(rival, callers, threads, TimeUnit.MILLISECONDS.toNanos(millis));
    }

    private void print(Map<SqlLimiter, List<AskingThreads.Pace>> paces, Scopes quotas, int callers) {
        double ours = perSecond(requireNonNull(paces.get(SqlLimiter.RATELIMIT)));
        paces.forEach((limiter, runs) -> out.printf(
                Locale.ROOT,
                "| %s | %,d | %s | %,.0f | %s | %,.1f |%n",
                quotas.name(),
                callers,
                limiter.words,
                perSecond(runs),
                micros(CallTimes.p99(
                        runs.stream().flatMap(run -> run.times().stream()).toList())),
                ours / perSecond(runs)));
    }

    private static double perSecond(List<AskingThreads.Pace> runs) {
        double[] rates = runs.stream()
                .mapToDouble(AskingThreads.Pace::perSecond)
                .sorted()
                .toArray();
        return rates[rates.length / 2];
    }

    private static String micros(long nanos) {
        return String.format(Locale.ROOT, nanos < 10_000 ? "%,.1f" : "%,.0f", nanos / 1e3);
    }

    private void drain(SqlServer server) throws IOException, InterruptedException, SQLException {
        Drain drain = new Drain(organizations, amount, machines, seconds, warmUp);
        double ours = Double.NaN;
        for (SqlLimiter limiter : SqlLimiter.values()) {
            Drain.Outcome outcome = drain.run(server, limiter);
            ours = limiter == SqlLimiter.RATELIMIT ? outcome.perSecond() : ours;
            out.printf(
                    Locale.ROOT,
                    "| %s | %,.0f | %s | %s | %.1f %% | %,d, %,d | %,.1f |%n",
                    limiter.words,
                    outcome.perSecond(),
                    micros(outcome.p99Nanos()),
                    micros(outcome.longestP99Nanos()),
                    100.0 * outcome.all() / ((double) organizations * amount),
                    outcome.exact(amount),
                    outcome.above(amount),
                    ours / outcome.perSecond());
            Answers.require(outcome.above(amount) == 0, "no organization may get more than its amount", limiter);
        }
    }
}
