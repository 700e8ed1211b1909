package dev.ratelimit.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.List;
import java.util.Locale;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;

/** A picture of how long nearly all calls of each limiter take at most, a line for each, on a logarithmic scale. */
final class LatencyChart {

    private static final String BENCHMARK = "LatencyBenchmark.admitted";

    private static final float WIDTH_OF_OURS = 5;

    private final List<Score> scores;

    LatencyChart(List<Score> scores) {
        this.scores = scores;
    }

    void write(Path file) throws IOException {
        ChartStyle.write(draw(), file);
    }

    CategoryChart draw() {
        CategoryChart chart = ChartStyle.chart(
                "Latency of an admitted call, two threads, 1,024 organizations", "nanoseconds at most");
        chart.setXAxisTitle("part of the calls");
        chart.getStyler()
                .setDefaultSeriesRenderStyle(CategorySeriesRenderStyle.Line)
                // Else each line would begin and end beside the others.
                .setOverlapped(true)
                .setYAxisLogarithmic(true)
                .setLegendPosition(LegendPosition.OutsideE);
        List<String> percents = Score.PERCENTS.stream()
                .map(percent ->
                        new DecimalFormat("0.## '%'", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(percent))
                .toList();
        scores.stream()
                .filter(score -> score.benchmark().equals(BENCHMARK))
                .filter(score -> "1024".equals(score.setting().get("organizations")))
                .forEach(score -> add(chart, score, percents));
        return chart;
    }

    private static void add(CategoryChart chart, Score score, List<String> percents) {
        String limiter = score.limiter().orElseThrow();
        CategorySeries line = chart.addSeries(Limiters.label(limiter), percents, score.percentiles());
        if (limiter.equals(ScoreTable.OURS)) {
            line.setLineColor(ChartStyle.GOOD).setLineWidth(WIDTH_OF_OURS);
            line.setMarkerColor(ChartStyle.GOOD);
        }
    }
}
