package dev.ratelimit.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs all benchmarks for some minutes, and writes what they took as a table, as a picture, and as JMH's own JSON.
 *
 * <pre>{@code
 * java -cp ratelimit-bench/target/benchmarks.jar dev.ratelimit.bench.Report --out docs/benchmarks
 * }</pre>
 *
 * <p>The files are {@code benchmarks-jdk17.md}, {@code .png} and {@code .json}, by the version of the JDK; with
 * {@code --figures} {@code figures-jdk17.md}. Exit codes: 0; 1 if a benchmark fails or a file cannot be written; 2 if
 * the options are wrong.
 */
@Command(
        name = "Report",
        description = "Runs all benchmarks for some minutes, and writes a table, a picture and JSON.",
        mixinStandardHelpOptions = true)
public final class Report implements Callable<Integer> {

    private static final int ROUNDS = 5;
    private static final int ORGANIZATIONS = 1_000_000;

    private static final String FIGURE_NOTES = """
            Each ratio is the median of those of five runs of all lines, one fork each: what disturbs the machine for a
            while then disturbs both of its times. The last column is what a call of this library allocates.
            """;

    private static final String NOTES = """
            The floor is `FloorBenchmark.both`: the clock read and one compare-and-set. The last column is this
            library's time divided by that of the limiter in the line: below 1, this library is faster. ± is half of the
            interval that holds the true mean with a probability of 99.9 %. Bytes are what a call allocates.

            Bucket4j reads the clock of milliseconds, its default. Sentinel's entry also keeps statistics, RateLimitJ
            takes a lock for the key, and SmallRye's guard runs an action and refuses by an exception. Guava and
            Sentinel know permits per second only. Sentinel checks at most 6,000 resources, and so is missing where
            there are 100,000. SmallRye's windows are fixed ones where the limit is never reached, else rolling ones.
            """;

    @Option(names = "--out", description = "the folder to write to, docs/benchmarks unless stated")
    private Path out = Path.of("docs", "benchmarks");

    @Option(
            names = "--figures",
            description = "only the ratios that the library is held to, from five runs, about seven minutes")
    private boolean figures;

    @Option(names = "--short", description = "see that all runs, in a few minutes; the times mean little")
    private boolean brief;

    Report() {}

    /**
     * Runs the benchmarks and ends the JVM.
     *
     * @param arguments the command line; {@code --help} explains it
     */
    public static void main(String... arguments) {
        System.exit(new CommandLine(new Report()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException, RunnerException {
        // What cannot be written to is better known before the run than after it.
        Files.createDirectories(out);
        Suite suite = brief ? Suite.brief() : Suite.ordinary();
        if (figures) {
            writeFigures(suite);
        } else {
            // First, since it needs memory: what there is not enough of is better known before the run, too.
            List<String> memory = Footprint.lines(ORGANIZATIONS);
            write(suite.run(), memory, out);
        }
        return 0;
    }

    /**
     * Runs the lines of a ratio again and again, not each for long: what disturbs the machine for a while then disturbs
     * all of them.
     */
    private void writeFigures(Suite suite) throws IOException, RunnerException {
        List<List<Score>> rounds = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            rounds.add(suite.runFigures().stream().map(Score::of).toList());
        }
        List<String> lines = new ArrayList<>(List.of("# Figures", FIGURE_NOTES));
        lines.addAll(Machine.lines());
        lines.add("");
        lines.addAll(Figure.table(rounds));
        Files.write(out.resolve("figures-jdk" + Runtime.version().feature() + ".md"), lines);
    }

    /** Writes the files of a run to a folder, with lines on memory. */
    static void write(List<RunResult> results, List<String> memory, Path folder) throws IOException {
        String name = "benchmarks-jdk" + Runtime.version().feature();
        List<Score> scores = inOrder(results.stream().map(Score::of).toList());
        writeJson(results, folder.resolve(name + ".json"));
        new ScoreChart(scores).write(folder.resolve(name + ".png"));
        List<String> lines =
                new ArrayList<>(List.of("# Benchmarks", "One run, to be read by the ratios between its lines.", ""));
        lines.addAll(Machine.lines());
        lines.addAll(List.of("", "![Time of a call](" + name + ".png)", "", NOTES));
        lines.addAll(new ScoreTable(scores).lines());
        lines.addAll(List.of("", "## Memory", ""));
        lines.addAll(memory);
        Files.write(folder.resolve(name + ".md"), lines);
    }

    /** Leaves out the single measurements, which are megabytes, and where the JVM stands on this machine. */
    private static void writeJson(List<RunResult> results, Path file) throws IOException {
        System.setProperty("jmh.json.rawData", "false");
        ResultFormatFactory.getInstance(ResultFormatType.JSON, file.toString()).writeOut(results);
        String bin = Path.of(System.getProperty("java.home"), "bin").toString();
        Files.writeString(file, Files.readString(file).replace(bin + File.separator, ""));
    }

    /** Returns scores by benchmark, those of one setting together, else as they were. */
    static List<Score> inOrder(List<Score> scores) {
        return scores.stream()
                .sorted(Comparator.comparing(Score::benchmark))
                .collect(Collectors.groupingBy(
                        score -> List.of(score.benchmark(), score.setting()), LinkedHashMap::new, Collectors.toList()))
                .values()
                .stream()
                .flatMap(List::stream)
                .toList();
    }
}
