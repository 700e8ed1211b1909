package dev.ratelimit.bench;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.knowm.xchart.AnnotationLine;
import org.knowm.xchart.CategoryChart;

/**
 * A picture of the time of an admitted and of a rejected call, a pair of bars for each limiter, on a linear scale, with
 * errors and the floor as a line. Slow limiters would make the others' bars too short to compare, and stand in a table.
 */
final class ScoreChart {

    /** A limiter is slow if one of its calls takes more than as many times the time of this library's. */
    static final int SLOW = 3;

    private static final String ADMITTED = "AdmitBenchmark.admitted";
    private static final String REJECTED = "RejectBenchmark.rejected";
    private static final Map<String, String> SETTING = Map.of("organizations", "1024", "spread", "uniform");

    private final List<Score> scores;

    ScoreChart(List<Score> scores) {
        this.scores = scores;
    }

    void write(Path file) throws IOException {
        ChartStyle.write(draw(), file);
    }

    CategoryChart draw() {
        CategoryChart chart = ChartStyle.chart("Time of one call, one of 1,024 organizations", "nanoseconds");
        chart.getStyler().setSeriesColors(new Color[] {ChartStyle.GOOD, ChartStyle.BAD});
        List<String> fast =
                limiters().stream().filter(limiter -> !isSlow(limiter)).toList();
        if (!fast.isEmpty()) {
            addBars(chart, "admitted", ADMITTED, fast);
            addBars(chart, "rejected", REJECTED, fast);
            double top = fast.stream()
                    .flatMap(limiter -> both(limiter).stream())
                    .mapToDouble(score -> score.nanos() + errorOf(score))
                    .max()
                    .orElseThrow();
            // The axis ends where the longest error bar does, and begins at nothing, as a bar has to.
            chart.getStyler().setYAxisMin(0.0).setYAxisMax(1.05 * top);
            floor().ifPresent(nanos -> addFloor(chart, nanos));
        }
        return chart;
    }

    /** Returns the slow limiters as lines of Markdown; none if there are none. */
    List<String> tableOfSlow() {
        List<String> slow = limiters().stream().filter(this::isSlow).toList();
        List<String> lines = new ArrayList<>();
        if (!slow.isEmpty()) {
            lines.add("Not in the picture, since a call takes more than %d times as long as here:".formatted(SLOW));
            lines.addAll(List.of("", "| limiter | admitted, ns | rejected, ns |", "|---|--:|--:|"));
        }
        slow.forEach(limiter -> lines.add(String.format(
                Locale.ROOT,
                "| %s | %,.0f | %,.0f |",
                Limiters.label(limiter),
                both(limiter).get(0).nanos(),
                both(limiter).get(1).nanos())));
        return lines;
    }

    /** Returns the limiters that have both bars: what has one only would stand beside a gap that reads as nothing. */
    private List<String> limiters() {
        return scores.stream()
                .flatMap(score -> score.limiter().stream())
                .distinct()
                .filter(limiter -> both(limiter).size() == 2)
                .toList();
    }

    private boolean isSlow(String limiter) {
        List<Score> ours = both(ScoreTable.OURS);
        List<Score> theirs = both(limiter);
        return ours.size() == 2
                && (theirs.get(0).nanos() > SLOW * ours.get(0).nanos()
                        || theirs.get(1).nanos() > SLOW * ours.get(1).nanos());
    }

    /** Returns what was measured of an admitted and of a rejected call. */
    private List<Score> both(String limiter) {
        List<Score> both = new ArrayList<>();
        find(ADMITTED, limiter).ifPresent(both::add);
        find(REJECTED, limiter).ifPresent(both::add);
        return both;
    }

    private Optional<Score> find(String benchmark, String limiter) {
        return scores.stream()
                .filter(score -> score.benchmark().equals(benchmark))
                .filter(score -> score.setting().equals(SETTING))
                .filter(score -> score.limiter().equals(Optional.of(limiter)))
                .findAny();
    }

    private Optional<Double> floor() {
        return scores.stream()
                .filter(score -> score.benchmark().equals(ScoreTable.FLOOR))
                .map(Score::nanos)
                .findAny();
    }

    private void addBars(CategoryChart chart, String label, String benchmark, List<String> limiters) {
        List<Score> bars = limiters.stream()
                .flatMap(limiter -> find(benchmark, limiter).stream())
                .toList();
        chart.addSeries(
                label,
                limiters.stream().map(Limiters::label).toList(),
                bars.stream().map(Score::nanos).toList(),
                bars.stream().map(ScoreChart::errorOf).toList());
    }

    private static double errorOf(Score score) {
        return Double.isNaN(score.error()) ? 0 : score.error();
    }

    private static void addFloor(CategoryChart chart, double nanos) {
        chart.setTitle(chart.getTitle() + "; the line is the floor, clock read and CAS: %.0f ns".formatted(nanos));
        chart.getStyler().setAnnotationLineColor(Color.BLACK);
        chart.addAnnotation(new AnnotationLine(nanos, false, false));
    }
}
