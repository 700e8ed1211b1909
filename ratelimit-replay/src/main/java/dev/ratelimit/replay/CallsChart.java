package dev.ratelimit.replay;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Decision;
import dev.ratelimit.spi.Printable;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.TimeZone;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A picture of the calls per minute: admitted and refused ones stacked, and a line for each limit that refused. */
final class CallsChart implements Output {

    /** The most lines; what further limits refused is one line more. */
    private static final int MAX_LINES = 4;

    private static final Color ADMITTED = new Color(0xA8, 0xD5, 0xBA);
    private static final Color REFUSED = new Color(0xF6, 0xC5, 0xBE);
    private static final Color[] LINES = {
        new Color(0xC0, 0x39, 0x2B),
        new Color(0x2E, 0x5F, 0xA3),
        new Color(0x8E, 0x44, 0xAD),
        new Color(0xC7, 0x7D, 0x0A)
    };
    private static final Color OTHERS = new Color(0x60, 0x60, 0x60);
    private static final Color TEXT = new Color(0x33, 0x33, 0x33);
    private static final Color GRID = new Color(0xE6, 0xE6, 0xE6);

    private final Timeline timeline = new Timeline();
    private final String title;
    private final OutputStream out;

    CallsChart(String title, OutputStream out) {
        this.title = title;
        this.out = out;
    }

    @Override
    public void decided(Row row, Decision decision) {
        timeline.decided(row, decision);
    }

    @Override
    public void finish() throws IOException {
        ImageIO.write(BitmapEncoder.getBufferedImage(draw()), "png", out);
    }

    private XYChart draw() {
        XYChart chart = new XYChartBuilder()
                .width(1280)
                .height(680)
                .title(Printable.of("Calls under " + title, 80))
                .xAxisTitle("time (UTC)")
                .yAxisTitle("calls per minute")
                .build();
        style(chart);
        if (timeline.length() == 0) {
            return chart;
        }
        chart.getStyler()
                .setYAxisMax(1.05 * rate(Arrays.stream(timeline.calls()).max().orElse(0)));
        // The later area covers the earlier: what is seen of all calls are the refused ones.
        addArea(chart, "refused", timeline.calls(), REFUSED);
        addArea(chart, "admitted", timeline.admitted(), ADMITTED);
        long[] others = timeline.calls();
        subtract(others, timeline.admitted());
        List<AppliedLimit> limits = timeline.limits(MAX_LINES);
        for (int i = 0; i < limits.size(); i++) {
            AppliedLimit limit = limits.get(i);
            long[] refused = timeline.refusals(limit);
            addLine(
                    chart,
                    "refused by " + Printable.of(ReportedLimit.scope(limit), 30) + ": "
                            + limit.limit().inWords(),
                    refused,
                    LINES[i]);
            subtract(others, refused);
        }
        if (Arrays.stream(others).anyMatch(refused -> refused > 0)) {
            addLine(chart, "refused by other limits", others, OTHERS);
        }
        return chart;
    }

    private static void subtract(long[] from, long[] counts) {
        Arrays.setAll(from, i -> from[i] - counts[i]);
    }

    private void addArea(XYChart chart, String label, long[] counts, Color color) {
        add(chart, label, counts, color)
                .setXYSeriesRenderStyle(XYSeriesRenderStyle.StepArea)
                .setFillColor(color);
    }

    private void addLine(XYChart chart, String label, long[] counts, Color color) {
        add(chart, label, counts, color)
                .setXYSeriesRenderStyle(XYSeriesRenderStyle.Step)
                .setLineStyle(new BasicStroke(2, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    }

    private XYSeries add(XYChart chart, String label, long[] counts, Color color) {
        List<Date> times = new ArrayList<>();
        List<Double> rates = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            times.add(Date.from(timeline.start(i)));
            rates.add(rate(counts[i]));
        }
        // A step lasts until the next one begins, the last one until its bucket ends.
        times.add(Date.from(timeline.start(counts.length)));
        rates.add(rates.get(counts.length - 1));
        // Names differ, but labels may not: two limits may read the same.
        XYSeries series =
                chart.addSeries("series " + chart.getSeriesCollection().size(), times, rates);
        series.setMarker(SeriesMarkers.NONE).setLineColor(color).setLabel(label);
        return series;
    }

    private double rate(long calls) {
        return (double) calls
                * Duration.ofMinutes(1).toNanos()
                / timeline.width().toNanos();
    }

    private static void style(XYChart chart) {
        chart.getStyler()
                .setTimezone(TimeZone.getTimeZone("UTC"))
                .setYAxisMin(0.0)
                .setYAxisDecimalPattern("#,##0")
                .setPlotGridVerticalLinesVisible(false)
                .setPlotGridLinesColor(GRID)
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setAxisTickMarksColor(GRID)
                .setAxisTickLabelsColor(TEXT)
                .setAxisTitleFont(font(Font.PLAIN, 14))
                .setAxisTickLabelsFont(font(Font.PLAIN, 13))
                .setChartTitleFont(font(Font.BOLD, 18))
                .setChartTitlePadding(12)
                .setChartFontColor(TEXT)
                .setChartBackgroundColor(Color.WHITE)
                .setChartPadding(16)
                .setPlotBackgroundColor(Color.WHITE)
                .setPlotBorderVisible(false)
                .setPlotContentSize(1)
                .setLegendPosition(LegendPosition.OutsideS)
                .setLegendFont(font(Font.PLAIN, 13))
                .setLegendBorderColor(Color.WHITE);
    }

    private static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }
}
