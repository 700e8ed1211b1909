package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategorySeries;

class ReportChartsTest {

    private static final Map<String, String> MANY = Map.of("organizations", "1024", "spread", "uniform");
    private static final List<Score> CALLS = List.of(
            score("FloorBenchmark.both", "", Map.of(), 30),
            score("AdmitBenchmark.admitted", "ratelimit", MANY, 60),
            score("RejectBenchmark.rejected", "ratelimit", MANY, 50),
            score("AdmitBenchmark.admitted", "guava", MANY, 70),
            score("RejectBenchmark.rejected", "guava", MANY, 150),
            score("AdmitBenchmark.admitted", "sentinel", MANY, 80),
            score("RejectBenchmark.rejected", "sentinel", MANY, 1_151),
            score("AdmitBenchmark.admitted", "failsafe", MANY, 70));

    private static Score score(String benchmark, String limiter, Map<String, String> setting, double nanos) {
        return score(benchmark, limiter, setting, nanos, List.of());
    }

    private static Score score(
            String benchmark, String limiter, Map<String, String> setting, double nanos, List<Double> percentiles) {
        return new Score(
                benchmark,
                Optional.of(limiter).filter(name -> !name.isEmpty()),
                setting,
                nanos,
                nanos / 10,
                24,
                percentiles);
    }

    private static List<Object> xOf(CategorySeries series) {
        return List.copyOf((Collection<?>) series.getXData());
    }

    private static void assertDrawn(Path file) throws IOException {
        assertThat(ImageIO.read(file.toFile()).getWidth()).isEqualTo(ChartStyle.WIDTH);
    }

    @Test
    void callsHaveABarWithAnErrorForEachLimiterThatHasBothAndIsNotSlow(@TempDir Path folder) throws IOException {
        ScoreChart calls = new ScoreChart(CALLS);
        CategoryChart chart = calls.draw();
        assertThat(chart.getSeriesCollection())
                .extracting(CategorySeries::getName)
                .containsExactly("admitted", "rejected");
        assertThat(chart.getSeriesCollection())
                .allSatisfy(series -> assertThat(xOf(series)).isEqualTo(List.of("this library", "Guava")));
        assertThat(chart.getSeries("rejected").getYData()).containsExactly(50, 150);
        assertThat(chart.getSeries("rejected").getExtraValues()).containsExactly(5, 15);
        assertThat(chart.getStyler().isYAxisLogarithmic()).isFalse();
        assertThat(chart.getStyler().getYAxisMin()).isZero();
        calls.write(folder.resolve("calls.png"));
        assertDrawn(folder.resolve("calls.png"));
    }

    @Test
    void aSlowLimiterStandsInATable() {
        assertThat(new ScoreChart(CALLS).tableOfSlow()).last().isEqualTo("| Sentinel | 80 | 1,151 |");
        assertThat(new ScoreChart(CALLS.subList(0, 5)).tableOfSlow()).isEmpty();
    }

    @Test
    void latencyHasALineForEachLimiter(@TempDir Path folder) throws IOException {
        List<Double> percentiles = List.of(80.0, 110.0, 250.0, 9_000.0);
        LatencyChart latency = new LatencyChart(Stream.concat(
                        CALLS.stream(),
                        Stream.of(score(
                                "LatencyBenchmark.admitted",
                                "guava",
                                Map.of("organizations", "1024"),
                                90,
                                percentiles)))
                .toList());
        assertThat(latency.draw().getSeriesCollection()).hasSize(1);
        CategorySeries guava = latency.draw().getSeries("Guava");
        assertThat(xOf(guava)).isEqualTo(List.of("50 %", "99 %", "99.9 %", "99.99 %"));
        assertThat(guava.getYData()).containsExactly(80, 110, 250, 9_000);
        latency.write(folder.resolve("latency.png"));
        assertDrawn(folder.resolve("latency.png"));
    }

    @Test
    void throughputIsThatOfTwoThreads(@TempDir Path folder) throws IOException {
        ThroughputChart throughput = new ThroughputChart(List.of(
                score("ContendedBenchmark.admitted", "guava", Map.of("keys", "one", "threads", "2"), 200),
                score("ContendedBenchmark.admitted", "guava", Map.of("keys", "different", "threads", "2"), 50),
                score("ContendedBenchmark.admitted", "failsafe", Map.of("keys", "one", "threads", "2"), 50)));
        CategoryChart chart = throughput.draw();
        assertThat(chart.getSeriesCollection())
                .allSatisfy(series -> assertThat(xOf(series)).isEqualTo(List.of("Guava")));
        assertThat(chart.getSeriesCollection())
                .extracting(CategorySeries::getYData)
                .containsExactly(new double[] {10}, new double[] {40});
        throughput.write(folder.resolve("throughput.png"));
        assertDrawn(folder.resolve("throughput.png"));
    }
}
