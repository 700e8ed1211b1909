package dev.ratelimit.bench;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/** What the pictures of a report have in common: size, colours and letters. */
final class ChartStyle {

    static final int WIDTH = 1_280;
    static final int HEIGHT = 600;
    static final Color GOOD = new Color(0x2E, 0x8B, 0x57);
    static final Color BAD = new Color(0xC0, 0x39, 0x2B);

    private static final Color TEXT = new Color(0x33, 0x33, 0x33);
    private static final Color GRID = new Color(0xE6, 0xE6, 0xE6);

    private ChartStyle() {}

    /** Returns an empty chart whose title ends with the version of the JDK. */
    static CategoryChart chart(String title, String unit) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title + ", JDK " + Runtime.version().feature())
                .yAxisTitle(unit)
                .build();
        chart.getStyler()
                .setPlotGridVerticalLinesVisible(false)
                .setPlotGridLinesColor(GRID)
                .setAxisTickMarksColor(GRID)
                .setAxisTickLabelsColor(TEXT)
                .setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13))
                .setYAxisDecimalPattern("#,##0")
                .setChartFontColor(TEXT)
                .setChartBackgroundColor(Color.WHITE)
                .setPlotBorderVisible(false)
                .setLegendPosition(LegendPosition.OutsideS);
        return chart;
    }

    static void write(CategoryChart chart, Path file) throws IOException {
        ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", file.toFile());
    }
}
