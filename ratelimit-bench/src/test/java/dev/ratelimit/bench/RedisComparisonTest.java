package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The comparison, for moments: its times mean nothing, but how often each limiter asks Redis does. */
class RedisComparisonTest {

    @Test
    void everyLimiterIsMeasuredAndAsksRedisAsOftenAsItIsSaidTo() {
        StringWriter out = new StringWriter();
        int exit = new CommandLine(new RedisComparison(new PrintWriter(out)))
                .execute("--millis", "20", "--runs", "1", "--organizations", "100");
        assertThat(exit).as("%s", out).isZero();
        List<String[]> rows = out.toString()
                .lines()
                .filter(line -> line.matches("\\| \\d.*"))
                .map(line -> line.split(" *\\| *", -1))
                .toList();
        assertThat(rows).hasSize(36).allSatisfy(row -> {
            int buckets = row[1].split(",").length;
            double commands = Double.parseDouble(row[6]);
            assertThat(Double.parseDouble(row[7])).as("the server's µs").isBetween(1.0, 10_000.0);
            switch (row[3]) {
                case "ratelimit" -> assertThat(commands).isEqualTo(1);
                case "redisson" -> assertThat(commands).isEqualTo(row[1].equals("1") ? 1 : 3);
                // It tries again where two calls write the same bucket.
                default -> assertThat(commands).isGreaterThanOrEqualTo(2 * buckets);
            }
        });
        assertThat(out.toString()).contains("server: Redis ", "allocator ", "redisson 4.");
    }
}
