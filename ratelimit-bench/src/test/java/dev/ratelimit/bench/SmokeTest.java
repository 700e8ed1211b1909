package dev.ratelimit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every benchmark runs once, for a moment: what it checks of itself holds, and a report can be made of the results. */
class SmokeTest {

    private static final int LEAST_RESULTS = 100;

    private static List<String> names() {
        return BenchmarkList.defaultList()
                .getAll(OutputFormatFactory.createFormatInstance(System.out, VerboseMode.SILENT), List.of())
                .stream()
                .map(entry -> entry.getUsername())
                .distinct()
                .toList();
    }

    @Test
    void everyBenchmarkRunsAndIsReported(@TempDir Path folder) throws Exception {
        List<RunResult> results = List.copyOf(new Runner(new OptionsBuilder()
                        .include(".*")
                        .forks(0)
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(10))
                        .param("organizations", "1", "16")
                        .param("callers", "1", "1000")
                        .param("marks", "1", "1000")
                        .param("settledFor", "4")
                        .param("members", "1")
                        .param("endpoints", "1")
                        .shouldFailOnError(true)
                        .verbosity(VerboseMode.SILENT)
                        .build())
                .run());
        assertThat(results.stream().map(result -> result.getParams().getBenchmark()))
                .containsAll(names());
        assertThat(results)
                .hasSizeGreaterThan(LEAST_RESULTS)
                .allSatisfy(result ->
                        assertThat(result.getPrimaryResult().getScore()).isPositive());

        assertThat(Figure.lines())
                .allSatisfy(line -> assertThat(names()).anyMatch(name -> name.endsWith("." + line.benchmark())));

        Report.write(results, Footprint.lines(1_000), folder);
        String name = "benchmarks-jdk" + Runtime.version().feature();
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()))
                    .containsExactlyInAnyOrder(
                            name + ".json",
                            name + ".png",
                            name + "-latency.png",
                            name + "-throughput.png",
                            name + ".md");
        }
        assertThat(folder.resolve(name + ".md"))
                .content()
                .contains(
                        "| ExactBenchmark.tryAcquire | organizations 16 | bucket4j |",
                        "bucket4j 8.",
                        "p99.99",
                        "MarkLog.admitted")
                .doesNotContain("${");
        assertThat(folder.resolve(name + ".json"))
                .content()
                .contains("dev.ratelimit.bench.GrowthBenchmark.marks")
                .doesNotContain(System.getProperty("java.home"));
    }
}
