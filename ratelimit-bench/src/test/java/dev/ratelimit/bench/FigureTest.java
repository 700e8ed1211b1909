package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FigureTest {

    private static final Line OURS = admitted("ratelimit");

    private static Line admitted(String limiter) {
        return Line.of("AdmitBenchmark.admitted", "organizations", "1024", "spread", "uniform", "limiter", limiter);
    }

    /** A round with these times of admitted calls, where everything else takes 100 nanoseconds. */
    private static Map<Line, Score> round(double ours, double bytes, double guava, double failsafe) {
        Map<Line, Score> round = new HashMap<>();
        Figure.lines().forEach(line -> round.put(line, score(100, 0)));
        round.put(OURS, score(ours, bytes));
        round.put(admitted("guava"), score(guava, 0));
        round.put(admitted("failsafe"), score(failsafe, 0));
        return round;
    }

    private static Score score(double nanos, double bytes) {
        return new Score("B.b", Optional.empty(), Map.of(), nanos, Double.NaN, bytes, List.of());
    }

    @Test
    void aFigureIsTheMedianOfTheRoundsRatios() {
        // The times of either alone would have the median 60 / 80.
        List<Map<Line, Score>> rounds = List.of(round(60, 1, 75, 99), round(40, 2, 80, 99), round(90, 3, 90, 99));
        assertThat(Figure.rows(rounds))
                .contains("| admitted, 1,024 organizations | the fastest peer | Guava"
                        + " | 0.95 | 0.80 | 0.50 to 1.00 | yes | 60.0 | 80.0 | 3 |")
                .contains("| a window alone, no names | the floor: clock read and CAS | "
                        + " | 1.10 | 1.00 | 1.00 to 1.00 | yes | 100.0 | 100.0 | 0 |")
                .hasSize(Figure.ALL.size());
    }

    @Test
    void theFastestPeerIsTheOneWhoseMedianIsTheLeast() {
        // Guava has the least time of all, and Failsafe the least median.
        List<Map<Line, Score>> rounds = List.of(round(60, 0, 20, 50), round(60, 0, 90, 50), round(60, 0, 90, 50));
        assertThat(Figure.rows(rounds))
                .anyMatch(row -> row.startsWith("| admitted, 1,024 organizations | the fastest peer | Failsafe"
                        + " | 0.95 | 1.20 | 1.20 to 1.20 | no |"));
    }

    @Test
    void theMedianOfTwoRoundsLiesBetweenThem() {
        assertThat(Spread.of(3, 1)).isEqualTo(new Spread(2, 1, 3));
        assertThat(Spread.of(3, 1, 7)).isEqualTo(new Spread(3, 1, 7));
    }

    @Test
    void aRoundWithoutALineIsRefused() {
        Map<Line, Score> round = round(50, 0, 90, 90);
        round.remove(OURS);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Figure.rows(List.of(round)))
                .withMessageContaining("line=AdmitBenchmark.admitted, limiter ratelimit, organizations 1024");
    }
}
