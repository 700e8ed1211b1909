package dev.ratelimit.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes of a replay. */
class ReportsTest {

    private static final String TRACE = """
            at,org
            1767603600,acme
            1767603600.25,acme
            1767603601,acme
            1767603660,acme
            1767603661,other
            """;

    @TempDir
    Path folder;

    @Test
    void theTextIsForPeople() throws IOException {
        Run run = replay("--limit", "calls=1/1m");

        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("""
                calls=1/1m
                2026-01-05T09:00:00Z to 2026-01-05T09:01:01Z

                calls     5
                admitted  3  60.0 %
                rejected  2  40.0 %

                rejected  by limit           scope    table
                       2  1 call per minute  default  calls=1/1m

                organization  calls  admitted  rejected
                acme              4         2         2  50.0 %
                other             1         1         0   0.0 %
                """);
    }

    @Test
    void aNameMaySteerNoTerminal() throws IOException {
        Path trace = Files.writeString(folder.resolve("steering.csv"), "at,org\n1767603600,\"a\u001B[2J\nb\"\n");
        Run run = Run.of(trace.toString(), "--time", "at", "--time-unit", "s", "--organization", "org");
        assertThat(run.out()).contains("a\uFFFD[2J\uFFFDb ").doesNotContain("\u001B");
    }

    @Test
    void eachEndpointIsLimitedByItselfHoweverManyThereAre() throws IOException {
        StringBuilder rows = new StringBuilder("at,path\n");
        for (int i = 0; i < 4_000; i++) {
            rows.append("1767603600,/items/").append(i % 2_000).append('\n');
        }
        Path trace = Files.writeString(folder.resolve("paths.csv"), rows);
        Run run = Run.of(
                trace.toString(), "--time", "at", "--time-unit", "s", "--endpoint", "path", "--limit", "calls=2/1m");
        assertThat(run.out()).contains("admitted  4,000  100.0 %");
    }

    @Test
    void anEmptyTraceHasAReport() throws IOException {
        Path trace = Files.writeString(folder.resolve("empty.csv"), "at,org\n");

        assertThat(Run.of(trace.toString(), "--time", "at").out()).isEqualTo("""
                faq:trial

                calls     0
                admitted  0
                rejected  0
                """);
        assertThat(Run.of(trace.toString(), "--time", "at", "--format", "json", "--chart", folder + "/chart.png"))
                .isEqualTo(new Run(
                        0, "{\"calls\":0,\"admitted\":0,\"rejected\":0,\"limits\":[],\"organizations\":[]}\n", ""));
        assertThat(folder.resolve("chart.png")).isNotEmptyFile();
    }

    @Test
    void onlyTheTwentyMostRefusedOrganizationsAreNamed() throws IOException {
        StringBuilder rows = new StringBuilder("at,org\n");
        for (int i = 10; i < 35; i++) {
            rows.append("1,org-").append(i).append('\n');
        }
        Path trace = Files.writeString(folder.resolve("many.csv"), rows.append("1,org-34\n"));
        String[] args = {trace.toString(), "--time", "at", "--time-unit", "s", "--organization", "org"};

        assertThat(Run.of(with(args, "--limit", "calls=1/1m")).out())
                .contains("org-34", "org-28")
                .doesNotContain("org-29")
                .endsWith("... and 5 more organizations\n");
        assertThat(Run.of(with(args, "--limit", "calls=1/1m", "--format", "json"))
                        .out())
                .contains("[{\"organization\":\"org-34\",\"calls\":2,\"admitted\":1,\"rejected\":1}", "org-28")
                .doesNotContain("org-29");
    }

    @Test
    void everyDecisionIsARowOfCsv() throws IOException {
        Path decisions = folder.resolve("decisions.csv");

        Run run = replay("--limit", "calls=1/1m", "--limit", "calls=2/ever", "--decisions", decisions.toString());

        assertThat(run.exitCode()).isZero();
        assertThat(Files.readString(decisions)).isEqualTo("""
                time,organization,endpoint,admitted,limit,retry-after
                2026-01-05T09:00:00Z,acme,default,true,,
                2026-01-05T09:00:00.250Z,acme,default,false,calls=1/1m / default / 1 call per minute,59.75
                2026-01-05T09:00:01Z,acme,default,false,calls=1/1m / default / 1 call per minute,59
                2026-01-05T09:01:00Z,acme,default,true,,
                2026-01-05T09:01:01Z,other,default,true,,
                """);
    }

    @Test
    void aRefusalThatNoWaitCuresSaysNever() throws IOException {
        Path decisions = folder.resolve("decisions.csv");

        replay("--limit", "calls=1/ever", "--decisions", decisions.toString());

        assertThat(decisions).content().contains("false,calls=1/ever / default / 1 call in all,never");
    }

    @Test
    void theChartIsAPicture() throws IOException {
        Path chart = folder.resolve("chart.png");

        assertThat(Run.of("--demo", "--limit", "calls=5/1m", "--limit", "tokens=9000/1m", "--chart", chart.toString())
                        .exitCode())
                .isZero();

        BufferedImage image = ImageIO.read(chart.toFile());
        assertThat(image.getWidth()).isEqualTo(1_280);
        assertThat(image.getHeight()).isEqualTo(680);
        assertThat(image.getRGB(0, 0)).isEqualTo(0xFFFFFFFF);
        assertThat(image.getRGB(0, 0, 1_280, 680, null, 0, 1_280))
                .as("the areas of admitted and refused calls, and the line of others")
                .contains(0xFFA8D5BA, 0xFFF6C5BE, 0xFF606060);
    }

    @Test
    void theChartTellsLimitsApartThatReadTheSame() {
        Path chart = folder.resolve("chart.png");

        assertThat(Run.of(
                        "--demo",
                        "--limit",
                        "tokens=9/ever",
                        "--limit",
                        "tokens=9/ever,until-reached",
                        "--chart",
                        chart.toString()))
                .extracting(Run::exitCode, Run::err)
                .containsExactly(0, "");
        assertThat(chart).isNotEmptyFile();
    }

    @Test
    void aReportThatCannotBePrintedIsAFailure() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream closed = new PrintStream(OutputStream.nullOutputStream());
        closed.close();

        assertThat(Main.run(closed, new PrintStream(err, true), "--demo")).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("standard output cannot be written");
    }

    @Test
    void theDemoIsTheSameEveryTime() {
        Run run = Run.of("--demo", "--format", "json");

        assertThat(run.exitCode()).isZero();
        assertThat(run).isEqualTo(Run.of("--demo", "--format", "json"));
        assertThat(run.out())
                .startsWith("{\"calls\":8820,\"admitted\":5267,\"rejected\":3553,")
                .contains("{\"organization\":\"acme\",\"calls\":974,\"admitted\":974,\"rejected\":0}");
    }

    private Run replay(String... options) throws IOException {
        Path trace = Files.writeString(folder.resolve("trace.csv"), TRACE);
        return Run.of(with(
                new String[] {trace.toString(), "--time", "at", "--time-unit", "s", "--organization", "org"}, options));
    }

    private static String[] with(String[] args, String... more) {
        String[] all = Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        return all;
    }
}
