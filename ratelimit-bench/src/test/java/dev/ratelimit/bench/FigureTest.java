package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FigureTest {

    private static final Map<String, String> MANY = Map.of("organizations", "1024", "spread", "uniform");

    /** A round whose admitted calls take so long, where everything else takes 100 nanoseconds. */
    private static List<Score> round(double ours, double bytes, double bucket4j) {
        Stream<Score> named = Stream.of(
                score("AdmitBenchmark.admitted", "ratelimit", MANY, ours, bytes),
                score("AdmitBenchmark.admitted", "bucket4j", MANY, bucket4j, 0),
                score("WindowBenchmark.admitted", "", Map.of(), 100, 0),
                score(ScoreTable.FLOOR, "", Map.of(), 100, 0),
                score("ContendedBenchmark.admitted", "ratelimit", Map.of("keys", "different"), 100, 0));
        Stream<Score> buckets = Stream.of(score("AdmitBenchmark.admitted", "ratelimit-bucket", MANY, 100, 0));
        Stream<Score> ofBoth = Stream.of("ratelimit", "bucket4j")
                .flatMap(limiter -> Stream.of(
                        score("RejectBenchmark.rejected", limiter, MANY, 100, 0),
                        score("ExactBenchmark.tryAcquire", limiter, Map.of("organizations", "64"), 100, 0),
                        score("ExactBenchmark.tryAcquire", limiter, Map.of("organizations", "1024"), 100, 0),
                        score("CompositeBenchmark.admitted", limiter, Map.of("organizations", "1024"), 100, 0),
                        score(
                                "ContendedBenchmark.admitted",
                                limiter,
                                Map.of("keys", "different", "threads", "2"),
                                100,
                                0),
                        score("ContendedBenchmark.admitted", limiter, Map.of("keys", "one", "threads", "2"), 100, 0)));
        return Stream.of(named, buckets, ofBoth).flatMap(each -> each).toList();
    }

    private static Score score(
            String benchmark, String limiter, Map<String, String> setting, double nanos, double bytes) {
        return new Score(
                benchmark,
                Optional.of(limiter).filter(name -> !name.isEmpty()),
                setting,
                nanos,
                Double.NaN,
                bytes,
                List.of());
    }

    @Test
    void aFigureIsTheMedianOfTheRoundsRatios() {
        // The times of either alone would have the median 60 / 100.
        List<List<Score>> rounds = List.of(round(60, 1, 75), round(40, 2, 100), round(90, 3, 100));
        assertThat(Figure.table(rounds))
                .contains("| admitted | AdmitBenchmark.admitted ratelimit organizations 1024, spread uniform"
                        + " | AdmitBenchmark.admitted bucket4j organizations 1024, spread uniform"
                        + " | 0.75 | 0.80 | 0.40 to 0.90 | 3 |")
                .contains("| a window alone | WindowBenchmark.admitted | FloorBenchmark.both"
                        + " | 1.10 | 1.00 | 1.00 to 1.00 | 0 |")
                .hasSize(2 + Figure.ALL.size());
    }

    @Test
    void theMedianOfTwoRoundsLiesBetweenThem() {
        assertThat(Figure.table(List.of(round(50, 0, 100), round(60, 0, 100))))
                .anyMatch(row -> row.contains("| 0.55 | 0.50 to 0.60 |"));
    }

    @Test
    void aRoundWithoutALineIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Figure.table(List.of(round(50, 0, 100).subList(1, 3))))
                .withMessageContaining("line=");
    }
}
