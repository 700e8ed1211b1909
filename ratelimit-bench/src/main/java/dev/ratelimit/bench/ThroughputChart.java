package dev.ratelimit.bench;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.knowm.xchart.CategoryChart;

/** A picture of how many calls two threads make in a second, for one organization or each for its own. */
final class ThroughputChart {

    private static final String BENCHMARK = "ContendedBenchmark.admitted";

    /** A thread makes 1,000 / ns calls in a microsecond, which is as many millions in a second. */
    private static final double TWO_THREADS = 2 * 1_000;

    private final List<Score> scores;

    ThroughputChart(List<Score> scores) {
        this.scores = scores.stream()
                .filter(score -> score.benchmark().equals(BENCHMARK))
                .toList();
    }

    void write(Path file) throws IOException {
        ChartStyle.write(draw(), file);
    }

    CategoryChart draw() {
        CategoryChart chart = ChartStyle.chart("Admitted calls of two threads", "million calls per second");
        chart.getStyler().setYAxisMin(0.0).setSeriesColors(new Color[] {ChartStyle.BAD, ChartStyle.GOOD});
        List<String> limiters = scores.stream()
                .flatMap(score -> score.limiter().stream())
                .distinct()
                .filter(limiter -> find("one", limiter).isPresent())
                .filter(limiter -> find("different", limiter).isPresent())
                .toList();
        if (!limiters.isEmpty()) {
            addBars(chart, "both for one organization", "one", limiters);
            addBars(chart, "each for its own", "different", limiters);
        }
        return chart;
    }

    private void addBars(CategoryChart chart, String label, String keys, List<String> limiters) {
        chart.addSeries(
                label,
                limiters.stream().map(Limiters::label).toList(),
                limiters.stream()
                        .map(limiter ->
                                TWO_THREADS / find(keys, limiter).orElseThrow().nanos())
                        .toList());
    }

    private Optional<Score> find(String keys, String limiter) {
        return scores.stream()
                .filter(score -> keys.equals(score.setting().get("keys")))
                .filter(score -> score.limiter().equals(Optional.of(limiter)))
                .findAny();
    }
}
