package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FigureTableTest {

    private static final Path DOCS = Path.of("..", "docs");

    private static String row(String call, String peer, double aim, double... values) {
        return FigureTable.row(
                call, "the other", peer, FigureTable.measured(aim, Spread.of(values), "%.2f"), "60.0", "80.0", "0");
    }

    private static void write(Path folder, int jdk, String... rows) throws IOException {
        List<String> lines = Stream.of(
                        List.of("# Figures", ""), FigureTable.table(List.of(rows)), List.of("", "| no | row |"))
                .flatMap(List::stream)
                .toList();
        Files.write(folder.resolve("figures-jdk" + jdk + ".md"), lines);
    }

    @Test
    void theFiguresOfAllJdksStandSideBySideTheNewestFirst(@TempDir Path folder) throws IOException {
        write(folder, 17, row("admitted", "Guava", 0.95, 0.7, 0.8, 0.9), row("rejected", "", 0.95, 1.2));
        write(folder, 25, row("admitted", "Failsafe", 0.95, 0.96), row("clock", "", Double.NaN, 0.9));
        Files.writeString(folder.resolve("benchmarks-jdk25.md"), "| no | figures |\n");

        assertThat(FigureTable.ofAllJdks(folder, true))
                .containsExactly(
                        "| time of a call, or bytes of an organization | divided by that of | aim | JDK 25 | JDK 17 |",
                        "|---|---|--:|--:|--:|",
                        "| admitted | the other | 0.95 | **0.96**, Failsafe | 0.80, Guava |",
                        "| rejected | the other | 0.95 | - | **1.20** |");
        assertThat(FigureTable.ofAllJdks(folder, false))
                .containsExactly(
                        "| time of a call | divided by that of | JDK 25 | JDK 17 |",
                        "|---|---|--:|--:|",
                        "| clock | the other | 0.90 | - |");
    }

    @Test
    void theTablesOfAPageAreReplaced(@TempDir Path folder) throws IOException {
        write(folder, 25, row("admitted", "", 0.95, 0.5), row("clock", "", Double.NaN, 0.9));
        Path page = folder.resolve("performance.md");
        String around = """
                before

                <!-- figures by Report -->
                %s
                <!-- end of figures -->

                between

                <!-- steps by Report -->
                %s
                <!-- end of steps -->

                after
                """;
        Files.writeString(page, around.formatted("| old |\n| rows, $1 |", ""));

        FigureTable.refresh(page, folder);

        assertThat(page)
                .hasContent(around.formatted(
                        String.join("\n", FigureTable.ofAllJdks(folder, true)),
                        String.join("\n", FigureTable.ofAllJdks(folder, false))));
    }

    @Test
    void aPageWithoutAPlaceIsRefused(@TempDir Path folder) throws IOException {
        Path page = Files.writeString(folder.resolve("page.md"), "nothing\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FigureTable.refresh(page, folder))
                .withMessageContaining("table=figures");
    }

    @Test
    void thePageOnPerformanceHasTheFiguresOfTheFiles(@TempDir Path folder) throws IOException {
        Path page = DOCS.resolve("performance.md");
        Path refreshed = Files.copy(page, folder.resolve("performance.md"));
        FigureTable.refresh(refreshed, DOCS.resolve("benchmarks"));
        assertThat(refreshed).content().contains("JDK 25").isEqualTo(Files.readString(page));
    }
}
