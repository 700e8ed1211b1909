package dev.ratelimit.bench;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/**
 * A picture of the time of an admitted and of a rejected call, a pair of bars for each limiter, on a logarithmic scale.
 */
final class ScoreChart {

    private static final Map<String, String> SETTING = Map.of("organizations", "1024", "spread", "uniform");
    private static final Color TEXT = new Color(0x33, 0x33, 0x33);
    private static final Color GRID = new Color(0xE6, 0xE6, 0xE6);

    private final List<Score> scores;

    ScoreChart(List<Score> scores) {
        this.scores = scores;
    }

    void write(Path file) throws IOException {
        ImageIO.write(BitmapEncoder.getBufferedImage(draw()), "png", file.toFile());
    }

    CategoryChart draw() {
        CategoryChart chart = new CategoryChartBuilder()
                .width(1280)
                .height(600)
                .title("One call, one of 1,024 organizations, JDK "
                        + Runtime.version().feature())
                .yAxisTitle("nanoseconds")
                .build();
        chart.getStyler()
                .setYAxisLogarithmic(true)
                // Bars would begin at zero, which is not on this axis.
                .setYAxisMin(1.0)
                .setYAxisDecimalPattern("#,##0")
                .setPlotGridVerticalLinesVisible(false)
                .setPlotGridLinesColor(GRID)
                .setAxisTickMarksColor(GRID)
                .setAxisTickLabelsColor(TEXT)
                .setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13))
                .setChartFontColor(TEXT)
                .setChartBackgroundColor(Color.WHITE)
                .setPlotBorderVisible(false)
                .setLegendPosition(LegendPosition.OutsideS)
                .setSeriesColors(new Color[] {new Color(0x2E, 0x8B, 0x57), new Color(0xC0, 0x39, 0x2B)});
        List<String> limiters = limiters();
        if (!limiters.isEmpty()) {
            addBars(chart, "admitted", "AdmitBenchmark.admitted", limiters);
            addBars(chart, "rejected", "RejectBenchmark.rejected", limiters);
        }
        return chart;
    }

    /** Returns the limiters that have both bars: what has one only would stand beside a gap that reads as nothing. */
    private List<String> limiters() {
        return scores.stream()
                .flatMap(score -> score.limiter().stream())
                .distinct()
                .filter(limiter -> find("AdmitBenchmark.admitted", limiter).isPresent())
                .filter(limiter -> find("RejectBenchmark.rejected", limiter).isPresent())
                .toList();
    }

    private Optional<Score> find(String benchmark, String limiter) {
        return scores.stream()
                .filter(score -> score.benchmark().equals(benchmark))
                .filter(score -> score.setting().equals(SETTING))
                .filter(score -> score.limiter().equals(Optional.of(limiter)))
                .findAny();
    }

    private void addBars(CategoryChart chart, String label, String benchmark, List<String> limiters) {
        List<Score> bars = limiters.stream()
                .flatMap(limiter -> find(benchmark, limiter).stream())
                .toList();
        chart.addSeries(label, limiters, bars.stream().map(Score::nanos).toList());
    }
}
