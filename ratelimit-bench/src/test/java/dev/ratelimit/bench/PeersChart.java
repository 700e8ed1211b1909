package dev.ratelimit.bench;

import dev.ratelimit.bench.Phases.Admitted;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import javax.imageio.ImageIO;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A small chart for each limiter: the calls that it surely admitted within one window, over time, beside the limit. */
final class PeersChart {

    private static final int COLUMNS = 3;
    private static final int WIDTH = 300;
    private static final int HEIGHT = 200;

    /** Dots for each unit of width, so that the picture is sharp where a page shows it {@code COLUMNS * WIDTH} wide. */
    private static final int SCALE = 2;

    private static final double LAST = 1.1;
    private static final Color WITHIN = new Color(0x2E, 0x8B, 0x57);
    private static final Color BEYOND = new Color(0xC0, 0x39, 0x2B);
    private static final Color LIMIT = new Color(0x33, 0x33, 0x33);
    private static final Color GRID = new Color(0xE6, 0xE6, 0xE6);
    private static final Font LABELS = new Font(Font.SANS_SERIF, Font.PLAIN, 11);

    private PeersChart() {}

    static void write(List<PeersTest.Measured> limiters, int amount, Path file) throws IOException {
        int rows = (limiters.size() + COLUMNS - 1) / COLUMNS;
        BufferedImage picture =
                new BufferedImage(SCALE * COLUMNS * WIDTH, SCALE * rows * HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        graphics.scale(SCALE, SCALE);
        for (int i = 0; i < limiters.size(); i++) {
            Graphics2D part = (Graphics2D) graphics.create(i % COLUMNS * WIDTH, i / COLUMNS * HEIGHT, WIDTH, HEIGHT);
            draw(limiters.get(i), amount).paint(part, WIDTH, HEIGHT);
            part.dispose();
        }
        graphics.dispose();
        ImageIO.write(picture, "png", file.toFile());
    }

    private static XYChart draw(PeersTest.Measured limiter, int amount) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(limiter.name() + ": " + limiter.worst())
                .xAxisTitle("time in windows (" + limiter.configured() + ")")
                .yAxisTitle("calls in a window")
                .build();
        chart.getStyler()
                .setXAxisMin(0.0)
                .setXAxisMax(LAST)
                .setYAxisMin(0.0)
                .setYAxisMax(3.2 * amount)
                .setXAxisDecimalPattern("0.0")
                .setYAxisDecimalPattern("0")
                .setAxisTitleFont(LABELS)
                .setAxisTickLabelsFont(LABELS)
                .setPlotGridVerticalLinesVisible(false)
                .setPlotGridLinesColor(GRID)
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 13))
                .setChartBackgroundColor(Color.WHITE)
                .setPlotBorderVisible(false)
                .setLegendVisible(false)
                .setAnnotationTextFont(new Font(Font.SANS_SERIF, Font.BOLD, 12))
                .setAnnotationTextFontColor(Color.WHITE);
        XYSeries calls = steps(chart, limiter.phase().admitted());
        calls.setXYSeriesRenderStyle(XYSeriesRenderStyle.Area);
        calls.setLineColor(limiter.worst() > amount ? BEYOND : WITHIN);
        calls.setLineStyle(new BasicStroke(1));
        calls.setFillColor(limiter.worst() > amount ? BEYOND : WITHIN);
        XYSeries limit = chart.addSeries("limit", new double[] {0, LAST}, new double[] {amount, amount});
        limit.setLineColor(LIMIT);
        limit.setLineStyle(new BasicStroke(2));
        limit.setMarker(SeriesMarkers.NONE);
        chart.addAnnotation(new AnnotationText("limit: " + amount, 0.8, 0.8 * amount, false));
        return chart;
    }

    /** Adds the line that goes up when an admitted call has ended, and down a window after it began. */
    private static XYSeries steps(XYChart chart, List<Admitted> admitted) {
        List<Double> x = new ArrayList<>(List.of(0.0));
        List<Double> y = new ArrayList<>(List.of(0.0));
        double[] turns = admitted.stream()
                .flatMapToDouble(call -> DoubleStream.of(call.end(), call.start() + 1))
                .filter(turn -> turn <= LAST)
                .sorted()
                .toArray();
        for (double turn : turns) {
            x.add(turn);
            y.add(y.get(y.size() - 1));
            x.add(turn);
            y.add((double) admitted.stream()
                    .filter(call -> call.end() <= turn && call.start() > turn - 1)
                    .count());
        }
        x.add(LAST);
        y.add(y.get(y.size() - 1));
        XYSeries series = chart.addSeries("admitted", x, y);
        series.setMarker(SeriesMarkers.NONE);
        return series;
    }
}
