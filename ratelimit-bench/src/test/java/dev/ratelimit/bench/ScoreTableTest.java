package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScoreTableTest {

    private static final Score FLOOR = score("FloorBenchmark.both", "", Map.of(), 40);

    private static Score score(String benchmark, String limiter, Map<String, String> setting, double nanos) {
        return new Score(
                benchmark,
                Optional.of(limiter).filter(name -> !name.isEmpty()),
                setting,
                nanos,
                nanos / 10,
                24,
                List.of());
    }

    private static List<String> rows(Score... scores) {
        return new ScoreTable(List.of(scores)).lines().stream().skip(2).toList();
    }

    @Test
    void aLineIsARatioToTheFloorAndThisLibrarysTimeToIt() {
        Map<String, String> setting = Map.of("organizations", "1024");
        assertThat(rows(
                        FLOOR,
                        score("AdmitBenchmark.admitted", "ratelimit", setting, 60),
                        score("AdmitBenchmark.admitted", "guava", setting, 1_200)))
                .containsExactly(
                        "| FloorBenchmark.both |  |  | 40.0 | 4.0 | 24 | 1.00 |  |",
                        "| AdmitBenchmark.admitted | organizations 1024 | ratelimit | 60.0 | 6.0 | 24 | 1.50 | 1.00 |",
                        "| AdmitBenchmark.admitted | organizations 1024 | guava | 1,200.0 | 120.0 | 24 | 30.00 | "
                                + "0.05 |");
    }

    @Test
    void onlyLinesOfOneBenchmarkAndSettingAreCompared() {
        Map<String, String> one = Map.of("organizations", "1");
        assertThat(rows(
                        score("AdmitBenchmark.admitted", "ratelimit", one, 60),
                        score("AdmitBenchmark.admitted", "guava", Map.of("organizations", "1024"), 120),
                        score("RejectBenchmark.rejected", "guava", one, 120)))
                .containsExactly(
                        "| AdmitBenchmark.admitted | organizations 1 | ratelimit | 60.0 | 6.0 | 24 |  | 1.00 |",
                        "| AdmitBenchmark.admitted | organizations 1024 | guava | 120.0 | 12.0 | 24 |  |  |",
                        "| RejectBenchmark.rejected | organizations 1 | guava | 120.0 | 12.0 | 24 |  |  |");
    }

    @Test
    void aDistributionHasItsPercentilesInATableOfItsOwn() {
        Score latency = new Score(
                "LatencyBenchmark.admitted",
                Optional.of("ratelimit"),
                Map.of(),
                90,
                Double.NaN,
                Double.NaN,
                List.of(80.0, 110.0, 250.0, 9_000.0));
        assertThat(rows(FLOOR, latency))
                .endsWith(
                        "| LatencyBenchmark.admitted |  | ratelimit | 90.0 |  |  | 2.25 | 1.00 |",
                        "",
                        "| ns of a call | limiter | p50 | p99 | p99.9 | p99.99 |",
                        "|---|---|--:|--:|--:|--:|",
                        "| LatencyBenchmark.admitted | ratelimit | 80 | 110 | 250 | 9,000 |");
    }

    @Test
    void limitersOfOneSettingStandTogether() {
        Score one = score("B", "ratelimit", Map.of("organizations", "1"), 1);
        Score many = score("B", "ratelimit", Map.of("organizations", "1024"), 2);
        Score peerOfOne = score("B", "guava", Map.of("organizations", "1"), 3);
        Score other = score("A", "", Map.of(), 4);
        assertThat(Report.inOrder(List.of(one, many, peerOfOne, other))).containsExactly(other, one, peerOfOne, many);
    }
}
