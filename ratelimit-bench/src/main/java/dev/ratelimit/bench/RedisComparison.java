package dev.ratelimit.bench;

import static java.util.Objects.requireNonNull;

import dev.ratelimit.Limit;
import dev.ratelimit.Quota;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Unit;
import dev.ratelimit.spi.Counted;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import redis.embedded.RedisServer;

/**
 * Measures limiters on one Redis: this library's, Bucket4j's and Redisson's, each in turn, some times, for each number
 * of calls under way; with one limit, with three of an endpoint, with two of it and one of a group of endpoints, and
 * with one of it, a group's calls a month and an account's characters a month. It prints a Markdown table.
 *
 * <pre>{@code
 * java -cp ratelimit-bench/target/benchmarks.jar dev.ratelimit.bench.RedisComparison
 * }</pre>
 *
 * <p>It takes about four minutes. Exit codes: 0; 1 if a call is refused or fails; 2 if the options are wrong.
 */
@Command(
        name = "RedisComparison",
        description = "Measures limiters on one Redis, and prints a Markdown table.",
        mixinStandardHelpOptions = true)
public final class RedisComparison implements Callable<Integer> {

    private static final Limit MINUTE = RateLimit.perMinute(1_000);
    private static final Limit SECOND = RateLimit.perSecond(100);
    private static final Limit HOUR = RateLimit.perHour(10_000);
    private static final List<Scopes> SECTIONS = List.of(
            new Scopes("1", List.of(List.of(MINUTE))),
            new Scopes("3", List.of(List.of(MINUTE, SECOND, HOUR))),
            new Scopes("2, 1 of a group", List.of(List.of(MINUTE, SECOND), List.of(HOUR))),
            new Scopes(
                    "1, 1 of a group, 1 of characters",
                    List.of(
                            List.of(MINUTE),
                            List.of(Quota.perMonth(1_000_000)),
                            List.of(Quota.perMonth(Unit.CHARACTERS, 100_000_000)))));
    private static final int[] IN_FLIGHT = {1, 8, 64};
    private static final int WARMING = 64;
    private static final String OURS = "ratelimit";

    private static final String NOTES = """

            The last column is this library's decisions per second divided by those in the line: above 1, this library
            is faster. p99 is of the calls of all runs. Commands are those that clients send, counted by `INFO
            commandstats`. The server's time is the processor time of its whole process by `INFO cpu`. A call is asked
            for as soon as one is answered, of an organization at random; all are admitted.

            All have the settings they come with: this library and Bucket4j send over one connection, Redisson over a
            pool. Bucket4j takes all limits that count the same units of the same calls in one bucket, of tokens that
            are refilled little by little: a window may see up to twice the amount. It reads the bucket, decides in the
            client, and writes it if nobody else has; else it tries again. What a group of endpoints shares, and what is
            counted in another unit, needs a bucket of its own, and so two calls more. Redisson needs a call for each
            limit. Where there are several calls, they are sent at once, and if one refuses, the others stay charged:
            Redisson cannot undo them, Bucket4j only by further calls. Bucket4j and Redisson go by the clocks of the
            clients, and know no calendar: a month is 30 days to them. The server and the clients share the processors.
            A server whose allocator is libc's takes longer for scripts than one with jemalloc.
            """;

    private final PrintWriter out;

    @Option(
            names = "--redis",
            description = "the URI of a server, all of whose data is deleted; unless stated, one is started")
    private @Nullable String uri;

    @Option(names = "--millis", converter = Positive.class, description = "how long a run is, 2000 unless stated")
    private int millis = 2_000;

    @Option(
            names = "--runs",
            converter = Positive.class,
            description = "how many runs there are for each number, 3 unless stated")
    private int runs = 3;

    @Option(
            names = "--organizations",
            converter = Positive.class,
            description = "how many organizations call, 10000 unless stated")
    private int organizations = 10_000;

    RedisComparison(PrintWriter out) {
        this.out = out;
    }

    /**
     * Runs the comparison and ends the JVM.
     *
     * @param arguments the command line; {@code --help} explains it
     */
    public static void main(String... arguments) {
        RedisComparison comparison = new RedisComparison(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        System.exit(new CommandLine(comparison).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (uri != null) {
            compare(uri);
            return 0;
        }
        int port = freePort();
        RedisServer server = RedisServer.builder()
                .port(port)
                .bind("127.0.0.1")
                .setting("save \"\"")
                .build();
        server.start();
        try {
            compare("redis://127.0.0.1:" + port);
        } finally {
            server.stop();
        }
        return 0;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private void compare(String server) throws IOException, InterruptedException {
        RedisClient client = RedisClient.create(server);
        try {
            RedisCommands<String, String> commands = client.connect().sync();
            Machine.lines().forEach(out::println);
            out.println("- server: Redis %s, allocator %s"
                    .formatted(told(commands, "server", "redis_version"), told(commands, "memory", "mem_allocator")));
            out.printf(
                    "- runs: %,d of %,d ms for each line, of which the median is told; %s%n",
                    runs, millis, Counted.of(organizations, "organizations"));
            out.println("- limits: " + inWords());
            out.println("""

                    | limits | in flight | limiter | decisions/s | p99 in µs | commands/decision \
                    | server's µs/decision | this library to it |
                    |--:|--:|---|--:|--:|--:|--:|--:|""");
            for (Scopes limits : SECTIONS) {
                compare(server, commands, limits);
            }
        } finally {
            client.shutdown();
        }
        out.print(NOTES);
        out.flush();
    }

    private static String told(RedisCommands<String, String> commands, String section, String field) {
        return commands.info(section)
                .lines()
                .filter(line -> line.startsWith(field + ":"))
                .map(line -> line.substring(field.length() + 1))
                .findFirst()
                .orElse("unknown");
    }

    private static String inWords() {
        return SECTIONS.stream()
                .flatMap(Scopes::all)
                .distinct()
                .map(Limit::toString)
                .collect(Collectors.joining(", "));
    }

    private void compare(String server, RedisCommands<String, String> commands, Scopes limits)
            throws InterruptedException {
        commands.flushall();
        Map<String, RedisRival> rivals = new LinkedHashMap<>();
        try {
            rivals.put(OURS, new RatelimitOnRedis(server, limits));
            rivals.put("bucket4j", new Bucket4jOnRedis(server, limits, organizations));
            rivals.put("redisson", new RedissonOnRedis(server, limits, organizations));
            for (RedisRival rival : rivals.values()) {
                warmUp(rival);
            }
            for (int inFlight : IN_FLIGHT) {
                Map<String, Series> series = new LinkedHashMap<>();
                rivals.forEach((name, rival) -> series.put(name, new Series(rival, commands)));
                for (int i = 0; i < runs; i++) {
                    for (Series each : series.values()) {
                        each.run(organizations, inFlight, TimeUnit.MILLISECONDS.toNanos(millis));
                    }
                }
                print(series, limits.name(), inFlight);
            }
        } finally {
            rivals.values().forEach(RedisRival::close);
        }
    }

    /** Asks once for each organization, so that what is measured is no first call, and then for as long as a run. */
    private void warmUp(RedisRival rival) throws InterruptedException {
        for (int from = 0; from < organizations; from += WARMING) {
            CompletableFuture.allOf(IntStream.range(from, Math.min(from + WARMING, organizations))
                            .mapToObj(i -> rival.ask(i).toCompletableFuture())
                            .toArray(CompletableFuture<?>[]::new))
                    .join();
        }
        InFlight.measure(rival, organizations, WARMING, TimeUnit.MILLISECONDS.toNanos(millis));
    }

    private void print(Map<String, Series> series, String limits, int inFlight) {
        double ours = requireNonNull(series.get(OURS)).perSecond();
        series.forEach((name, each) -> out.printf(
                Locale.ROOT,
                "| %s | %d | %s | %,.0f | %,.0f | %.2f | %.1f | %.2f |%n",
                limits,
                inFlight,
                name,
                each.perSecond(),
                each.p99(),
                each.commands(),
                each.serverMicros(),
                ours / each.perSecond()));
    }
}
