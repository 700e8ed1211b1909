package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The comparison, for moments: its times mean nothing, but what is admitted in all does. */
class SqlComparisonTest {

    @Test
    void everyLimiterIsMeasuredAndAdmitsJustTheAmount() {
        StringWriter out = new StringWriter();
        int exit = new CommandLine(new SqlComparison(new PrintWriter(out)))
                .execute(
                        "--millis=50",
                        "--runs=1",
                        "--threads=2",
                        "--organizations=20",
                        "--amount=40",
                        "--machines=2",
                        "--seconds=30",
                        "--warm-up=1");
        assertThat(exit).as("%s", out).isZero();
        List<String[]> rows = out.toString()
                .lines()
                .filter(line -> line.matches("\\| (\\d|rate|bucket).*"))
                .map(line -> line.split(" *\\| *", -1))
                .toList();
        assertThat(rows).hasSize(12);
        assertThat(rows.subList(0, 9)).allSatisfy(row -> assertThat(row[4]).isNotEqualTo("0"));
        assertThat(rows.subList(9, 12)).allSatisfy(row -> assertThat(row).contains("100.0 %", "20, 0"));
        assertThat(out.toString())
                .contains("server: PostgreSQL ", "fsync on, synchronous_commit on", "bucket4j-postgresql 8.");
    }
}
