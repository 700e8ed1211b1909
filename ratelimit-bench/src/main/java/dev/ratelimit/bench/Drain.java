package dev.ratelimit.bench;

import com.zaxxer.hikari.HikariDataSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Several JVMs that use up the same quotas, each until all organizations are refused. What they admit is counted by
 * them, whatever the database says.
 *
 * @param organizations how many there are
 * @param amount the units of each
 * @param machines how many JVMs there are
 * @param seconds when they stop, if the quotas are not used up before
 * @param warmUpSeconds for how long they use up other quotas before
 */
record Drain(int organizations, int amount, int machines, int seconds, int warmUpSeconds) {

    private static final String SCHEMA = "drain";

    /**
     * What was seen.
     *
     * @param perSecond calls that were admitted in a second
     * @param p99Nanos the p99 of the calls of all machines
     * @param longestP99Nanos the p99 of the machine where it was longest
     * @param admitted calls that were admitted of each organization, by all machines
     */
    record Outcome(double perSecond, long p99Nanos, long longestP99Nanos, List<Long> admitted) {

        /** Returns how many calls were admitted. */
        long all() {
            return admitted.stream().mapToLong(calls -> calls).sum();
        }

        /** Returns how many organizations were admitted more than their amount. */
        long above(long amount) {
            return count(amount, Long.MAX_VALUE);
        }

        /** Returns how many organizations were admitted just their amount. */
        long exact(long amount) {
            return count(amount - 1, amount);
        }

        private long count(long above, long most) {
            return admitted.stream()
                    .filter(calls -> calls > above && calls <= most)
                    .count();
        }
    }

    Outcome run(SqlServer server, SqlLimiter limiter) throws IOException, InterruptedException, SQLException {
        server.reset(SCHEMA);
        try (HikariDataSource pool = SqlServer.pool(server.url(), SCHEMA, 1)) {
            limiter.open(pool, new Scopes("0", List.of()), 0).close(); // with its tables, which all machines would make
        }
        List<Process> running = new ArrayList<>();
        try {
            for (int i = 0; i < machines; i++) {
                running.add(start(server, limiter, i * organizations / machines));
            }
            return measure(running);
        } finally {
            running.forEach(Process::destroyForcibly);
        }
    }

    private Outcome measure(List<Process> running) throws IOException {
        List<BufferedReader> told = new ArrayList<>();
        for (Process machine : running) {
            BufferedReader lines = machine.inputReader();
            Answers.require("ready".equals(lines.readLine()), "a machine must be ready", machine);
            told.add(lines);
        }
        long start = System.nanoTime();
        for (Process machine : running) {
            machine.getOutputStream().write('\n');
            machine.getOutputStream().flush();
        }
        long longestP99 = 0;
        NavigableMap<Long, Double> calls = new TreeMap<>();
        long[] admitted = new long[organizations];
        for (BufferedReader lines : told) {
            String line = lines.readLine();
            Answers.require(line != null, "a machine must tell what it admitted", told);
            long[] numbers =
                    Stream.of(line.split(" ", -1)).mapToLong(Long::parseLong).toArray();
            long[] perMille = Arrays.copyOfRange(numbers, 1, numbers.length - organizations);
            longestP99 = Math.max(longestP99, perMille[990]);
            for (long nanos : perMille) {
                calls.merge(nanos, numbers[0] / (double) perMille.length, Double::sum);
            }
            for (int i = 0; i < organizations; i++) {
                admitted[i] += numbers[numbers.length - organizations + i];
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Outcome(
                LongStream.of(admitted).sum() / seconds,
                p99(calls),
                longestP99,
                LongStream.of(admitted).boxed().toList());
    }

    /** Returns the nanoseconds in which 99 of 100 calls were answered, given how many took how long. */
    private static long p99(NavigableMap<Long, Double> calls) {
        double longer = calls.values().stream().mapToDouble(Double::doubleValue).sum() / 100;
        for (Map.Entry<Long, Double> each : calls.descendingMap().entrySet()) {
            longer -= each.getValue();
            if (longer < 0) {
                return each.getKey();
            }
        }
        return 0;
    }

    private Process start(SqlServer server, SqlLimiter limiter, int first) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                DrainingMachine.class.getName(),
                limiter.name(),
                server.url(),
                SCHEMA,
                String.valueOf(organizations),
                String.valueOf(amount),
                String.valueOf(seconds),
                String.valueOf(first),
                String.valueOf(warmUpSeconds));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
