package dev.ratelimit.bench;

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
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A small chart for each limiter: the calls that it admitted within one window, over time, beside the limit. */
final class PeersChart {

    private static final int COLUMNS = 4;
    private static final int WIDTH = 340;
    private static final int HEIGHT = 250;
    private static final double LAST = 1.1;
    private static final Color WITHIN = new Color(0x2E, 0x8B, 0x57);
    private static final Color BEYOND = new Color(0xC0, 0x39, 0x2B);
    private static final Color LIMIT = new Color(0x33, 0x33, 0x33);
    private static final Color GRID = new Color(0xE6, 0xE6, 0xE6);

    private PeersChart() {}

    static void write(List<PeersTest.Measured> limiters, int amount, Path file) throws IOException {
        int rows = (limiters.size() + COLUMNS - 1) / COLUMNS;
        BufferedImage picture = new BufferedImage(COLUMNS * WIDTH, rows * HEIGHT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = picture.createGraphics();
        for (int i = 0; i < limiters.size(); i++) {
            BufferedImage chart = BitmapEncoder.getBufferedImage(draw(limiters.get(i), amount));
            graphics.drawImage(chart, i % COLUMNS * WIDTH, i / COLUMNS * HEIGHT, null);
        }
        graphics.dispose();
        ImageIO.write(picture, "png", file.toFile());
    }

    private static XYChart draw(PeersTest.Measured limiter, int amount) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(limiter.name())
                .xAxisTitle("windows since the calls began (" + limiter.configured() + ")")
                .yAxisTitle("admitted in a window")
                .build();
        chart.getStyler()
                .setXAxisMin(0.0)
                .setXAxisMax(LAST)
                .setYAxisMin(0.0)
                .setYAxisMax(3.2 * amount)
                .setXAxisDecimalPattern("0.0")
                .setYAxisDecimalPattern("0")
                .setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11))
                .setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11))
                .setPlotGridVerticalLinesVisible(false)
                .setPlotGridLinesColor(GRID)
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 13))
                .setChartBackgroundColor(Color.WHITE)
                .setPlotBorderVisible(false)
                .setLegendVisible(false);
        XYSeries calls = steps(chart, limiter.phase().admitted());
        calls.setXYSeriesRenderStyle(XYSeriesRenderStyle.Area);
        calls.setLineColor(limiter.worst() > amount ? BEYOND : WITHIN);
        calls.setFillColor(limiter.worst() > amount ? BEYOND : WITHIN);
        XYSeries limit = chart.addSeries("limit", new double[] {0, LAST}, new double[] {amount, amount});
        limit.setLineColor(LIMIT);
        limit.setMarker(SeriesMarkers.NONE);
        return chart;
    }

    /** Adds the line that goes up with each admission and down a window after it. */
    private static XYSeries steps(XYChart chart, List<Double> admitted) {
        List<Double> x = new ArrayList<>(List.of(0.0));
        List<Double> y = new ArrayList<>(List.of(0.0));
        double[] turns = DoubleStream.concat(
                        admitted.stream().mapToDouble(at -> at),
                        admitted.stream().mapToDouble(at -> at + 1))
                .filter(at -> at <= LAST)
                .sorted()
                .toArray();
        for (double turn : turns) {
            x.add(turn);
            y.add(y.get(y.size() - 1));
            x.add(turn);
            y.add((double)
                    admitted.stream().filter(at -> at <= turn && at > turn - 1).count());
        }
        x.add(LAST);
        y.add(y.get(y.size() - 1));
        XYSeries series = chart.addSeries("admitted", x, y);
        series.setMarker(SeriesMarkers.NONE);
        return series;
    }
}
