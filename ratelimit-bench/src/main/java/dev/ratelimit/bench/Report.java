package dev.ratelimit.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
 * <p>The files are {@code benchmarks-jdk25.md}, {@code .png} and {@code .json}, by the version of the JDK, and pictures
 * of latency and throughput. With {@code --figures} it is {@code figures-jdk25.md}; the table of {@code performance.md}
 * in the folder above is then made anew from the files of all JDKs. Exit codes: 0; 1 if a benchmark fails or a file
 * cannot be written; 2 if the options are wrong.
 */
@Command(
        name = "Report",
        description = "Runs all benchmarks for some minutes, and writes a table, a picture and JSON.",
        mixinStandardHelpOptions = true)
public final class Report implements Callable<Integer> {

    private static final int ORGANIZATIONS = 1_000_000;

    private static final String FIGURE_NOTES = """
            Each ratio is the median of %d rounds. A round times every line once, in a fork of its own, by the median of
            its iterations. The lines of a ratio are timed one after the other: what disturbs the machine for a while
            then disturbs both. The fastest peer is the one of Bucket4j, Guava, Failsafe and Resilience4j whose median
            time is the least in this run. Where a row names no number, 1,024 organizations call in turn. Bytes of an
            organization are on the heap, where each of 100,000 has a name of 19 characters. A row without an aim tells
            where the time of a call goes.
            """;

    private static final String NOTES = """
            The floor is `FloorBenchmark.both`: the clock read and one compare-and-set. The last column is this
            library's time divided by that of the limiter in the line: below 1, this library is faster. ± is half of the
            interval that holds the true mean with a probability of 99.9 %. Bytes are what a call allocates.

            Bucket4j reads the clock of milliseconds, its default. Sentinel's entry also keeps statistics, RateLimitJ
            takes a lock for the key, and SmallRye's guard runs an action and refuses by an exception. Guava and
            Sentinel know permits per second only. Sentinel checks at most 6,000 resources, and so is missing where
            there are 100,000. SmallRye's windows are fixed ones where the limit is never reached, else rolling ones.
            `ManyThreadsBenchmark` has virtual threads from JDK 21.
            """;

    @Option(names = "--out", description = "the folder to write to, docs/benchmarks unless stated")
    private Path out = Path.of("docs", "benchmarks");

    @Option(
            names = "--figures",
            description = "only the figures that the library is held to, from five rounds, about twelve minutes")
    private boolean figures;

    @Option(
            names = "--rounds",
            converter = Positive.class,
            description = "how often each line of the figures is timed, 5 unless stated")
    private int rounds = 5;

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
        if (figures) {
            writeFigures(brief ? Suite.brief() : Suite.ofFigures());
        } else {
            // First, since it needs memory: what there is not enough of is better known before the run, too.
            List<String> memory = Footprint.lines(ORGANIZATIONS);
            write((brief ? Suite.brief() : Suite.ordinary()).run(), memory, out);
        }
        return 0;
    }

    /** Times the lines again and again, not each for long, so that a disturbance meets all of them. */
    private void writeFigures(Suite suite) throws IOException, RunnerException {
        List<Map<Line, Score>> scores = new ArrayList<>();
        List<String> memory = Footprint.figures(rounds);
        for (int i = 0; i < rounds; i++) {
            scores.add(suite.runFigures());
        }
        List<String> lines = new ArrayList<>(List.of("# Figures", FIGURE_NOTES.formatted(rounds)));
        lines.addAll(Machine.lines());
        lines.add("");
        lines.addAll(FigureTable.table(
                Stream.concat(Figure.rows(scores).stream(), memory.stream()).toList()));
        Files.write(FigureTable.file(out), lines);
        Path page = out.resolveSibling("performance.md");
        if (Files.exists(page)) {
            FigureTable.refresh(page, out);
        }
    }

    /** Writes the files of a run to a folder, with lines on memory. */
    static void write(List<RunResult> results, List<String> memory, Path folder) throws IOException {
        String name = "benchmarks-jdk" + Runtime.version().feature();
        List<Score> scores = inOrder(results.stream().map(Score::of).toList());
        writeJson(results, folder.resolve(name + ".json"));
        ScoreChart calls = new ScoreChart(scores);
        calls.write(folder.resolve(name + ".png"));
        new LatencyChart(scores).write(folder.resolve(name + "-latency.png"));
        new ThroughputChart(scores).write(folder.resolve(name + "-throughput.png"));
        List<String> lines =
                new ArrayList<>(List.of("# Benchmarks", "One run, to be read by the ratios between its lines.", ""));
        lines.addAll(Machine.lines());
        lines.addAll(List.of("", "![Time of a call](" + name + ".png)", ""));
        lines.addAll(calls.tableOfSlow());
        lines.addAll(List.of(
                "",
                "![Latency of a call](" + name + "-latency.png)",
                "",
                "![Throughput of two threads](" + name + "-throughput.png)",
                "",
                NOTES));
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
